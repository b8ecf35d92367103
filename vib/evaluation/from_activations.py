"""The information plane of anybody's network, from the values of its layers alone."""

import itertools
import re
import reprlib
from collections.abc import Mapping
from pathlib import Path

import jax
import numpy as np

from vib import config
from vib.data.arrays import array, member, opened
from vib.data.targets import targets
from vib.errors import require
from vib.evaluation.activations import Layer, flat
from vib.evaluation.estimators import ESTIMATORS, Inputs, with_defaults
from vib.evaluation.phases import with_phases
from vib.evaluation.plane_rows import MEANING, QUANTITIES, Row, flagged, numbers, variables
from vib.information.checks import real
from vib.results.dataset import FINITE, labelled
from vib.training.sweep import stream

BETA = 0.0  # of a network that was not trained by us there is no beta
WANTED = "give {layer: [step, N, ...]}"
STEP = {"units": "1", "long_name": "step of the measurement, as its activations came with it"}
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")


def of_activations(activations, x, y, steps=None, estimators=("binned_layer", "kde"), enumerated=False):
    """The information plane of a network trained anywhere, with its phases and verdicts: a Dataset as of a run of ours.

    activations: {layer: [step, N, ...]}, arrays of NumPy or anything that turns into them, the values of each layer for
    the same N inputs at every measured step; or a folder of npz files, one a step, named by it (step_100.npz), each
    with an array [N, ...] a layer; or a list of such, one a seed: a verdict on compression needs two or more. Layers
    are taken as functions of x, in the order given. x [N, ...]; y [N] labels of any kind, or [N, dim_y] numbers of a
    regression. steps: rising whole numbers [step] of the measurements, by default 0, 1, ... . estimators: a name or
    names of vib.evaluation.estimators.ESTIMATORS, or {name: options}. enumerated: whether x are all inputs that there
    are, each as likely as the others.

    Gives information_x and information_y [seed, beta, step, layer, estimator], nats, with their kinds, ceilings and
    flags, and the phases of vib.evaluation.phases; vib.plots.figures draws it. What I(X;T) of a deterministic layer
    means is said in its attrs. Raises InvalidInput.
    """
    several = activations if isinstance(activations, list | tuple) else [activations]
    require(len(several) > 0, "activations: none given; give {layer: [step, N, ...]}")
    runs = [recorded(each, steps) for each in several]
    layers, at = list(runs[0][0](0)), runs[0][1]
    alike = all(list(read(0)) == layers and known == at for read, known in runs)
    require(alike, "activations: the seeds differ in their layers or steps; give the same of each")
    named = [estimators] if isinstance(estimators, str) else estimators
    asked = with_defaults(config.create(**{"plane.estimators": named}).plane.estimators)
    require(asked, f"estimators: none given; give some of {', '.join(ESTIMATORS)}")
    inputs = inputs_of(x, y, enumerated)
    measured = [
        [of_one(read(i), inputs, asked, stream(seed, "plane")) for i in range(len(at))]
        for seed, (read, _) in enumerate(runs)
    ]
    return collected(measured, layers, at, inputs)


def recorded(activations, steps):
    """(function from a place to {layer: [N, ...]}, the steps of all places) of what was recorded of one seed."""
    if isinstance(activations, str | Path):
        return from_folder(Path(activations), steps)
    require(isinstance(activations, Mapping) and activations, f"activations: {WANTED}, or a folder of npz files")
    values = {name: array(name, value) for name, value in activations.items()}
    counts = {len(value) if value.ndim else 0 for value in values.values()}
    require(len(counts) == 1, f"activations: layers of {', '.join(map(str, sorted(counts)))} steps; {WANTED}")
    count = counts.pop()
    at = np.arange(count) if steps is None else array("steps", steps)
    whole = at.ndim == 1 and at.dtype.kind in "iu"
    require(whole, f"steps: shape {at.shape}, {at.dtype}; give one whole number for each measurement")
    require(count > 0 and len(at) == count, f"steps: {len(at)} for {count} measurements; give one for each")
    at = at.tolist()
    back = next((pair for pair in itertools.pairwise(at) if pair[0] >= pair[1]), None)
    rising = back is None and at[0] >= 0
    require(rising, f"steps: {reprlib.repr(at)} do not rise from 0 on; give the measurements in order, each step once")
    return (lambda place: {name: value[place] for name, value in values.items()}), at


