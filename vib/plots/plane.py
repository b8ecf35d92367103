"""The information plane: what every layer predicts against what it keeps, a path a layer, coloured by step."""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vib.errors import require
from vib.plots import labels
from vib.plots.style import COLOURS, GREY, beta_norm, beta_text, colour_bar, legend, note, paper, step_text
from vib.plots.traces import (
    CEILING,
    a_few_betas,
    ceilings,
    doubt_handle,
    doubtful,
    headings,
    joined,
    left_out,
    measured_by,
    of_layers,
    shared,
)
from vib.results import in_bits, summary

AXES = ("information_x", "information_y")
FAINT = "#b5b5b5"
TOGETHER = 7.0  # points between path ends that share a name


@paper
def information_plane(result):
    """I(T;Y) against I(X;T) in bits, a panel an estimator and beta: the mean a path a layer, each seed faint.

    Shows the estimators that measured both, at no more than three betas (choose them by result.sel); points where the
    value of a seed is flagged are hollow. Raises InvalidInput where no estimator measured both.
    """
    names = measured_both(result)
    require(names, "plots: no estimator measured both I(X;T) and I(T;Y); draw information_steps")
    result = of_layers(result)
    shown = a_few_betas(result).sel(estimator=names)
    seeds, mean = in_bits(shown), summary(shown, step=slice(None)).in_bits().mean
    ranges, steps, order = _ranges(seeds), shown.step.values, shown.layer.values.tolist()
    figure, cells = _panels(shown)
    for axes, at in cells:
        flagged = doubtful(seeds.sel(at), *AXES)
        _draw(axes, _points(seeds.sel(at)), _points(mean.sel(at)), flagged, COLOURS(beta_norm(steps)(steps)))
        _limits(axes, seeds.sel(at), *ranges[at["estimator"]])
    headings(cells, seeds)
    handles = _handles(seeds)
    legend(figure, handles, 4 if len(handles) < 5 else 3)
    colour_bar(figure, [axes for axes, _ in cells], steps, step_text(shown.step))
    said = [f"Measured on {result.attrs['plane_inputs']}", *left_out(result, shown)]
    note(figure, result, intervals=False, more=said)
    figure.get_layout_engine().execute(figure)
    for axes, at in cells:
        _name_layers(axes, _points(mean.sel(at)), _points(seeds.sel(at)), order)
    return figure


def measured_both(result):
    """The estimators that measured I(X;T) and I(T;Y) of one layer."""
    return measured_by(result, *AXES)


