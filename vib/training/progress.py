"""What a run tells while it goes on: a progress bar and lines above it, in a terminal as in a notebook; or nothing."""

import contextlib
import importlib.util
import math
import time

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress

SECONDS_A_LINE = 5
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


class Silent:
    """Tells nothing."""

    def say(self, message):
        """One line."""

    def begin(self, step, steps, chunks):
        """A chunk of betas begins, at a step above 0 where it goes on from a checkpoint."""

    def advance(self, step, loss):
        """A call of training ended at `step` with the last losses [seed, beta], nats."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Lines(Silent):
    """A line now and then, where no bar can be drawn: in a notebook without ipywidgets."""

    def __init__(self):
        self.said = -math.inf

    def say(self, message):
        """Prints one line."""
        print(message)

    def begin(self, step, steps, chunks):
        """What the steps are of."""
        self.steps = steps

    def advance(self, step, loss):
        """A line every few seconds, and the last one."""
        if step == self.steps or time.monotonic() - self.said > SECONDS_A_LINE:
            self.said = time.monotonic()
            print(f"step {step} of {self.steps}, {range_of(loss)}")


def shown():
    """What tells of a run here: a bar, or lines where there can be none."""
    return Lines() if console.is_jupyter and importlib.util.find_spec("ipywidgets") is None else Progress()


class Progress(Silent):
    """The bar of a run: steps, time left, and the range of the current loss over the grid."""

    def __init__(self):
        columns = ("training", BarColumn(), MofNCompleteColumn(), "steps", TimeElapsedColumn(), "left")
        text = TextColumn("{task.fields[loss]}")
        self.bar = RichProgress(*columns, TimeRemainingColumn(), text, console=console)
        self.task, self.chunk = None, 0

    def say(self, message):
        """Prints one line, above the bar where there is one."""
        say(message)

    def __exit__(self, *_):
        with GONE:
            self.bar.stop()

    def begin(self, step, steps, chunks):
        """The bar starts with the first chunk."""
        if self.task is None:
            self.task = self.bar.add_task("", total=steps * chunks, loss="")
            with GONE:
                self.bar.start()
        if 0 < step < steps:
            say(f"going on from the checkpoint of step {step} of {steps}")
        self.start = steps * self.chunk
        self.bar.update(self.task, completed=self.start + step)
        self.chunk += 1

    def advance(self, step, loss):
        """Moves the bar."""
        self.bar.update(self.task, completed=self.start + step, loss=range_of(loss))


def range_of(loss):
    """The range of losses [seed, beta], in words."""
    finite = loss[np.isfinite(loss)]
    text = f"loss {finite.min():.3g} to {finite.max():.3g} nats" if finite.size else "no finite loss"
    lost = loss.size - finite.size
    return text + (f", {lost} diverged" if lost else "")
