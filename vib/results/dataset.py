"""From what evaluators measured to the result: an xarray.Dataset whose axes and variables say what they are; nats."""

import json
from typing import NamedTuple

import numpy as np
import xarray as xr

from vib.errors import require

SPLITS = ("train", "test")
WEIGHTS = ("final", "averaged")
AXES = {  # in this order in every variable; the axes of evaluators follow
    "weights": {"long_name": "the weights of the step itself, or their moving average"},
    "split": {"long_name": "part of the data that the numbers were measured on"},
    "seed": {"long_name": "seed of every random number of a member"},
    "beta": {"units": "1", "long_name": "multiplier of the rate in the loss"},
    "step": {"units": "optimiser updates", "long_name": "updates made before the measurement"},
}


class Variable(NamedTuple):
    """One number that an evaluator measures."""

    dims: tuple  # the axes of its array, such as ('split', 'seed', 'beta')
    units: str  # 'nats', '1', ...
    long_name: str  # what it is
    attrs: dict = {}  # more to say, such as what a bound bounds

    def described(self, dims, values):
        """What xarray takes for the variable with these values on axes dims."""
        return dims, values, {"units": self.units, "long_name": self.long_name, **self.attrs}


FINITE = Variable(("seed", "beta"), "1", "whether the member stayed finite; the others are NaN throughout")
SECONDS = Variable((), "s", "wall time: {}")


class Chunk(NamedTuple):
    """What was measured of some betas of a grid."""

    betas: list  # those that count
    rows: dict  # {name: array}, of everything that was measured; with an axis of measurements in front
    padding: int = 0  # how many more betas the arrays hold, which do not count


def build(evaluators, chunks, seeds, steps, attrs):
    """The result of a sweep that evaluators measured, of the Chunks of its betas.

    A member whose loss or distortion was ever not finite has diverged: its numbers are NaN at every step, and it is
    named in attrs['diverged']. attrs: None is left out, a dict becomes JSON. Raises InvalidInput where an array has
    not the axes that its evaluator says.
    """
    known = {"seed": np.asarray(seeds, np.int64), "step": np.asarray(steps, np.int64)}
    found = xr.merge([joined(evaluator, chunks, known) for evaluator in evaluators])
    finite = np.concatenate([chunk.rows["finite"][-1][:, : len(chunk.betas)] for chunk in chunks], axis=1).astype(bool)
    for name in {"loss", "distortion"} & set(found):
        others = [dim for dim in found[name].dims if dim not in FINITE.dims]
        finite = finite & np.isfinite(found[name]).all(others).transpose(*FINITE.dims).values
    found["finite"] = FINITE.described(FINITE.dims, finite)
    found = masked(found)
    for evaluator in evaluators:
        found = evaluator.finish(found)
    for name in [name for name in chunks[0].rows if name.startswith("seconds_")]:
        each = [np.broadcast_to(np.c_[chunk.rows[name]], (len(steps), len(chunk.betas))) for chunk in chunks]
        dims, values, about = SECONDS.described(("step", "beta"), np.concatenate(each, axis=1))
        told = about["long_name"].format(name.removeprefix("seconds_").replace("_", " "))
        found[name] = (dims, values, about | {"long_name": told})
    found = found.assign_attrs({name: _attribute(value) for name, value in attrs.items() if value is not None})
    found.attrs["units"] = "each variable names its own; attributes are in nats"
    if not finite.all():
        lost = [f"seed {seeds[i]}, beta {found.beta.values[j]:g}" for i, j in np.argwhere(~finite)]
        found.attrs["diverged"] = "; ".join(lost)
    return found


def extended(result, evaluator, chunks):
    """The result with what an evaluator measured once, of the Chunks of its betas, whose arrays have no steps."""
    found = joined(evaluator, chunks, {"seed": result.seed.values})
    return evaluator.finish(masked(result.assign(found.data_vars)))


def masked(found):
    """The Dataset with NaN for members that diverged: numbers of members are floats, unless they are codes."""

    def of(values):
        codes = "flag_values" in values.attrs or values.dtype.kind not in "biuf"
        if codes or not {"seed", "beta"} <= set(values.dims):
            return values
        numbers = values if values.dtype.kind == "f" else values.astype(float)  # no integer is NaN
        return numbers.where(found.finite == 1).transpose(*values.dims)

    return found.map(of, keep_attrs=True).assign({"finite": found.finite})


def joined(evaluator, chunks, known):
    """The Dataset of what an evaluator measured of the Chunks of betas side by side.

    known {axis: labels}: with 'step' every array has an axis of measurements in front.
    """
    parts = []
    for chunk in chunks:
        arrays = {name: chunk.rows[name] for name in evaluator.variables if name in chunk.rows}
        parts.append(labelled(evaluator, arrays, known, np.asarray(chunk.betas, np.float64), chunk.padding))
    if len(parts) == 1 or "beta" not in parts[0].dims:  # what has no betas is the same in every chunk
        return parts[0]
    return xr.concat(parts, "beta", data_vars="minimal", coords="minimal", compat="override")


def labelled(evaluator, arrays, known, betas, padding=0):
    """The Dataset of an evaluator's arrays {name: array} on the axes of its variables, without padding along beta."""
    variables, labels = {}, known | {"beta": betas, "split": SPLITS} | dict(evaluator.coordinates)
    for name, array in arrays.items():
        declared = name in evaluator.variables
        require(declared, f"{evaluator.name}: '{name}' is measured, but is none of its variables; add it to them")
        about = evaluator.variables[name]
        dims = ("step",) * ("step" in known) + tuple(about.dims)
        shape = np.shape(array)
        fits = len(shape) == len(dims) and all(
            size == len(labels[axis]) + padding * (axis == "beta")
            for axis, size in zip(dims, shape, strict=True)
            if axis in labels
        )
        told = f"{evaluator.name}: '{name}' has the shape {shape}; its variable has the axes ({', '.join(dims)})"
        require(fits, told)
        counted = np.take(array, np.arange(len(betas)), dims.index("beta")) if "beta" in dims else np.asarray(array)
        variables[name] = about.described(dims, counted)
    used = {dim for dims, *_ in variables.values() for dim in dims}
    coordinates = {axis: (axis, list(labels[axis]), AXES.get(axis, {})) for axis in labels if axis in used}
    found = xr.Dataset(variables, coordinates)
    return found.transpose(*[axis for axis in AXES if axis in used], ...)


def _attribute(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value
