"""What a run shows while it goes on: a progress bar, and a clean stop on Ctrl-C."""

import contextlib
import signal
import time

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

SECONDS_A_CALL = 1.0  # how long the progress bar and Ctrl-C may wait for the steps in flight

GONE = contextlib.suppress(OSError)  # a lost connection, a full disk behind a log


class Terminal(Console):
    """A console that stops no run when what it prints to is gone."""

    def print(self, *objects, **options):
        """Prints as rich does, and goes on where nobody can read it."""
        with GONE:
            super().print(*objects, **options)

    def on_broken_pipe(self):
        """Nobody reads any more, as after `| head`: rich would end the program here."""
        with contextlib.suppress(SystemExit):
            super().on_broken_pipe()


console = Terminal(highlight=False)


def say(message):
    """Prints one line, above the progress bar where there is one."""
    console.print(message, soft_wrap=True, markup=False)


class Interrupted(Exception):
    """Ctrl-C, a termination signal or a hang-up came, and everything is saved."""


@contextlib.contextmanager
def stop_signal():
    """Gives a function that raises Interrupted(its argument) once Ctrl-C, a termination signal or a hang-up came.

    A second Ctrl-C or termination signal stops at once. A hang-up that is ignored, as under nohup, stays so.
    """
    received = []

    def note(number, _):
        # a shell and the system both report a lost terminal: the second time must not cut off the save
        signal.signal(number, signal.SIG_IGN if number == signal.SIGHUP else before[number])
        received.append(number)

    def stopping(reached=""):
        if received:
            raise Interrupted(reached)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield stopping
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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


class Progress:
    """The bar of a run: steps, time left, and the range of the current loss over the grid."""

    def __init__(self, steps, chunks):
        self.steps, self.chunks, self.chunk = steps, chunks, 0
        columns = (
            "training",
            BarColumn(),
            MofNCompleteColumn(),
            "steps",
            TimeElapsedColumn(),
            "left",
            TimeRemainingColumn(),
        )
        self.bar = RichProgress(*columns, TextColumn("{task.fields[loss]}"), console=console)

    def __enter__(self):
        self.task = self.bar.add_task("", total=self.steps * self.chunks, loss="")
        with GONE:
            self.bar.start()
        return self

    def __exit__(self, *_):
        with GONE:
            self.bar.stop()

    def begin(self, step):
        """The next chunk begins, at a step above 0 where it goes on from a checkpoint."""
        if 0 < step < self.steps:
            say(f"going on from the checkpoint of step {step} of {self.steps}")
        self.start = self.steps * self.chunk
        self.bar.update(self.task, completed=self.start + step)
        self.chunk += 1

    def advance(self, step, loss):
        """A call of training ended at `step` with the last losses [seed, beta], nats."""
        finite = loss[np.isfinite(loss)]
        text = f"loss {finite.min():.3g} to {finite.max():.3g} nats" if finite.size else "no finite loss"
        lost = loss.size - finite.size
        text += f", {lost} diverged" if lost else ""
        self.bar.update(self.task, completed=self.start + step, loss=text)
