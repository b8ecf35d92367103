"""Estimators of mutual information against the truth, where it is known."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from vib.plots.style import GREY, PALETTE, paper

MARKERS = {"lower": "^", "upper": "v", "estimate": "o", "exact": "s"}
FAMILIES = {
    "nearest neighbours": ("ksg", "ross"),
    "critics": ("critic",),
    "layers with noise": ("encoder_bounds", "encoder_labels", "noisy"),
    "layers without, and a table": ("kde", "binned", "discrete"),
}


@paper
def estimates_against_truths(lines):
    """Estimate against truth, nats, a panel a family; hollow where flagged, a grey bar at the ceiling.

    lines: of a calibration, each with mean, half_width, ceiling, kind, flag and its case: estimator, function and the
    known distribution.
    """
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
        colour, truth = PALETTE[place % len(PALETTE)], line.case.known.information
        style = {"color": colour, "marker": MARKERS[line.kind], "mfc": colour if line.flag == "fine" else "white"}
        axes.errorbar(truth, line.mean, line.half_width, ls="", lw=0.8, **style)
        if np.isfinite(line.ceiling):
            axes.plot(truth, line.ceiling, "_", color=GREY, ms=9)
    for place, name in enumerate(names):
        kind = next(line.kind for line in lines if line.case.estimator == name)
        axes.plot([], [], MARKERS[kind], color=PALETTE[place % len(PALETTE)], label=name)
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
