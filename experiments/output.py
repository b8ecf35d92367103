"""What a run leaves to look at: a table on the terminal and figures, both from its results alone."""

import math
from pathlib import Path
from typing import NamedTuple

from rich import box
from rich.table import Table

from experiments import saving
from vib import files, plots, results
from vib.errors import require
from vib.evaluation import frontier
from vib.plots.traces import a_few_betas
from vib.training.progress import console, say


class Column(NamedTuple):
    """A number of a result as a column of a table."""

    title: str
    name: str  # of the variable
    digits: int
    scale: int = 1
    interval: bool = True

    def text(self, last, place):
        """The number at one place along beta of a Summary of one step in bits; '' of a result that has none."""
        if self.name not in last.mean:
            return ""
        mean, half_width = (self.scale * float(part[place]) for part in last.of(self.name))
        return number(mean, half_width if self.interval else math.nan, self.digits)


RATE = Column("rate\n(bits)", "rate", 2)
INFORMATION_Y = Column("I(Z;Y) ≥\n(bits)", "information_y_bound", 3)
COLUMNS = (
    RATE,
    Column("distortion\n(bits)", "distortion", 3),
    INFORMATION_Y,
    Column("below\n(bits)", "below_frontier", 3, interval=False),  # how far is read from the distortion's interval
    Column("accuracy\n(%)", "accuracy", 1, scale=100),
    Column("averaged\n(%)", "accuracy_averaged", 1, scale=100),
)


def write(result, workdir):
    """Prints the table of a result and writes figures/*.png below workdir."""
    folder = files.make_folder(Path(workdir) / "figures")
    figures = plots.figures(result)
    for name, figure in figures.items():
        saving.figure(figure, folder / f"{name}.png")
    console.print(table(result))
    if "verdict" in result:
        console.print(plane_table(result))
    say(f"wrote {workdir}/results.nc and {workdir}/figures: {', '.join(figures)}")


def check(result):
    """Raises InvalidInput where a member lies above the exact frontier by more than sampling explains."""
    above = frontier.violations(result)
    require(not above, f"self-check: above the exact frontier by more than sampling explains: {'; '.join(above)}")


def table(result):
    """A rich Table of the last measurement on the test split: mean +- 95 % half-width over seeds, bits."""
    result = results.of_weights(result)
    last = results.summary(result).in_bits()
    columns = [column for column in COLUMNS if column.name in last.mean]
    targets = results.in_bits(result.target_rate).values if "target_rate" in result else None
    weights = "moving average of the weights" if result.coords.get("weights") == "averaged" else "final weights"
    title = f"test split, {weights}, mean ± 95 % interval over {result.sizes['seed']} seeds"
    shown = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for name in ("beta", *([] if targets is None else ["target\n(bits)"]), *(column.title for column in columns)):
        shown.add_column(name, justify="right", no_wrap=True)
    for i, beta in enumerate(result.beta.values):
        target = [] if targets is None else [number(targets[i])]
        shown.add_row(f"{beta:.3g}", *target, *(column.text(last, i) for column in columns))
    captions = ["below: bits missing to the exact frontier"] if "frontier_rate" in result else []
    if "diverged" in result.attrs:
        lost, members = int((result.finite == 0).sum()), result.finite.size
        captions.append(f"{lost} of {members} members diverged and are left out: {result.attrs['diverged']}")
    shown.caption = "\n".join(captions) or None
    return shown


def plane_table(result):
    """A rich Table of the information plane: a row a beta, estimator and layer, means over seeds, in bits."""
    shown = a_few_betas(result.sortby("beta"))
    found = results.in_bits(shown)
    end = results.summary(shown).in_bits().mean.information_x
    title = f"information plane, mean over {result.sizes['seed']} seeds, drop ± 95 % interval, bits"
    caption = "violated: measured steps with more I(X;T), I(T;Y) than the layer before"
    if shown.sizes["beta"] < result.sizes["beta"]:
        caption += f"\n{shown.sizes['beta']} of {result.sizes['beta']} betas; the others are in results.nc"
    made = Table(title=title, caption=caption, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for name in ("\nestimator", "\nlayer"):
        made.add_column(name, no_wrap=True)
    for name in ("I(X;T)\nat end", "its\npeak", "its drop\nfrom there", "fitting\nto step"):
        made.add_column(name, justify="right", no_wrap=True)
    made.add_column("\ncompresses?", no_wrap=True)
    made.add_column("violated\nx, y", justify="right", no_wrap=True)
    for beta in found.beta.values:
        if len(found.beta) > 1:
            made.add_section()
            made.add_row(f"beta {beta:.3g}")
        for estimator in found.estimator.values:
            at = {"beta": beta, "estimator": estimator}
            for row in _plane_rows(found.sel(at), end.sel(at)):
                made.add_row(*row)
    return made


def _plane_rows(found, end):
    rows = []
    for layer in found.layer.values:
        at = found.sel(layer=layer)
        drop, reach = float(at.compression_mean), float(at.compression_high - at.compression_mean)
        numbers = [short(end.sel(layer=layer)), short(at.peak_mean), short(drop, reach)]
        numbers.append(number(at.fitting_step_mean, digits=0))
        violations = [number(at[f"data_processing_violations_{quantity}_mean"], digits=1) for quantity in "xy"]
        if any(each != "-" for each in numbers):
            rows.append([layer, *numbers, at.verdict.item() or "-", ", ".join(violations)])
    seeds = int(found.compression_seeds.max())
    fewer = f"({seeds} seed{'s' * (seeds > 1)})" if 0 < seeds < found.sizes["seed"] else ""
    names = [found.estimator.item(), fewer, *[""] * len(rows)]
    return [[name, *row] for name, row in zip(names, rows, strict=False)]


def short(value, half_width=math.nan):
    """The number for a narrow column: from 1000 on without decimals."""
    return number(value, half_width, 2 if abs(value) < 1000 else 0)


def number(value, half_width=math.nan, digits=2):
    """'mean ± half-width' to so many decimals; '-' where there is no number, and without ± where no half-width."""
    if math.isnan(value):
        return "-"
    return f"{float(value):.{digits}f}" + ("" if math.isnan(half_width) else f" ± {half_width:.{digits}f}")
