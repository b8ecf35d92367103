"""The calibration table on the terminal, as csv and markdown, and its figure."""

import csv

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator
from rich import box
from rich.table import Table

from vib.plots.style import BLUE, GREY, VERMILLION, paper

TITLES = ("estimator", "distribution", "N", "truth", "estimate", "ceiling", "kind", "flag", "fails by")
TERMINAL = ("distribution", "N", "truth", "estimate", "ceiling", "fails by")
NUMBERS = ("N", "truth", "estimate", "ceiling")
COLOURS = (BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00")
MARKERS = {"lower": "^", "upper": "v", "estimate": "o", "exact": "s"}
FAMILIES = {
    "nearest neighbours": ("ksg", "ross"),
    "critics": ("critic",),
    "layers with noise": ("encoder_bounds", "encoder_labels", "noisy"),
    "layers without, and a table": ("kde", "binned", "discrete"),
}


def cells(line):
    """The texts of one line of the table, nats."""
    case = line.case
    spread = f" ± {line.half_width:.3f}" if line.half_width > 0 else ""
    ceiling = f"{line.ceiling:.2f}" if np.isfinite(line.ceiling) else "-"
    flag = "" if line.flag == "fine" else line.flag.replace("_", " ")
    return (
        *(case.estimator, case.known.name, f"{case.count}", f"{case.known.information:.3f}"),
        *(f"{line.mean:.3f}{spread}", ceiling, line.kind, flag, case.failure),
    )


def table(lines, repeats):
    """A rich Table, nats: mean +- 95 % half-width over the repeats, under a heading for each estimator."""
    title = f"estimators where the truth is known: nats, mean ± 95 % interval over {repeats} repeats"
    shown = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for name in TERMINAL:
        shown.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=name != "fails by")
    heading = None
    for line in lines:
        row = dict(zip(TITLES, cells(line), strict=True))
        if heading != (heading := f"{row['estimator']}: {row['kind']}"):
            shown.add_row(f"[bold]{heading}[/bold]")
        shown.add_row(*(row[name] for name in TERMINAL[:-1]), row["fails by"] or row["flag"])
    return shown


def write(lines, repeats, folder):
    """Writes calibration.csv, calibration.md and calibration.png into folder."""
    names = "estimator,distribution,samples,truth_nats,mean_nats,half_width_nats,repeats,ceiling_nats,kind,flag,failure"
    with open(folder / "calibration.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(names.split(","))
        for case, mean, half, *rest in lines:
            told = case.estimator, case.known.name, case.count, case.known.information
            writer.writerow([*told, mean, half, repeats, *rest, case.failure])
    rule = "|".join("--:" if name in NUMBERS else "---" for name in TITLES)
    rows = [" | ".join(cells(line)) for line in lines]
    text = [f"| {' | '.join(TITLES)} |", f"|{rule}|", *(f"| {row} |" for row in rows)]
    (folder / "calibration.md").write_text("\n".join(text) + "\n")
    figure(lines).savefig(folder / "calibration.png", dpi=200)


@paper
def figure(lines):
    """Estimate against truth, nats, a panel a family; hollow where flagged, a grey bar at the ceiling."""
    panels = {}
    for title, names in FAMILIES.items():
        panels |= {title: found} if (found := [line for line in lines if line.case.function in names]) else {}
    rows = -(-len(panels) // 2)
    shown = Figure((7.2, 3.4 * rows), dpi=150, layout="constrained")
    every = shown.subplots(rows, 2, squeeze=False).ravel()
    for axes, (title, found) in zip(every, panels.items(), strict=False):
        _panel(axes, found)
        axes.set_title(title)
    for axes in every[len(panels) :]:
        axes.set_visible(False)
    return shown


def _panel(axes, lines):
    names = list(dict.fromkeys(line.case.estimator for line in lines))
    for line in lines:
        place = names.index(line.case.estimator)
        colour, truth = COLOURS[place % len(COLOURS)], line.case.known.information
        style = {"color": colour, "marker": MARKERS[line.kind], "mfc": colour if line.flag == "fine" else "white"}
        axes.errorbar(truth, line.mean, line.half_width, ls="", lw=0.8, **style)
        if np.isfinite(line.ceiling):
            axes.plot(truth, line.ceiling, "_", color=GREY, ms=9)
    for place, name in enumerate(names):
        kind = next(line.kind for line in lines if line.case.estimator == name)
        axes.plot([], [], MARKERS[kind], color=COLOURS[place % len(COLOURS)], label=name)
    _scales(axes, max(1.0, *(max(line.mean, line.case.known.information) for line in lines)))
    axes.legend(loc="upper left")


def _scales(axes, highest):
    ticks = [tick for tick in (0, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if tick <= 1.5 * highest]
    axes.plot([0, 2 * highest], [0, 2 * highest], color=GREY, lw=0.7, zorder=0)
    for name in ("x", "y"):
        getattr(axes, f"set_{name}scale")("symlog", linthresh=1)
        getattr(axes, f"set_{name}lim")(-0.1, 1.6 * highest)
        getattr(axes, f"set_{name}ticks")(ticks, [f"{tick:g}" for tick in ticks], minor=False)
        getattr(axes, f"{name}axis").set_minor_locator(NullLocator())
    axes.set_xlabel("truth (nats)")
    axes.set_ylabel("estimate (nats)")
