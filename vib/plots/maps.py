"""Codes as points of a plane: maps coloured by label or factor, and posteriors of a two-dimensional code."""

import matplotlib
import numpy as np
from matplotlib.collections import EllipseCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vib.plots.style import paper

FEW = 12  # kinds that each get a colour of their own


@paper
def maps(points, colours, ordered=()):
    """Maps of one set of codes: a column a map, a row a colouring.

    points: {name of a map: [N, 2]}; colours: {name of a label or factor: int or str [N]}; ordered: names of those whose
    values are in order. The axes of a map have no unit.
    """
    figure = Figure((0.9 + 2.9 * len(points), 0.3 + 2.7 * len(colours)), dpi=150, layout="constrained")
    grid = figure.subplots(len(colours), len(points), squeeze=False)
    for row, (colouring, values) in zip(grid, colours.items(), strict=True):
        for axes, (name, places) in zip(row, points.items(), strict=True):
            shades, handles = _shades(values, colouring in ordered)
            axes.scatter(*places.T, s=4, lw=0, c=shades, alpha=0.8, rasterized=True)
            axes.set(xticks=[], yticks=[], title=f"{name}, by {colouring}")
            axes.spines[:].set_visible(False)
            axes.set_aspect("equal", adjustable="datalim")
        row[-1].legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), handletextpad=0.2)
    return figure


@paper
def posteriors(mean, std, values, name):
    """Two-dimensional posteriors as ellipses of one standard deviation: mean, std [N, 2], int or str values [N]."""
    figure = Figure((4.6, 4.2), dpi=150, layout="constrained")
    axes = figure.subplots()
    shades, handles = _shades(values)
    sizes = {"widths": 2 * std[:, 0], "heights": 2 * std[:, 1], "angles": np.zeros(len(std)), "units": "xy"}
    axes.add_collection(
        EllipseCollection(
            **sizes, offsets=mean, offset_transform=axes.transData, facecolors="none", edgecolors=shades, lw=0.6
        )
    )
    low, high = (mean - std).min(0), (mean + std).max(0)
    axes.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal", xlabel="z0", ylabel="z1")
    axes.legend(handles=handles, loc="center left", bbox_to_anchor=(1.0, 0.5), title=name, handletextpad=0.2)
    return figure


def _shades(values, ordered=False):
    """A colour for each of int or str values [N], and the handles of a legend."""
    kinds = np.unique(values)
    place = np.searchsorted(kinds, values)
    if ordered or len(kinds) > FEW:
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.95, len(kinds)))[:, :3]
    else:
        colours = np.array(matplotlib.colormaps["tab10" if len(kinds) <= 10 else "tab20"].colors)
    named = range(len(kinds)) if len(kinds) <= FEW else np.linspace(0, len(kinds) - 1, 5).astype(int)
    dot = {"ls": "", "marker": "o", "ms": 4}
    names = [str(kinds[i]).replace("$", r"\$") for i in named]  # which would begin a formula
    return colours[place], [Line2D([], [], color=colours[i], label=n, **dot) for i, n in zip(named, names, strict=True)]
