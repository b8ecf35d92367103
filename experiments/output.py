"""What a run leaves to look at: a table on the terminal and figures, both from its results alone."""

from pathlib import Path

import numpy as np
from rich import box
from rich.table import Table

from experiments.terminal import console, say
from vib import plots, results


def write(result, workdir):
    """Prints the table of a result and writes figures/*.png below workdir."""
    folder = Path(workdir) / "figures"
    folder.mkdir(exist_ok=True)
    figures = plots.figures(result, ema="rate_ema" in result)
    for name, figure in figures.items():
        figure.savefig(folder / f"{name}.png", dpi=200)
    console.print(table(result))
    say(f"wrote {workdir}/results.nc and {workdir}/figures: {', '.join(figures)}")


def table(result):
    """A rich Table of the last measurement on the test split: mean +- 95 % half-width over seeds, bits."""
    ema = "_ema" if "rate_ema" in result else ""
    last = results.bits(results.summary(result))
    columns = {
        "rate\n(bits)": f"rate{ema}_bits",
        "distortion\n(bits)": f"distortion{ema}_bits",
        "I(Z;Y) ≥\n(bits)": f"information_y_bound{ema}_bits",
        "accuracy\n(%)": f"accuracy{ema}",
        "averaged\n(%)": f"accuracy_averaged{ema}",
    }
    columns = {title: name for title, name in columns.items() if name in last}
    seeds = result.sizes["seed"]
    weights = "moving average of the weights" if ema else "final weights"
    title = f"test split, {weights}, mean ± 95 % interval over {seeds} seeds"
    shown = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for title in ("beta", *columns):
        shown.add_column(title, justify="right", no_wrap=True)
    for i, beta in enumerate(last.beta.values):
        point = last.isel(beta=i)
        cells = [interval(point, name) for name in columns.values()]
        shown.add_row(f"{beta:.3g}", *cells)
    if "diverged" in result.attrs:
        lost, members = int((result.finite == 0).sum()), result.finite.size
        shown.caption = f"{lost} of {members} members diverged and are left out: {result.attrs['diverged']}"
    return shown


def interval(point, name):
    """'mean ± half-width' of one number, an accuracy in per cent."""
    scale, digits = (100, 1) if name.startswith("accuracy") else (1, 2) if name.startswith("rate") else (1, 3)
    mean, half = (float(point[part]) * scale for part in (name, f"{name}_half_width"))
    if np.isnan(mean):
        return "-"
    return f"{mean:.{digits}f}" + ("" if np.isnan(half) else f" ± {half:.{digits}f}")
