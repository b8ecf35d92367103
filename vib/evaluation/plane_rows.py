"""Numbers of an information plane by the names of layers and estimators, and their flags. Arrays only."""

import jax.numpy as jnp
import numpy as np

from vib import information
from vib.evaluation.evaluator import Variable
from vib.information import FLAGS

QUANTITIES = {"information_x": "I(X;T) of a layer", "information_y": "I(T;Y) of a layer"}
MEANING = (
    "I(X;T) of a layer that is a function of the input is infinite for a continuous input and H(X) for an enumerated "
    "one, but for inputs that collide; a binned or KDE value of it measures how the layer's values cluster at the "
    "chosen resolution"
)
PARTS = {  # of an Estimate, and what a result calls them
    "value": ("", "nats", "{}"),
    "ceiling": ("_ceiling", "nats", "largest value that the estimator could report for {}"),
    "resolved": ("_resolved", "1", "whether the estimator resolves {}"),
    "error": ("_error", "nats", "standard error over the examples of {}"),
}


def variables():
    """{name: Variable} of the two quantities and their parts."""
    dims = ("layer", "estimator", "seed", "beta")
    return {
        f"{name}{end}": Variable(dims, units, told.format(about))
        for name, about in QUANTITIES.items()
        for end, units, told in PARTS.values()
    }


class Row:
    """Arrays of one measurement, filled by the names of layers and estimators; NaN where nothing was put."""

    def __init__(self, coordinates, shape):
        self.layers, self.estimators = coordinates["layer"], coordinates["estimator"]
        self.shape, self.arrays = shape, {}
        for name in variables():
            self._at(name, len(self.estimators))

    def information(self, numbers, seed=None):
        """Puts {layer: {estimator: {name: [seed, beta]}}}, of as many seeds as there are; or [] of one seed."""
        for layer, of_layer in numbers.items():
            for estimator, named in of_layer.items():
                place = self.layers.index(layer), self.estimators.index(estimator)
                for name, value in named.items():
                    rows = slice(len(value)) if seed is None else seed
                    self._at(name, len(self.estimators))[place][rows] = value

    def inside(self, numbers):
        """Puts {name: {layer: [seed, beta]}}."""
        for name, of_layers in numbers.items():
            for layer, value in of_layers.items():
                self._at(name)[self.layers.index(layer)] = value

    def _at(self, name, *more):
        return self.arrays.setdefault(name, np.full((len(self.layers), *more, *self.shape), np.nan, np.float32))


def numbers(about):
    """{'information_x': [], 'information_x_ceiling': [], ...} of an Information."""
    parts = {(name, part): getattr(getattr(about, name), part, None) for name in QUANTITIES for part in PARTS}
    return {f"{n}{PARTS[p][0]}": jnp.asarray(v, jnp.float32) for (n, p), v in parts.items() if v is not None}


def flagged(found, name, kinds, made_by, count, enumerated):
    """The Dataset with name_flag, a code of information.FLAGS, name_kind, and one ceiling a layer and estimator.

    kinds {layer: {estimator: (kind of I(X;T), of I(T;Y))}}; made_by {estimator: Estimator}; `count` inputs. Sampled
    estimates may lie 3 / sqrt(count) nats beyond a limit before they are flagged.
    """
    axes, place = ("seed", "beta", "step", "layer", "estimator"), list(QUANTITIES).index(name)
    parts = [found[f"{name}{end}"].transpose(*axes).values for end in ("", "_ceiling", "_resolved")]
    kind = np.array([[kinds[layer][each][place] for each in found.estimator.values] for layer in found.layer.values])
    flags = np.full(parts[0].shape, FLAGS.index("not_measured"), np.int8)
    for i, j in np.argwhere(kind != ""):
        value, ceiling, resolved = (part[..., i, j] for part in parts)
        estimator = made_by[found.estimator.values[j]]
        # of a sample, cells and distances run out at log N too
        stops = estimator.saturating or not (estimator.sampled or enumerated)
        tolerance = 3 / np.sqrt(count) if estimator.sampled else 1e-3
        options = {"tolerance": tolerance, "saturating": name == "information_x" and stops, "resolved": resolved != 0}
        code = information.flag(value, ceiling, kind[i, j], **options)
        flags[..., i, j] = np.where(np.isnan(ceiling), flags[..., i, j], code)
    about = QUANTITIES[name]
    codes = {"flag_values": np.arange(len(FLAGS), dtype=np.int8), "flag_meanings": " ".join(FLAGS), "units": "1"}
    told = {"long_name": f"lower or upper bound, estimate or exact: {about}"}
    ceiling = np.fmax.reduce(parts[1], axis=(0, 1, 2))
    found[f"{name}_flag"] = (axes, flags, codes | {"long_name": f"code of what is wrong with {about}"})
    found[f"{name}_kind"] = (axes[3:], kind, told)
    found[f"{name}_ceiling"] = (axes[3:], ceiling, found[f"{name}_ceiling"].attrs)
    return found if found[f"{name}_error"].notnull().any() else found.drop_vars(f"{name}_error")
