"""Runs a configuration in a folder: trains, measures, checkpoints, resumes. The numbers themselves come from vib."""

import time
from pathlib import Path

import jax
import numpy as np

from experiments import folder
from experiments.terminal import Interrupted, Progress, stop_signal
from vib import checkpoint, layout, results
from vib.data import entropy_y
from vib.errors import require
from vib.evaluation import evaluate, measurement_steps
from vib.run import KINDS, chunks, prepare
from vib.sweep import train_until

SECONDS_A_CALL = 1.0  # of one call of train_until: how long Ctrl-C and the progress bar may wait


def run(config, workdir):
    """Trains and measures the sweep of a config (a dict) in the folder `workdir`; returns its results, saved there.

    Raises InvalidInput for a mistake in the config, before anything is written, and Interrupted after Ctrl-C.
    """
    workdir, steps = Path(workdir), config["train"]["steps"]
    setup = prepare(config)
    measurement_steps(steps, config["evaluate"]["measurements"])
    require(config["checkpoint"]["every"] >= 1, "checkpoint.every: give a number of updates >= 1")
    betas = config["sweep"]["betas"]
    size = layout.chunk_size(setup.make_sweep, betas)
    with folder.claimed(workdir), stop_signal() as stopping:
        config = folder.settle(config, workdir, size)
        cuts = chunks(config)
        tables = []
        with Progress(steps, len(cuts)) as progress:
            for chunk, count, path in cuts:
                rows = train(config, setup, chunk, workdir / path, progress, stopping)
                tables.append(
                    {
                        name: values[..., :count] if values.ndim > 1 else values
                        for name, values in rows.items()
                    }
                )
        result = collect(config, setup.dataset, tables)
        results.save(result, workdir / "results.nc")
    return result


def train(config, setup, betas, path, progress, stopping):
    """Trains one chunk of betas to the end, from its newest checkpoint; rows {name: [measurement, ...]}."""
    last, every = config["train"]["steps"], config["checkpoint"]["every"]
    pending = measurement_steps(last, config["evaluate"]["measurements"])
    with checkpoint.manager(path) as manager:
        sweep, rows, damaged = checkpoint.restore(manager, layout.blueprint(setup.make_sweep, betas))
        for step in damaged:
            progress.say(f"the checkpoint of step {step} is damaged: set aside, going on from an earlier one")
        sweep = layout.place(setup.make_sweep(betas)) if sweep is None else sweep
        step = saved = int(sweep.step)
        progress.begin(step, resumed=bool(rows))
        pace, compiled, begun = 1, False, time.perf_counter() - (rows["seconds_wall"][-1] if rows else 0)
        while True:
            if step in pending and step not in rows.get("step", ()):
                row = measure(config["evaluate"], setup, sweep)
                rows = append(rows, row | {"step": step, "seconds_wall": time.perf_counter() - begun})
            if step > saved and (step == last or step % every == 0 or stopping()):
                checkpoint.save(manager, sweep, rows)
                saved = step
            if step == last:
                return rows
            if stopping():
                raise Interrupted(step)
            ends = (last, step + pace, step - step % every + every, *(s for s in pending if s > step))
            began = time.perf_counter()
            sweep = train_until(sweep, setup.batches["train"], min(ends))
            loss = np.asarray(sweep.loss)
            seconds = time.perf_counter() - began
            if compiled:
                pace = max(1, int(min(4.0, SECONDS_A_CALL / seconds) * (min(ends) - step)))
            step, compiled = min(ends), True
            progress.advance(step, loss)


def measure(options, setup, sweep):
    """One row: {name: [split, seed, beta]} on both splits, and 'finite' [seed, beta]."""
    batches = dict(setup.batches)
    batches["train"] = jax.tree.map(lambda leaf: leaf[: options["train_size"]], batches["train"])
    measured = {split: evaluate(sweep, batch, options["samples"]) for split, batch in batches.items()}
    row = {name: np.stack([measured[split][name] for split in results.SPLITS]) for name in measured["train"]}
    return row | {"finite": np.asarray(sweep.finite)}


def append(rows, row):
    """The rows {name: [measurement, ...]} with one more measurement."""
    return {
        name: np.concatenate([rows.get(name, value[None][:0]), value[None]]) for name, value in as_arrays(row)
    }


def as_arrays(row):
    """The items of a row, as arrays."""
    return [(name, np.asarray(value)) for name, value in row.items()]


def collect(config, dataset, tables):
    """The results of all chunks of betas as one Dataset."""
    rows = {
        name: np.concatenate([table[name] for table in tables], axis=-1) if values.ndim > 1 else values
        for name, values in tables[0].items()
    }
    steps, finite = rows.pop("step"), rows.pop("finite")[-1]
    rows.pop("seconds_wall")
    seconds = sum(table["seconds_wall"] for table in tables)
    entropies = {split: entropy_y(dataset, split) for split in results.SPLITS}
    predicts_y = KINDS[config["model"]["kind"]] == "y" and None not in entropies.values()
    if predicts_y:
        entropy = np.array(list(entropies.values()))[:, None, None]
        for name in [name for name in rows if name.startswith("distortion")]:
            rows[name.replace("distortion", "information_y_bound")] = entropy - rows[name]
    grid = (config["sweep"]["seeds"], config["sweep"]["betas"])
    rates = np.full([len(axis) for axis in grid], config["train"]["learning_rate"])
    attrs = {
        "config": config, "kind": config["model"]["kind"], "data": f"{dataset.name} {dataset.version}",
        "classes": dataset.classes, "entropy_y_train": entropies["train"], "entropy_y_test": entropies["test"],
        "versions": results.versions(), "commit": results.commit(),
    }  # fmt: skip
    others = {"learning_rate": (("seed", "beta"), rates), "seconds_wall": (("step",), seconds)}
    return results.build(rows, steps, *grid, attrs, finite, others)
