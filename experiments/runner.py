"""Runs a configuration in a folder: trains, measures, checkpoints, resumes. The numbers themselves come from vib."""

import time
from functools import partial
from pathlib import Path

import jax
import numpy as np

from experiments import folder, record
from experiments.extras import added, extras
from experiments.terminal import Interrupted, Pace, Progress, say, stop_signal
from vib import data, results
from vib.errors import InvalidInput, require
from vib.evaluation.rate_distortion import measurement_steps
from vib.run import chunks, prepare, trained_chunk
from vib.setup import with_betas
from vib.training import checkpoint, sharding
from vib.training.sweep import measured, train_until


def run(config, workdir):
    """Trains and measures the sweep of a config (a dict) in the folder `workdir`; returns its results, saved there.

    Raises InvalidInput for a mistake in the config, before anything is written, and Interrupted after Ctrl-C.
    """
    config = with_betas(config)
    workdir, betas, last = Path(workdir), config["sweep"]["betas"], config["train"]["steps"]
    setup = prepare(config)
    steps = measurement_steps(last, config["evaluate"]["measurements"])
    every = config["checkpoint"]["every"]
    require(every >= 1, f"checkpoint.every: {every} is below 1; give a number of updates >= 1")
    size = sharding.chunk_size(setup.make_sweep, betas, setup.batches)
    with folder.claimed(workdir), stop_signal() as stopping:
        config = folder.settle(config, workdir, size, data.identity(setup.dataset))
        finished = stored(workdir / "results.nc")
        if finished is not None:
            say(f"{workdir} is finished; these are its results")
            if "left_out" in finished.attrs:
                say(f"left out: {finished.attrs['left_out']}")
            stopping("finished")
            return finished
        changed = folder.changed(config["begun_with"])
        if changed:
            say(f"begun with other code ({', '.join(changed)}): numbers before and after may differ")
        cuts = chunks(config)
        with Progress(last, len(cuts)) as progress:
            rows, sweep = train_all(config, setup, steps, cuts, workdir, progress, stopping)
        result = record.collect(config, setup, steps, rows)
        wanted = extras(config, setup, lambda: trained(config, setup, workdir, sweep), counts_of(cuts))
        awaits = ", ".join(wanted)
        results.save(result.assign_attrs(awaits=awaits), workdir / "results.nc")
        result = added(result, wanted, partial(stopping, f"trained and saved, but not yet with {awaits}"))
        results.save(result, workdir / "results.nc")
        stopping("trained and saved")
    return result


def stored(path):
    """The results of a finished run; None where there are none, damaged ones, or some that await their extras."""
    if not path.exists():
        return None
    try:
        found = results.load(path)
    except InvalidInput:
        say(f"{path} is damaged; writing it anew from the checkpoints")
        return None
    if "awaits" in found.attrs:
        say(f"trained, but not yet with {found.attrs['awaits']}: adding what is missing, from the checkpoints")
        return None
    return found


def restored(setup, manager, betas):
    """The sweep of some betas and its rows, from the newest intact checkpoint or from the start."""
    sweep, rows, damaged = checkpoint.restore(manager, sharding.blueprint(setup.make_sweep, betas))
    for step in damaged:
        say(f"the checkpoint of step {step} is damaged: set aside, going on from an earlier one")
    sweep = sharding.place(setup.make_sweep(betas)) if sweep is None else sweep
    used, available = sweep.step.sharding.mesh.size, len(jax.devices())
    grid = f"{len(betas)} betas" if len(sweep.beta) == len(betas) else f"1 model of {len(betas)} betas"
    say(f"{len(sweep.seed)} seeds x {grid} on {used} of {available} devices")
    before = rows["devices"][-1].max() if rows else used
    if before != used:
        say(f"begun on {before} devices: the numbers will agree to float tolerance, not bit for bit")
    return sweep, rows


def counts_of(cuts):
    """How many betas of each chunk count."""
    return [count for _, count, _ in cuts]


def trained(config, setup, workdir, sweep):
    """The trained sweeps of all chunks, one by one: that of the last chunk, and the others as checkpointed."""
    for index in range(len(chunks(config)) - 1):
        yield trained_chunk(config, setup.make_sweep, workdir, index)
    yield sweep


def train_all(config, setup, steps, cuts, workdir, progress, stopping):
    """Trains one chunk after the other: the rows {name: [measurement, ..., beta]} of all, and the last one's sweep."""
    parts, sweep = [], None
    for cut in cuts:
        sweep = None  # the next one needs its memory
        rows, sweep = train(config, setup, steps, cut, workdir, progress, stopping)
        parts.append(rows)
    return record.join(parts, counts_of(cuts)), sweep


def train(config, setup, steps, cut, workdir, progress, stopping):
    """Trains one chunk of betas to the end, from its newest checkpoint, and measures it at `steps`.

    Returns rows {name: [measurement, ..., beta]} and the sweep.
    """
    last, every = steps[-1], config["checkpoint"]["every"]
    betas, _, path = cut
    with checkpoint.manager(workdir / path) as manager:
        sweep, rows = restored(setup, manager, betas)
        batches = sharding.replicate(setup.batches, sweep)
        step = saved = int(sweep.step)
        progress.begin(step)
        pending = steps[len(rows.get("rate", ())) :]
        started, pace = time.perf_counter() - (rows["seconds_wall"][-1, 0] if rows else 0), Pace()
        try:
            while True:
                if pending and step == pending[0]:
                    row = record.measure(config["evaluate"], batches, measured(sweep), stopping)
                    slow = step == last or (len(steps) - len(pending)) % config["plane"]["every"] == 0
                    row |= record.measure_plane(setup, batches, sweep, slow, stopping)
                    row["seconds_wall"] = np.full(len(betas), time.perf_counter() - started)
                    row["devices"] = np.full(len(betas), sweep.step.sharding.mesh.size)
                    rows, pending = record.append(rows, row), pending[1:]
                if step > saved and (step == last or step % every == 0):
                    checkpoint.save(manager, sweep, rows)
                    saved = step
                if step == last:
                    return rows, measured(sweep)
                stopping()
                stop = min(step + pace.steps, step - step % every + every, *pending)
                with pace.timing(stop - step):
                    sweep = train_until(sweep, batches["train"], stop)
                    loss = np.asarray(sweep.loss)
                step = stop
                progress.advance(step, loss)
        except Interrupted:
            if step > saved:
                checkpoint.save(manager, sweep, rows)
            raise Interrupted(f"stopped at step {step} of {last}, saved") from None
