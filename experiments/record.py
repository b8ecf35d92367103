"""What a run measures: rows at some steps, the result made of them, and images and looseness at the end."""

import time

import jax
import numpy as np

from vib import results
from vib.data import entropy_y, identity
from vib.evaluation import plane
from vib.evaluation.marginal_kl import EXAMPLES
from vib.evaluation.marginal_kl import looseness as rate_looseness
from vib.evaluation.rate_distortion import evaluate, sheet
from vib.models import MARGINALS
from vib.setup import TARGETS
from vib.training import sharding

SHEET_EXAMPLES = 12


def measure(options, batches, sweep, poll):
    """One row of both splits {name: [split, seed, beta]}, with 'finite' [seed, beta]; poll as in evaluate."""
    train = jax.tree.map(lambda leaf: leaf[: options["train_examples"]], batches["train"])
    measured = [evaluate(sweep, batch, options["samples"], poll=poll) for batch in (train, batches["test"])]
    row = {name: np.stack([values[name] for values in measured]) for name in measured[0]}
    return row | {"finite": np.asarray(sweep.finite)}


def measure_plane(setup, batches, sweep, slow, poll):
    """One row of the information plane and the seconds it took, as in plane.measure; empty where none is asked for."""
    if not setup.plane.estimators:
        return {}
    began = time.perf_counter()
    row = plane.measure(sweep, batches["train"], setup.inputs.x, setup.inputs.y, setup.plane, slow, poll)
    return row | {"seconds_plane": np.full(len(sweep.beta), time.perf_counter() - began)}


def append(rows, row):
    """The rows {name: [measurement, ...]} with one more. What only rows of another version of vib hold is NaN here."""
    count = len(next(iter(rows.values()))) if rows else 0
    before = {name: np.full((count, *np.shape(value)), np.nan) for name, value in row.items()} | rows
    after = {name: np.full_like(value[0], np.nan) for name, value in rows.items() if name not in row} | row
    return {name: np.concatenate([before[name], after[name][None]]) if rows else after[name][None] for name in after}


def images(batches, sweep):
    """The sheet of a VAE of images {name: [example, row, column, channel, beta]}."""
    drawn = sheet(sweep, batches["test"].x[:SHEET_EXAMPLES])
    return {name: np.moveaxis(np.asarray(value), 0, -1) for name, value in drawn.items()}


def looseness(batches, sweep):
    """How loose the rate of every member is at the end {name: [seed, beta]}, on test examples evenly spaced."""
    x = batches["test"].x
    picked = np.linspace(0, len(x) - 1, min(EXAMPLES, len(x))).astype(int)
    return {name: np.asarray(value) for name, value in rate_looseness(sweep, x[picked]).items()}


def join(parts, counts):
    """Chunks {name: [..., beta]} side by side, of each its first `count` betas: the rest is padding.

    What some lack, measured by another version of vib, is NaN there.
    """
    shapes = {name: value.shape[:-1] for part in parts for name, value in part.items()}

    def whole(name, shape):
        absent = np.full((*shape, max(counts)), np.nan, np.float32)
        found = [part.get(name, absent)[..., :count] for part, count in zip(parts, counts, strict=True)]
        return np.concatenate(found, axis=-1)

    return {name: whole(name, shape) for name, shape in shapes.items()}


def collect(config, setup, steps, rows):
    """The result of a run, from its rows {name: [measurement, ..., beta]} of all betas."""
    rows, dataset, kind = dict(rows), setup.dataset, config["model"]["kind"]
    seeds, betas = config["sweep"]["seeds"], config["sweep"]["betas"]
    # H(Y) of the examples that the distortion was measured on
    measured = dataset._replace(y_train=dataset.y_train[: config["evaluate"]["train_examples"]])
    entropies = [entropy_y(measured, split) for split in results.SPLITS]
    attrs = {
        "config": config,
        "kind": kind,
        "data": identity(dataset),
        "classes": dataset.classes,
        "class_names": dataset.class_names,
        "rate_bounds": MARGINALS[config["model"]["marginal"]].bounds,
        "entropy_y_train": entropies[0],
        "entropy_y_test": entropies[1],
        "versions": results.versions(),
        "commit": results.commit(),
        "devices": int(rows.pop("devices")[-1].max()),
    }
    others = {
        "learning_rate": (("seed", "beta"), np.full((len(seeds), len(betas)), config["train"]["learning_rate"])),
        "seconds_wall": (("step", "beta"), rows.pop("seconds_wall")),
    }
    if config["sweep"]["target_rates"] is not None:
        others["target_rate"] = (("beta",), np.asarray(config["sweep"]["target_rates"]))
    finite = results.finite_members(rows, rows.pop("finite")[-1].astype(bool))
    others |= plane_variables(setup, rows, finite)
    if TARGETS[kind] == "y" and None not in entropies:
        for name in [name for name in rows if name in ("distortion", "distortion_ema")]:
            bound = np.reshape(entropies, (2, 1, 1)) - rows[name]
            rows[name.replace("distortion", "information_y_bound")] = bound
    attrs |= plane_attributes(config, setup) if setup.plane.estimators else {}
    return results.build(rows, steps, seeds, betas, attrs, finite, others)


def plane_variables(setup, rows, finite):
    """The variables of the information plane, whose rows are taken out of `rows`; empty where there is none."""
    if not setup.plane.estimators:
        return {}
    seconds = {"seconds_plane": (("step", "beta"), rows.pop("seconds_plane"))}
    sweep = sharding.blueprint(setup.make_sweep, [1.0])
    layers, kinds = plane.describe(sweep, setup.inputs.x, setup.inputs.y, setup.plane)
    found = {name: rows.pop(name) for name in [*rows] if name in plane.ROWS}
    return plane.variables(found, layers, kinds, setup.plane, len(setup.inputs.x), finite) | seconds


def plane_attributes(config, setup):
    """What the numbers of the plane were measured on, and what they mean."""
    part = {"all": "training and test", "train": "training", "test": "test"}[config["plane"]["inputs"]]
    whole = ", the whole population" if setup.plane.enumerated else ""
    return {"plane_inputs": f"{len(setup.inputs.x)} {part} inputs{whole}", "plane_note": plane.MEANING}
