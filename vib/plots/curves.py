"""Curves of one measured number against another, a point a beta: information and rate-distortion."""

import math

import numpy as np
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vib.errors import require
from vib.plots.comparison import lost
from vib.plots.style import (
    COLOURS,
    GREY,
    VERMILLION,
    beta_norm,
    beta_text,
    colour_bar,
    holds,
    legend,
    measured,
    note,
    panels,
    paper,
    selected,
    stretch,
)
from vib.results import in_bits

SHADE = "#ececec"
LABELS = 5
SPLITS = [
    Line2D([], [], color=GREY, marker="o", ls="-", ms=4.5, mfc=GREY, lw=0.8, label="test"),
    Line2D([], [], color=GREY, marker="o", ls="--", ms=4.5, mfc="white", lw=0.8, label="train"),
]
SIDES = [
    ((dx, dy), {"ha": "left" if dx > 0 else "right" if dx < 0 else "center", "va": "top" if dy < 0 else "bottom"})
    for dx, dy in ((5, -5), (0, -9), (-5, -5), (5, 4), (0, 8), (-5, 4))
]


@paper
def information_curve(result, weights=None):
    """Bound of I(Z;Y) against rate, bits, below the exact frontier where it is known: a colour a beta.

    Filled points are test, open points train; a beta without a finite member has no point. Raises InvalidInput where
    the result has no such bound.
    """
    result = selected(result, weights)
    figure, (axes,) = panels()
    legend(figure, [*SPLITS, *_information(axes, result)], 3)
    return _finish(figure, axes, result)


@paper
def information_curves(found):
    """The information curves of results {title: Dataset} side by side, final weights."""
    figure = Figure((1.0 + 3.6 * len(found), 4.0), dpi=150, layout="constrained")
    row = figure.subplots(1, len(found), squeeze=False)[0]
    handles = {}  # by their labels, of all results: a frontier may be known of some only
    found = {title: selected(result, "final") for title, result in found.items()}
    for axes, (title, result) in zip(row, found.items(), strict=True):
        axes.tick_params(labelsize=8)
        axes.set_title(title, loc="left")
        handles |= {handle.get_label(): handle for handle in _information(axes, result)}
        colour_bar(figure, axes, result.beta.values)
    legend(figure, [*SPLITS, *handles.values()], 6)
    note(figure, list(found.values())[-1], more=lost(found))
    return figure


def _information(axes, result):
    """Draws the information curve of a result: handles for the legend."""
    _require(result, "information_y_bound")
    x, words = _rate_axis(result)
    _require(result, x)
    numbers = measured(result)
    # for a continuous Y the entropy is differential and no ceiling
    ceiling = result.attrs["entropy_y_test"] / math.log(2) if "classes" in result.attrs else None
    _points(axes, numbers, x, "information_y_bound")
    frontier = _frontier(result)
    highest = frontier[1].max() if frontier else ceiling or float(numbers.mean.information_y_bound.max())
    highest = max(highest, 0.1)
    largest = float(numbers.mean[x].max())
    said = stretch(axes, "x", 0, largest, linear=_round_up(1.3 * highest), share=1.6)
    axes.set_xlabel(f"{words} (bits{said})")
    axes.set_ylabel("I(Z;Y) ≥ H(Y) $-$ distortion (bits)")
    return _limits(axes, numbers, largest, highest, ceiling, frontier)


@paper
def rate_distortion(result, weights=None):
    """Distortion against rate, bits an example: filled points test, open points train, a colour a beta."""
    result = selected(result, weights)
    figure, (axes,) = panels()
    _require(result, "rate", "distortion")
    _points(axes, measured(result), "rate", "distortion")
    axes.set_xlim(left=min(0, *axes.get_xlim()))
    legend(figure, SPLITS, 2)
    axes.set_xlabel("rate (bits per example)")
    axes.set_ylabel("distortion (bits per example)")
    return _finish(figure, axes, result)


def _rate_axis(result):
    """The variable to draw as what is kept, and the words for it: they depend on what the rate bounds."""
    bounds = result.rate.attrs["bounds"]
    if "information_x_bound" in result and (bounds.startswith("I(X;Z|Y)") or "frontier_rate" in result):
        return "information_x_bound", "bound ≥ I(X;Z)"
    return "rate", "rate ≥ I(X;Z)" if bounds.startswith("I(X;Z)") else "rate ≈ I(X;Z), capped by the batch"


def _frontier(result):
    """The exact frontier (rate, information), bits, from the origin on; None where it is not known."""
    if "frontier_rate" not in result:
        return None
    rate, information = (in_bits(result[f"frontier_{name}"]).values for name in ("rate", "information"))
    order = np.argsort(rate)
    return np.append(0, rate[order]), np.append(0, information[order])


def _require(result, *names):
    for name in names:
        require(holds(result, name), f"plots: the result holds no finite {name}; draw another figure")


