"""Made-up results over layers and steps, and what figures of them show, read back from the artists."""

import numpy as np
import xarray as xr

from vib import results
from vib.evaluation import phases
from vib.information import FLAGS
from vib.results.dataset import AXES

LAYERS = ["h1", "h2", "h3", "h4", "h5", "output"]
ESTIMATORS = {"binned_unit": ("exact", "exact"), "kde_lower": ("lower", "estimate")}
ONE = {"binned_unit": ("exact", "exact")}
STEPS = [0, *np.unique(np.geomspace(1, 80000, 18).astype(int))]
DIMS = ("seed", "beta", "step", "layer", "estimator")
BIT = np.log(2)
NATS = {"units": "nats"}
CODES = {"flag_values": np.arange(len(FLAGS), dtype=np.int8), "flag_meanings": " ".join(FLAGS)}


def make(layers=("h1", "h2", "output"), estimators=ESTIMATORS, seeds=3, betas=(0.0,), steps=STEPS, change=None):
    """A classifier's result with the traces of a plane: the deeper a layer, the more it fits and then compresses.

    change: a function of {name: values [seed, beta, step, layer, estimator], bits} that alters x, y or the flags.
    """
    random = np.random.default_rng(0)
    shape = (seeds, len(betas), len(steps), len(layers), len(estimators))
    depth = np.arange(1, len(layers) + 1)[:, None] / len(layers)
    time = (np.log1p(steps) / np.log1p(80000))[:, None, None]
    scale = 1 - 0.08 * np.arange(len(estimators))
    rise, fall = np.minimum(time / 0.6, 1) ** 2, np.maximum(time - 0.6, 0) / 0.4
    strength = np.linspace(1, 1.3, len(betas))[:, None, None, None]
    x = (12 - 3.5 * depth**1.5 * (2 - rise) - 4 * strength * depth**3 * fall) * scale
    y = (1 - 0.8 * depth**0.7 * (1 - rise)) * (1 - 0.05 * strength * depth) * scale**0.3
    wander = [np.cumsum(random.normal(0, size, shape), axis=2) * depth for size in (0.08, 0.006)]
    found = {"x": x + wander[0], "y": np.minimum(y + wander[1], 1)}
    found |= {"x_flag": np.zeros(shape, np.int8), "y_flag": np.zeros(shape, np.int8)}
    found |= {"x_ceiling": np.full(shape[3:], 12.0), "y_ceiling": np.full(shape[3:], 1.0)}
    if change:
        change(found)
    made = {"finite": (DIMS[:2], np.ones(shape[:2], bool))}
    for i, quantity in enumerate("xy"):
        name, values, ceiling = f"information_{quantity}", found[quantity] * BIT, found[f"{quantity}_ceiling"] * BIT
        flags = np.where(np.isnan(values), FLAGS.index("not_measured"), found[f"{quantity}_flag"]).astype(np.int8)
        made[name] = DIMS, values, NATS
        made[f"{name}_flag"] = DIMS, flags, CODES
        made[f"{name}_ceiling"] = DIMS[3:], ceiling, NATS
        made[f"{name}_kind"] = DIMS[3:], [[kind[i] for kind in estimators.values()]] * len(layers)
    size = np.broadcast_to(10 ** -(1 + 2 * time[..., 0] * depth[:, 0]), shape[:4]) * random.uniform(0.8, 1.2, shape[:4])
    for name, values in {
        "gradient_mean": size,
        "gradient_std": 0.02 + 0 * size,
        "gradient_ratio": size / 0.02,
        "weight_norm": 1 / size,
        "saturated": size,
        "dead": 0 * size,
    }.items():
        made[name] = DIMS[:4], values
    places = zip(DIMS, (range(seeds), betas, steps, layers, estimators), strict=True)
    attrs = {"kind": "classifier", "plane_inputs": "4096 training and test inputs, the whole population"}
    return phases.with_phases(
        xr.Dataset(made, {axis: (axis, list(labels), AXES.get(axis, {})) for axis, labels in places}, attrs)
    )


def put(name, value, *place):
    """A change: `value` at place = (seed, beta, step, layer, estimator) of found[name]."""
    return lambda found: found[name].__setitem__(place, value)


EVERY = slice(None)
HARD = {**ESTIMATORS, "kde_upper": ("upper", "estimate"), "noisy": ("estimate", "estimate")}


def hard(found):
    found["x"][5:, ..., 1:3] = found["y"][5:, ..., 1:3] = np.nan
    found["x"][:, :, 1::2, :, 1:3] = np.nan
    found["x_flag"][..., 2, 2] = FLAGS.index("above_ceiling")
    found["y_flag"][:2, :, :4, 3, 0] = FLAGS.index("below_zero")
    found["x_flag"][..., 10:, 4, 3] = FLAGS.index("unresolved")
    found["x_ceiling"][5, 0] = 9.81


def only_y(found):
    found["x"][:] = np.nan


def summary(result):
    return results.summary(result, step=slice(None)).in_bits()


def drawn(axes, label):
    return [each for each in (*axes.collections, *axes.lines) if each.get_label() == label]


def panels(figure):
    return [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
