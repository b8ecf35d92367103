"""Numbers of a result against beta: a line each, mean over seeds with its 95 % interval."""

from typing import NamedTuple

import numpy as np
from matplotlib.figure import Figure

from vib.plots.style import GREY, PALETTE, beta_axis, note, paper, selected
from vib.results import in_bits, interval

MARKERS = "osD^vP*X"


class Panel(NamedTuple):
    """Some numbers of a result."""

    label: str  # of the y axis
    lines: dict  # {name: (variable, {axis: label})}
    levels: dict | None = None  # {name: height} of horizontal lines
    share: bool = False  # the axis then goes from 0 to 1


@paper
def against_beta(result, panels):
    """One Panel beside the other, against beta. Numbers in nats are drawn in bits."""
    result = selected(result)
    figure = Figure((0.4 + 4.3 * len(panels), 3.6), dpi=150, layout="constrained")
    for axes, panel in zip(np.atleast_1d(figure.subplots(1, len(panels))), panels, strict=True):
        for i, (name, (variable, at)) in enumerate(panel.lines.items()):
            mean, half = interval(in_bits(result[variable].sel(at)))
            style = {"color": PALETTE[i % len(PALETTE)], "marker": MARKERS[i % len(MARKERS)]}
            axes.errorbar(result.beta.values, mean, half, capsize=2, elinewidth=0.8, label=name, **style)
        for line, (name, height) in zip(("--", ":", "-."), (panel.levels or {}).items(), strict=False):
            axes.axhline(height, color=GREY, lw=0.9, ls=line, label=name)
        beta_axis(axes, result.beta.values)
        axes.set_ylabel(panel.label, parse_math=False)
        if panel.share:
            axes.set_ylim(-0.02, 1.02)
        elif all(result[variable].min() >= 0 for variable, _ in panel.lines.values()):
            axes.set_ylim(bottom=-0.02 * axes.get_ylim()[1])  # intervals may go below, where nothing is
        if len(panel.lines) + len(panel.levels or {}) > 1:
            axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=2, columnspacing=1.0, handlelength=1.8)
    note(figure, result)
    return figure


@paper
def heat(tables, row_names, column_names, label, titles, below=""):
    """Tables [rows, columns] side by side as shades, with their numbers, on one scale from 0; a title above each.

    What is NaN stays empty.
    """
    high = np.nanmax(np.asarray(tables), initial=1e-9)  # tables of zeros have a scale too
    rows, columns = len(row_names), len(column_names)
    size = (1.1 + len(tables) * (0.5 + 0.42 * columns), max(2.4, 0.9 + 0.24 * rows))  # the scale's label needs so much
    figure = Figure(size, dpi=150, layout="constrained")
    places = np.atleast_1d(figure.subplots(1, len(tables), sharey=True))
    for axes, table, title in zip(places, tables, titles, strict=True):
        shades = axes.imshow(table, cmap="Blues", vmin=0, vmax=high, aspect="auto")
        for (i, j), value in np.ndenumerate(table):
            if np.isnan(value):
                continue
            colour = "white" if value > 0.6 * high else "black"
            axes.text(j, i, f"{value:.1f}", ha="center", va="center", fontsize=6, color=colour)
        axes.set_xticks(range(columns), column_names, rotation=45, ha="right", rotation_mode="anchor")
        axes.set_title(title)
        axes.set_xlabel(below)
        axes.tick_params(length=0, labelsize=8)
        axes.spines[:].set_visible(False)
    places[0].set_yticks(range(rows), row_names)
    bar = figure.colorbar(shades, ax=list(places), aspect=30, pad=0.02)
    bar.set_label(label)
    bar.outline.set_linewidth(0.5)
    return figure
