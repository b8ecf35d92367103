"""What a run shows on the terminal: a progress bar, a table, and a clean stop on Ctrl-C."""

import contextlib
import signal

import numpy as np
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress
from rich.table import Table

from vib import results

console = Console(highlight=False)


class Interrupted(Exception):
    """Ctrl-C or a termination signal came, and everything is saved."""


@contextlib.contextmanager
def stop_signal():
    """Gives a function that tells whether Ctrl-C or a termination signal has come; a second one stops at once."""
    received = []

    def note(number, _):
        signal.signal(number, before[number])
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


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
        self.bar.start()
        self.task = self.bar.add_task("", total=self.steps * self.chunks, loss="")
        return self

    def __exit__(self, *_):
        self.bar.stop()

    def say(self, message):
        self.bar.console.print(message)

    def begin(self, step):
        """The next chunk begins, at a step above 0 where it goes on from a checkpoint."""
        if 0 < step < self.steps:
            self.say(f"going on from the checkpoint of step {step} of {self.steps}")
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


def table(result):
    """A rich Table of the last measurement on the test split: mean +- 95 % half-width over seeds, bits."""
    ema = "_ema" if "rate_ema" in result else ""
    last = results.bits(results.summary(result))
    columns = {
        "rate [bits]": f"rate{ema}_bits",
        "distortion [bits]": f"distortion{ema}_bits",
        "I(Z;Y) >= [bits]": f"information_y_bound{ema}_bits",
        "accuracy [%]": f"accuracy{ema}",
        "averaged [%]": f"accuracy_averaged{ema}",
    }
    columns = {title: name for title, name in columns.items() if name in last}
    seeds = result.sizes["seed"]
    weights = "moving average of the weights" if ema else "final weights"
    shown = Table(title=f"test split, {weights}, mean ± 95 % interval over {seeds} seeds")
    for title in ("beta", *columns):
        shown.add_column(title, justify="right")
    for i, beta in enumerate(last.beta.values):
        point = last.isel(beta=i)
        cells = [interval(point, name) for name in columns.values()]
        shown.add_row(f"{beta:.3g}", *cells)
    return shown


def interval(point, name):
    """'mean ± half-width' of one number, an accuracy in per cent."""
    scale, digits = (100, 1) if name.startswith("accuracy") else (1, 3)
    half = name.replace("_bits", "_half_width_bits") if name.endswith("_bits") else f"{name}_half_width"
    mean, half = float(point[name]) * scale, float(point[half]) * scale
    if np.isnan(mean):
        return "-"
    return f"{mean:.{digits}f}" + ("" if np.isnan(half) else f" ± {half:.{digits}f}")
