"""The loop: trains, measures, checkpoints and resumes the sweep of a Setup. What it measures is passed in."""

import contextlib
import time
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from vib import interrupt
from vib.interrupt import Interrupted
from vib.results.dataset import labelled
from vib.training import checkpoint, sharding
from vib.training.sweep import measured, train_until

SECONDS_A_CALL = 1.0  # how long the progress bar and Ctrl-C may wait for the steps in flight


class Moment(NamedTuple):
    """When a sweep is measured."""

    step: int  # updates made
    count: int  # measurements made before
    last: bool


class Trained(NamedTuple):
    """One chunk of betas at the end."""

    betas: list  # those that count
    padding: int  # how many more the sweep and the rows hold
    sweep: Any  # the trained grid that is measured; its last betas may be padding
    rows: dict  # {name: [measurement, ...]}


class Schedule(NamedTuple):
    """When to measure and to save."""

    steps: list  # to measure at, the first and the last included
    every: int  # updates between two checkpoints


class Pace:
    """How many steps fill one call of about SECONDS_A_CALL, as measured on the calls before."""

    def __init__(self):
        self.steps, self.compiled = 1, False

    @contextlib.contextmanager
    def timing(self, steps):
        """Times a call of `steps` steps; the first one compiles, so it tells nothing."""
        began = time.perf_counter()
        yield
        seconds = time.perf_counter() - began
        if self.compiled:
            self.steps = max(1, min(4 * self.steps, int(steps * SECONDS_A_CALL / seconds)))
        self.compiled = True


def measurement_steps(last, count):
    """About `count` >= 2 steps from 0 to `last`, both included and log-spaced between."""
    return sorted({0, last, *np.geomspace(1, last, count - 1).round().astype(int).tolist()})


def cuts(setup):
    """The chunks of betas of a Setup: a list of (betas, how many count, folder below the workdir)."""
    found = sharding.chunks_of(setup.config.sweep.betas, setup.chunk)
    return [(betas, count, f"checkpoints/{i}") for i, (betas, count) in enumerate(found)]


def train_all(setup, evaluators, workdir, progress):
    """Trains one chunk of betas after the other: yields each as Trained, whose memory the next one needs.

    evaluators: measured at log-spaced steps; see vib.evaluation. workdir: None for no checkpoints.
    """
    config = setup.config
    steps = measurement_steps(config.train.steps, config.evaluate.measurements)
    schedule, chunks = Schedule(steps, config.checkpoint.every), cuts(setup)
    for betas, count, folder in chunks:
        store = checkpoint.Nowhere() if workdir is None else checkpoint.manager(Path(workdir) / folder)
        with store:
            sweep, rows = restored(setup, store, betas, progress)
            progress.begin(int(sweep.step), config.train.steps, len(chunks))
            sweep, rows = train(setup, evaluators, schedule, store, sweep, rows, progress)
        yield Trained(betas[:count], len(betas) - count, measured(sweep), rows)
        del sweep, rows


def restored(setup, store, betas, progress):
    """The sweep of some betas and its rows, from the newest intact checkpoint or from the start."""
    sweep, rows, damaged = checkpoint.restore(store, sharding.blueprint(setup.make_sweep, betas))
    for step in damaged:
        progress.say(f"the checkpoint of step {step} is damaged: set aside, going on from an earlier one")
    sweep = sharding.place(setup.make_sweep(betas)) if sweep is None else sweep
    used, available = sweep.step.sharding.mesh.size, len(jax.devices())
    grid = f"{len(betas)} betas" if len(sweep.beta) == len(betas) else f"1 model of {len(betas)} betas"
    progress.say(f"{len(sweep.seed)} seeds x {grid} on {used} of {available} devices")
    before = rows["devices"][-1] if rows else used
    if before != used:
        progress.say(f"begun on {before} devices: the numbers will agree to float tolerance, not bit for bit")
    return sweep, rows


def train(setup, evaluators, schedule, store, sweep, rows, progress):
    """(sweep, rows {name: [measurement, ...]}) at the end: trained, measured and saved as scheduled.

    Raises Interrupted with everything saved.
    """
    last, every = schedule.steps[-1], schedule.every
    batches = sharding.replicate(setup.batches, sweep)
    step = saved = int(sweep.step)
    pending = schedule.steps[len(rows.get("devices", ())) :]
    started, pace = time.perf_counter() - (rows["seconds_wall"][-1] if rows else 0), Pace()
    try:
        while True:
            if pending and step == pending[0]:
                moment = Moment(step, len(schedule.steps) - len(pending), step == last)
                row = measure(evaluators, measured(sweep), batches, moment)
                row["seconds_wall"] = np.asarray(time.perf_counter() - started)
                row["devices"] = np.asarray(sweep.step.sharding.mesh.size)
                rows, pending = append(rows, row), pending[1:]
            if step > saved and (step == last or step % every == 0):
                checkpoint.save(store, sweep, rows)
                saved = step
            if step == last:
                return sweep, rows
            interrupt.check()
            stop = min(step + pace.steps, step - step % every + every, *pending)
            with pace.timing(stop - step):
                sweep = train_until(sweep, batches["train"], stop)
                loss = np.asarray(sweep.loss)
            step = stop
            progress.advance(step, loss)
    except Interrupted:
        if step > saved:
            checkpoint.save(store, sweep, rows)
        kept = ", saved" if store.keeps else ""
        raise Interrupted(f"stopped at step {step} of {last}{kept}") from None


def measure(evaluators, sweep, batches, moment):
    """One row of all evaluators {name: array}, with 'finite' [seed, beta] and the seconds that each took."""
    row = {"finite": np.asarray(sweep.finite)}
    for evaluator in evaluators:
        began = time.perf_counter()
        found = {name: np.asarray(value) for name, value in evaluator.measure(sweep, batches, moment).items()}
        if moment.count == 0:  # a wrong axis must not be found after the training
            labelled(evaluator, found, {"seed": np.asarray(sweep.seed)}, np.asarray(sweep.beta))
        row |= found
        row[f"seconds_{evaluator.name.replace(' ', '_')}"] = np.asarray(time.perf_counter() - began)
    return row


def append(rows, row):
    """The rows {name: [measurement, ...]} with one more; NaN where a name was not measured, of whatever type it is."""
    count = len(next(iter(rows.values()))) if rows else 0
    before = {name: np.full((count, *np.shape(value)), np.nan) for name, value in row.items()} | rows
    after = {name: np.full(np.shape(value[0]), np.nan) for name, value in rows.items() if name not in row} | row
    return {name: np.concatenate([before[name], after[name][None]]) if rows else after[name][None] for name in after}
