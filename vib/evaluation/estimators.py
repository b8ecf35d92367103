"""The estimators of the information plane by name: what each is told of a layer, and what it says of itself."""

import inspect
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax

from vib import information
from vib.errors import choose, require
from vib.evaluation.activations import flat
from vib.information import Information


class Inputs(NamedTuple):
    """What the layers are measured on."""

    x: jax.Array  # [N, *shape]
    y: jax.Array  # [N] labels, or [N, dim_y] of a regression
    classes: int | None  # None for a regression
    enumerated: bool  # whether the inputs are the whole population, each as likely as the others
    part: str = ""  # of which data they are, in words

    @property
    def labels(self):
        """The labels, None of a regression."""
        return self.y if self.y.ndim == 1 else None

    @property
    def described(self):
        """'1000 test inputs', in words."""
        words = [str(len(self.x)), *self.part.split(), "inputs"]
        return " ".join(words) + (", the whole population" if self.enumerated else "")


class Estimator(NamedTuple):
    """An estimator of I(X;T) and I(T;Y) of one layer.

    measure(layer, inputs, key, **options) gives {name of each of its bounds: Information}, nats; `layer` is a Layer of
    vib.evaluation.activations. It is traced: everything in it must be jittable.
    """

    measure: Callable
    quick: bool = False  # whether it is measured at every step and of every seed
    sampled: bool = True  # whether its values carry the error of a sample, and may lie that far beyond a limit
    saturating: bool = False  # whether I(X;T) stops at its ceiling however large the truth is
    layer_noise: bool = False  # whether its option `draws` is how often the noise inside a network is drawn


def binned(layer, inputs, key, *, edges, bins=30):
    """Bins of every unit, as many over the range that `edges` names; see vib.information.binned."""
    return _binned(layer, inputs, edges, bins=bins)


def binned_width(layer, inputs, key, *, width=0.07):
    """Bins of one width for every unit."""
    return _binned(layer, inputs, "width", width=width)


def _binned(layer, inputs, edges, **options):
    enumerated = inputs.enumerated and layer.fixed
    found = information.binned(
        layer.value, inputs.labels, edges=edges, classes=inputs.classes, enumerated=enumerated, **options
    )
    # behind noise a binned entropy is no information about x
    return {f"binned_{edges}": found if layer.fixed else found._replace(information_x=None)}


def kde(layer, inputs, key, *, noise_variance=1e-3):
    """Bounds below and above, by kernel densities after adding Gaussian noise (Kolchinsky & Tracey 2017)."""
    options = {"classes": inputs.classes, "enumerated": inputs.enumerated}
    lower, upper = (
        found if layer.fixed else found._replace(information_x=None)
        for found in information.kde(layer.value, inputs.labels, noise_variance, **options)
    )
    return {"kde_lower": lower, "kde_upper": upper}


def ross(layer, inputs, key, *, k=3):
    """I(T;Y) by nearest neighbours of each label (Ross 2014)."""
    known = None if inputs.labels is None else information.ross(layer.value, inputs.y, k, inputs.classes)
    return {"ross": Information(None, known)}


def ksg(layer, inputs, key, *, k=3):
    """I(X;T) by nearest neighbours of pairs, and I(T;Y) of a regression (Kraskov, Stoegbauer & Grassberger 2004)."""
    known = information.ksg(layer.value, inputs.y, k) if inputs.labels is None else None
    return {"ksg": Information(information.ksg(flat(inputs.x), layer.value, k), known)}


def critic(layer, inputs, key, *, bound):
    """A variational bound by a network that tells pairs from shuffled ones (Poole et al. 2019)."""
    about_x = information.critic(layer.value, flat(inputs.x), bound, key=key)
    known = information.critic(layer.value, inputs.y, bound, key=key, classes=inputs.classes)
    return {f"critic_{bound}": Information(about_x, known)}


def noisy(layer, inputs, key, *, draws=8):
    """By the known noise of the layer, and `draws` of that of the layers before it (Goldfeld et al. 2019)."""
    del draws  # the activations were made with so many
    if layer.means is None:
        return {"noisy": Information(None, None)}
    return {"noisy": information.noisy(layer.means, inputs.labels, layer.noise_std, key, classes=inputs.classes)}


def encoder(layer, inputs, key):
    """Bounds below and above by the known q(z|x) of a stochastic code (Poole et al. 2019)."""
    if layer.q is None:
        return dict.fromkeys(("encoder_lower", "encoder_upper"), Information(None, None))
    labels = inputs.labels
    known = None if labels is None else information.encoder_labels(layer.q, layer.value, labels, inputs.classes)
    lower, upper = information.encoder_bounds(layer.q, layer.value)
    return {"encoder_lower": Information(lower, known), "encoder_upper": Information(upper, known)}


ESTIMATORS = {
    **{
        f"binned_{edges}": Estimator(partial(binned, edges=edges), quick=True, sampled=False)
        for edges in information.EDGES
        if edges != "width"
    },
    "binned_width": Estimator(binned_width, quick=True, sampled=False),
    "kde": Estimator(kde, sampled=False),
    "ross": Estimator(ross),
    "ksg": Estimator(ksg, saturating=True),
    **{
        f"critic_{bound}": Estimator(partial(critic, bound=bound), saturating=bound == "infonce")
        for bound in information.CRITICS
    },
    "noisy": Estimator(noisy, saturating=True, layer_noise=True),
    "encoder": Estimator(encoder, saturating=True),
}


def with_defaults(asked):
    """{name: all its options} of estimators {name: options}. Raises InvalidInput for an unknown name or option."""
    found = {}
    for name, options in asked.items():
        takes = inspect.signature(choose("plane.estimators", name, ESTIMATORS).measure).parameters
        fixed = getattr(ESTIMATORS[name].measure, "keywords", {})  # of a partial
        known = {
            key: each.default for key, each in takes.items() if each.kind is each.KEYWORD_ONLY and key not in fixed
        }
        bare = [key for key, default in known.items() if default is inspect.Parameter.empty]
        require(not bare, f"plane.estimators.{name}: its option '{', '.join(bare)}' has no default; give it one")
        for key in options:
            choose(f"plane.estimators.{name}", key, known)
        found[name] = known | dict(options)
    return found