def from_folder(folder, steps):
    """As `recorded`, of a folder of npz files, which are read one at a time."""
    require(steps is None, "steps: files are named by them; leave it out")
    files = {}
    for path in sorted(folder.glob("*.npz")):
        for number in NUMBER.findall(path.stem)[-1:]:
            require(number.isdecimal(), f"activations: '{path}' is named by {number}; a step is a whole number")
            other = files.setdefault(int(number), path)
            require(other is path, f"activations: '{other}' and '{path}' are both of step {int(number)}; keep one")
    require(files, f"activations: '{folder}' holds no npz files named by their step, such as step_100.npz")
    at = sorted(files)
    layers = {path: names_in(path) for path in files.values()}
    first = files[at[0]]
    for path, names in layers.items():
        told = f"{', '.join(names)}; '{first}' has {', '.join(layers[first])}"
        require(set(names) == set(layers[first]), f"activations: '{path}' has {told}: give every step the same layers")

    def read(place):
        with opened("activations", files[at[place]]) as file:
            return {name: array(name, member(file, name)) for name in layers[first]}

    return read, at


def names_in(path):
    """The names of the arrays in an npz file. Raises InvalidInput."""
    with opened("activations", path) as file:
        return file.files


def inputs_of(x, y, enumerated):
    """The Inputs of x [N, ...] and y as a user has them. Raises InvalidInput."""
    x, y = array("x", x), array("y", y)
    real("x", x)
    fits = x.ndim > 0 and y.ndim > 0 and len(x) == len(y)
    require(fits, f"y: shape {y.shape} for inputs {x.shape}; give one for each")
    y, _, classes, _ = targets(y, y)
    return Inputs(x, y, classes, enumerated)


def of_one(values, inputs, asked, key):
    """{layer: {estimator: (its Estimator, Information)}} of the values {layer: [N, ...]} of one seed and step."""
    _, key = jax.random.split(key)
    found = {}
    for layer, value in values.items():
        fits = value.ndim > 1 and len(value) == len(inputs.x)
        require(
            fits, f"activations: '{layer}' is {value.shape} at a step; give [N, ...] for the {len(inputs.x)} inputs"
        )
        real(f"activations: '{layer}'", value)
        require(np.isfinite(value).all(), f"activations: '{layer}' holds NaN or infinity")
        with jax.enable_x64(True):  # saturated units of 64 bits differ in digits that 32 bits do not hold
            found[layer] = {
                bound: (ESTIMATORS[name], about)
                for name, options in asked.items()
                for bound, about in ESTIMATORS[name].measure(Layer(flat(value), True), inputs, key, **options).items()
            }
    return found


def collected(measured, layers, steps, inputs):
    """The Dataset of what was measured [seed][step] {layer: {estimator: (Estimator, Information)}}."""
    first = measured[0][0]
    made_by = {bound: estimator for row in first.values() for bound, (estimator, _) in row.items()}
    kinds = {layer: {bound: kinds_of(about) for bound, (_, about) in row.items()} for layer, row in first.items()}
    for bound in made_by:
        some = any(any(row[bound]) for row in kinds.values())
        require(some, f"estimators: '{bound}' can measure nothing of activations alone; leave it out")
    described = Described(layers, list(made_by))
    rows = [Row(described.coordinates, (len(measured), 1)) for _ in steps]
    for seed, of_seed in enumerate(measured):
        for row, at in zip(rows, of_seed, strict=True):
            row.information(
                {layer: {bound: numbers(about) for bound, (_, about) in found.items()} for layer, found in at.items()},
                seed,
            )
    arrays = {name: np.stack([row.arrays[name] for row in rows]) for name in described.variables}
    known = {"seed": np.arange(len(measured)), "step": np.asarray(steps, np.int64)}
    found = labelled(described, arrays, known, np.array([BETA]))
    found["step"] = found.step.assign_attrs(STEP)
    for name in QUANTITIES:
        found = flagged(found, name, kinds, made_by, len(inputs.x), inputs.enumerated)
    found["finite"] = FINITE.described(FINITE.dims, np.ones((len(measured), 1), bool))
    told = {"kind": "activations", "plane_note": MEANING, "plane_inputs": inputs.described}
    return with_phases(found.drop_vars([f"{name}_resolved" for name in QUANTITIES])).assign_attrs(told)


def kinds_of(about):
    """(kind of I(X;T), kind of I(T;Y)) of an Information, '' where there is none."""
    return tuple(getattr(getattr(about, name), "kind", "") for name in QUANTITIES)


class Described:
    """What is measured, as an evaluator describes it."""

    name = "activations"

    def __init__(self, layers, estimators):
        self.variables, self.coordinates = variables(), {"layer": layers, "estimator": estimators}
