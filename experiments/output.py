"""What a run leaves to look at: a table on the terminal and figures, both from its results alone."""

from pathlib import Path

import numpy as np
from rich import box
from rich.table import Table

from experiments import saving
from vib import files, plots, results
from vib.errors import require
from vib.evaluation import frontier
from vib.plots.traces import a_few_betas
from vib.training.progress import console, say

STEPS = {"fitting_step": 0, "data_processing_violations_x": 1, "data_processing_violations_y": 1}


def write(result, workdir):
    """Prints the table of a result and writes figures/*.png below workdir."""
    folder = files.make_folder(Path(workdir) / "figures")
    figures = plots.figures(result, ema="rate_ema" in result)
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
    ema = "_ema" if "rate_ema" in result else ""
    last = results.bits(results.summary(result))
    columns = {
        "rate\n(bits)": f"rate{ema}_bits",
        "distortion\n(bits)": f"distortion{ema}_bits",
        "I(Z;Y) ≥\n(bits)": f"information_y_bound{ema}_bits",
        "below\n(bits)": f"below_frontier{ema}_bits",
        "accuracy\n(%)": f"accuracy{ema}",
        "averaged\n(%)": f"accuracy_averaged{ema}",
    }
    columns = {title: name for title, name in columns.items() if name in last}
    targets = results.bits(result[["target_rate"]]).target_rate_bits.values if "target_rate" in result else None
    seeds = result.sizes["seed"]
    weights = "moving average of the weights" if ema else "final weights"
    title = f"test split, {weights}, mean ± 95 % interval over {seeds} seeds"
    shown = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for title in ("beta", *([] if targets is None else ["target\n(bits)"]), *columns):
        shown.add_column(title, justify="right", no_wrap=True)
    for i, beta in enumerate(last.beta.values):
        point = last.isel(beta=i)
        cells = [] if targets is None else [f"{targets[i]:.2f}"]
        cells += [interval(point, name) for name in columns.values()]
        shown.add_row(f"{beta:.3g}", *cells)
    captions = ["below: bits missing to the exact frontier"] if "frontier_rate" in result else []
    if "diverged" in result.attrs:
        lost, members = int((result.finite == 0).sum()), result.finite.size
        captions.append(f"{lost} of {members} members diverged and are left out: {result.attrs['diverged']}")
    shown.caption = "\n".join(captions) or None
    return shown


def plane_table(result):
    """A rich Table of the information plane: a row a beta, estimator and layer, means over seeds, in bits."""
    shown = a_few_betas(result.sortby("beta"))
    found = results.bits(shown)
    end = results.bits(results.summary(shown)).information_x_bits
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
        fitting, violations_x, violations_y = (number(at[f"{name}_mean"], digits) for name, digits in STEPS.items())
        numbers = [number(end.sel(layer=layer)), number(at.peak_mean_bits), drop(at), fitting]
        if any(each != "-" for each in numbers):
            rows.append([layer, *numbers, at.verdict.item() or "-", f"{violations_x}, {violations_y}"])
    seeds = int(found.compression_seeds.max())
    fewer = f"({seeds} seed{'s' * (seeds > 1)})" if 0 < seeds < found.sizes["seed"] else ""
    names = [found.estimator.item(), fewer, *[""] * len(rows)]
    return [[name, *row] for name, row in zip(names, rows, strict=False)]


def drop(at):
    """'mean ± half-width' of the drop from the peak of I(X;T) to its end."""
    half = number(at.compression_high_bits - at.compression_mean_bits)
    return number(at.compression_mean_bits) + (f" ± {half}" if half != "-" else "")


def number(value, digits=2):
    """A number in words, '-' where there is none."""
    return "-" if np.isnan(value) else f"{float(value):.{digits if abs(value) < 1000 else 0}f}"


def interval(point, name):
    """'mean ± half-width' of one number, an accuracy in per cent."""
    if name.startswith("below"):  # how far is read from the distortion's interval
        return f"{float(point[name]):.3f}"
    scale, digits = (100, 1) if name.startswith("accuracy") else (1, 2) if name.startswith("rate") else (1, 3)
    mean, half = (float(point[part]) * scale for part in (name, f"{name}_half_width"))
    if np.isnan(mean):
        return "-"
    return f"{mean:.{digits}f}" + ("" if np.isnan(half) else f" ± {half:.{digits}f}")