def _points(axes, numbers, x, y):
    betas = numbers.mean.beta.values
    colours = COLOURS(beta_norm(betas)(betas))
    for split, size, style in (("train", 20, "--"), ("test", 26, "-")):
        (across, wide), (up, high) = ([part.values for part in numbers.of(name, split=split)] for name in (x, y))
        axes.plot(across, up, style, color="#bbbbbb", lw=0.8, zorder=1)
        axes.errorbar(across, up, high, wide, fmt="none", ecolor=colours, elinewidth=0.9, zorder=2)
        faces = colours if split == "test" else "white"
        dots = {"facecolors": faces, "edgecolors": colours, "linewidths": 1.1}
        axes.scatter(across, up, size, zorder=3, label=split, **dots)


def _limits(axes, numbers, largest, highest, ceiling, frontier):
    """The frontier, or else the corner of known labels, the line I(Z;Y) = rate, H(Y), and the shade out of reach."""
    mean, bars = numbers.mean.information_y_bound, numbers.half_width.information_y_bound.fillna(0)
    lowest = min(0.0, float((mean - bars).min()))
    pad = 0.04 * (highest - lowest)
    top = max(highest + 3 * pad, float((mean + bars).max()) + pad)
    # dense near zero and far away: on a part linear, part logarithmic axis the line bends
    end = max(largest, top) * (2.2 if axes.get_xscale() == "symlog" else 1.15)
    rates = np.concatenate([[-pad], np.linspace(0, top, 200), np.geomspace(top, end, 50)])
    bound = np.minimum(rates, ceiling or np.inf)
    if frontier:
        bound = np.minimum(bound, np.interp(rates, *frontier))
    axes.fill_between(rates, bound, top, color=SHADE, lw=0, zorder=0)
    axes.plot(rates[rates <= top], rates[rates <= top], color="black", lw=0.9, zorder=1)
    handles = [Line2D([], [], color="black", lw=0.9, label="I(Z;Y) = rate")]
    if ceiling and ceiling <= top:
        axes.axhline(ceiling, color="black", lw=0.9, ls=(0, (4, 2)), zorder=1)
        handles += [Line2D([], [], color="black", lw=0.9, ls=(0, (4, 2)), label=f"H(Y) = {ceiling:.3g} bits")]
    if frontier:
        axes.plot(rates[rates >= 0], np.interp(rates[rates >= 0], *frontier), color=VERMILLION, lw=1.1, zorder=1.5)
        handles.append(Line2D([], [], color=VERMILLION, lw=1.1, label="exact frontier"))
    elif ceiling:
        axes.plot(ceiling, ceiling, "s", mfc="white", mec="black", ms=5, zorder=1.5)
        handles.append(Line2D([], [], ls="", marker="s", mfc="white", mec="black", ms=5, label="corner, if Y = f(X)"))
    if lowest < 0:
        axes.axhline(0, color="black", lw=0.5, zorder=1)
    axes.set_xlim(-pad, rates[-1])
    axes.set_ylim(lowest - 2 * pad, top)
    return [*handles, Patch(color=SHADE, label="out of reach")]


def _round_up(value):
    scale = 10.0 ** np.floor(np.log10(value))
    return float(next(m * scale for m in (1, 2, 5, 10) if m * scale >= value))


def _finish(figure, axes, result):
    colour_bar(figure, axes, result.beta.values)
    note(figure, result)
    figure.draw_without_rendering()
    _name_betas(axes, result.beta.values)
    return figure


def _name_betas(axes, betas):
    """Writes a few betas beside their test points, where they cover nothing and no other point is nearer."""
    places = next(dots for dots in axes.collections if dots.get_label() == "test").get_offsets().filled(np.nan)
    shown = np.flatnonzero(np.isfinite(places).all(1))
    pixels, taken, count = axes.transData.transform(places), _drawn(axes), len(shown)
    ends_first = dict.fromkeys([0, count - 1, count // 2, count // 4, 3 * count // 4, *range(count)])
    named = 0
    for index in (shown[i] for i in ends_first if i < count):
        for shift, align in SIDES:
            words = beta_text(betas[index])
            text = axes.annotate(words, places[index], shift, textcoords="offset points", fontsize=7, **align)
            text.set_in_layout(False)
            box = text.get_window_extent().padded(3)
            middle = (box.min + box.max) / 2
            nearest = np.nanargmin(np.linalg.norm(pixels - middle, axis=1))
            inside = all(axes.bbox.contains(*corner) for corner in box.corners())
            if inside and nearest == index and not box.count_contains(taken):
                edge = np.linspace(box.min, box.max, 5)
                taken = np.concatenate([taken, np.stack(np.meshgrid(*edge.T), -1).reshape(-1, 2)])
                named += 1
                break
            text.remove()
        if named == LABELS:
            return


def _drawn(axes):
    """Points [n, 2], in pixels, along everything drawn in the axes that a label should not cover."""
    paths = [line.get_transform().transform_path(line.get_path()) for line in axes.lines]
    for bars in axes.collections:
        if isinstance(bars, LineCollection):
            paths += [bars.get_transform().transform_path(path) for path in bars.get_paths()]
    dots = [each for each in axes.collections if isinstance(each, PathCollection)]
    points = [axes.transData.transform(each.get_offsets().filled(np.nan)) for each in dots]
    return np.concatenate([*points, *(path.interpolated(40).vertices for path in paths if len(path.vertices))])