def _panels(result):
    """A row a beta; the estimators of a single beta in rows of at most three."""
    betas, names = result.beta.values, result.estimator.values
    across = len(names) if len(betas) > 1 else 2 if len(names) == 4 else min(len(names), 3)
    down = -(-len(betas) * len(names) // across)
    figure = Figure((1.0 + 2.6 * max(across, 1.6), 0.8 + 3.0 * down), dpi=150, layout="constrained")
    axes = figure.subplots(down, across, squeeze=False).ravel()
    places = [{"beta": beta, "estimator": name} for beta in betas for name in names]
    for one in axes[len(places) :]:
        one.remove()
    for one, at in zip(axes, places, strict=False):
        one.tick_params(labelsize=8)
        one.set_xlabel("I(X;T) (bits)")
        row = f"{beta_text(at['beta'])}\n" if len(betas) > 1 and at["estimator"] == names[0] else ""
        one.set_ylabel(f"{row}I(T;Y) (bits)")
    return figure, list(zip(axes, places, strict=False))


def _points(cell):
    """Pairs (x, y) in bits, [..., layer, step, 2]; NaN where one of them is not finite."""
    pairs = np.stack([cell[name].transpose(..., "layer", "step").values for name in AXES], -1)
    return np.where(np.isfinite(pairs).all(-1, keepdims=True), pairs, np.nan)


def _measured(path):
    return np.isfinite(path).all(-1)


def _draw(axes, seeds, mean, flagged, colours):
    """seeds [seed, layer, step, 2], mean [layer, step, 2], flagged [seed, layer, step], a colour a step."""
    faint = [path[_measured(path)] for layers in seeds for path in layers]
    axes.add_collection(LineCollection(faint, colors=FAINT, linewidths=0.4, zorder=1, label="seeds"))
    doubtful = seeds[flagged & _measured(seeds)]
    axes.scatter(*doubtful.T, 5, facecolors="white", edgecolors=FAINT, linewidths=0.5, zorder=1.5, label="flagged")
    for path, hollow in zip(mean, flagged.any(0), strict=True):
        there = _measured(path)
        path, shades = path[there], colours[there]
        pieces = np.stack([path[:-1], path[1:]], 1)
        axes.add_collection(LineCollection(pieces, colors=shades[1:], linewidths=1.4, zorder=2))
        faces = np.where(hollow[there, None], 1.0, shades)
        axes.scatter(*path.T, 12, facecolors=faces, edgecolors=shades, linewidths=0.8, zorder=3, label="mean")
        axes.scatter(*path[-1:].T, 20, facecolors=faces[-1:], edgecolors="black", linewidths=0.7, zorder=4, label="end")


def _ranges(seeds):
    """{estimator: (least [2], largest [2])} of x and y: one y for all, and one x where the estimators compare."""
    points = {name: _points(seeds.sel(estimator=name)).reshape(-1, 2) for name in seeds.estimator.values}
    largest = {name: np.nanmax(values, 0) for name, values in points.items()}
    least = np.minimum(0, np.nanmin(np.concatenate(list(points.values())), 0))
    right, top = shared({name: x for name, (x, _) in largest.items()}), max(y for _, y in largest.values())
    return {name: (least, (right[name], top)) for name in points}


def _limits(axes, cell, least, largest):
    """Thin lines at the ceilings, and the ranges of the axes around values and ceilings."""
    lines, ranges = (axes.axvline, axes.axhline), (axes.set_xlim, axes.set_ylim)
    # room for the layers' names above what I(T;Y) can reach
    tops = []
    for name, line, limit, low, high, room in zip(AXES, lines, ranges, least, largest, (0.06, 0.24), strict=True):
        shown = ceilings(cell, name, high)
        for ceiling in shown:
            line(ceiling, **CEILING)
        tops.append(max(high, *shown, 0.01))
        limit(low - 0.04 * (tops[-1] - low), tops[-1] + room * (tops[-1] - low))
    axes.set_yticks([tick for tick in axes.get_yticks() if least[1] <= tick <= 1.001 * tops[1]])


def _handles(seeds):
    some = Line2D([], [], color=GREY, marker="o", ms=3.5, label="mean")
    handles = [some, Line2D([], [], color=FAINT, lw=0.6, label="each seed")] if seeds.sizes["seed"] > 1 else [some]
    end = {"color": COLOURS(1.0), "ls": "", "marker": "o", "mec": "black", "mew": 0.7}
    handles += [Line2D([], [], label="end", **end), Line2D([], [], label="ceiling", **CEILING)]
    return handles + doubt_handle(seeds)


def _name_layers(axes, mean, seeds, order):
    """Writes the layers at the ends of their paths; ends that touch share a name."""
    last = {name: path[_measured(path)][-1] for name, path in zip(order, mean, strict=True) if _measured(path).any()}
    near = TOGETHER * axes.figure.dpi / 72
    groups = []
    for name, end in last.items():
        place = axes.transData.transform(end)
        group = next((each for each in groups if np.linalg.norm(place - each["place"]) < near), None)
        if group is None:
            groups.append({"place": place, "end": end, "names": [name]})
        else:
            group["names"].append(name)
    words = [joined(group["names"], order) for group in groups]
    lines = [line.get_transform().transform_path(line.get_path()).interpolated(60).vertices for line in axes.lines]
    strong = [axes.transData.transform(_along(path)) for path in mean]
    faint = axes.transData.transform(seeds[_measured(seeds)])
    labels.write(axes, words, [group["end"] for group in groups], np.concatenate([*strong, *lines]), faint)


def _along(path):
    """Points along a path, close enough that nothing fits between them."""
    path = path[_measured(path)]
    between = np.linspace(0, 1, 8, endpoint=False)[:, None, None]
    return np.concatenate([((1 - between) * path[:-1] + between * path[1:]).reshape(-1, 2), path[-1:]])
