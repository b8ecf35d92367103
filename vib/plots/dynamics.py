"""Information against step: every layer by every estimator, and the phases that it goes through."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from vib.errors import require
from vib.plots.style import GREY, beta_text, legend, note, paper, step_axis, stretch
from vib.plots.traces import (
    CEILING,
    INFORMATION,
    a_few_betas,
    ceilings,
    doubt_handle,
    doubtful,
    headings,
    layer_styles,
    left_out,
    measured_by,
    of_layers,
    shared,
)
from vib.results import in_bits, summary

FITTING = {"fc": "#f1f1f1", "ec": "none"}
FITTED = {"color": GREY, "lw": 0.9, "ls": ":", "zorder": 0.5}
COMPRESSION = {"fc": "#d9d9d9", "ec": "none"}
UNSURE = {"fc": "none", "ec": GREY, "lw": 0.8}
ENDS = ("mean", "low", "high")
LINEAR = 20  # bits, up to which the axis of an estimator that reads hundreds is linear
SHADED = "Shaded: the phases of the deepest layer that compresses; bars: those of every layer"


@paper
def information_steps(result):
    """I(X;T) and I(T;Y) in bits against step, a column an estimator, a colour a layer: mean and 95 % interval.

    Below them the phases of every layer, shaded above those of the deepest layer that compresses. Shows no more than
    three betas (choose them by result.sel). Raises InvalidInput where nothing was measured.
    """
    names = measured_any(result)
    require(names, "plots: the result holds no finite information_x or information_y; measure the plane first")
    result = of_layers(result)
    shown = a_few_betas(result).sel(estimator=names)
    seeds, numbers = in_bits(shown), summary(shown, step=slice(None)).in_bits()
    styles, tops = layer_styles(shown.layer.values), {name: _tops(seeds, name) for name in INFORMATION}
    figure, blocks = _panels(shown)
    for at, column in blocks:
        cell = seeds.sel(at)
        for axes, name in zip(column[:2], INFORMATION, strict=True):
            _traces(axes, *numbers.of(name, **at), cell, styles, tops[name][at["estimator"]])
        if "verdict" in cell:
            _shade([axes for axes in column[:2] if axes.lines], cell)
            _phases(column[2], cell, styles)
        else:
            _not_measured(column[2])
    headings([(column[0], at) for at, column in blocks], seeds)
    legend(figure, _handles(seeds, styles), 6)
    said = [f"Measured on {result.attrs['plane_inputs']}", *[SHADED] * ("verdict" in seeds), *left_out(result, shown)]
    note(figure, result, more=said)
    return figure


def measured_any(result):
    """The estimators that measured I(X;T) or I(T;Y), or both."""
    return list(dict.fromkeys(name for quantity in INFORMATION for name in measured_by(result, quantity)))


def _panels(result):
    """A Figure and [({beta, estimator}, axes of I(X;T), I(T;Y) and the phases)]; a block of rows a beta."""
    betas, names, layers = result.beta.values, result.estimator.values, result.layer.values
    heights = [1.6, 1.4, max(0.15 * len(layers) + 0.1, 0.5)]
    size = (1.0 + 2.3 * max(len(names), 2), 0.9 + (sum(heights) + 1.0) * len(betas))
    figure = Figure(size, dpi=150, layout="constrained")
    grid = figure.subplots(3 * len(betas), len(names), sharex=True, squeeze=False, height_ratios=heights * len(betas))
    for axes in grid.ravel():
        axes.tick_params(labelsize=8)
    for axes in grid[-1]:
        step_axis(axes, result.step)
    for row, axes in enumerate(grid[:, 0]):
        beta = f"{beta_text(betas[row // 3])}\n" if len(betas) > 1 and row % 3 < 2 else ""
        axes.set_ylabel(beta + ["I(X;T) (bits)", "I(T;Y) (bits)", "phases"][row % 3])
    places = [(i, j) for i in range(len(betas)) for j in range(len(names))]
    blocks = [({"beta": betas[i], "estimator": names[j]}, grid[3 * i : 3 * i + 3, j]) for i, j in places]
    return figure, blocks


def _tops(seeds, name):
    """{estimator: end of the axis}, bits."""
    values = seeds[name].where(np.isfinite(seeds[name]))
    largest = values.max([dim for dim in values.dims if dim != "estimator"]).fillna(0)
    largest = {each: max(largest.sel(estimator=each).item(), 0.01) for each in seeds.estimator.values}
    return shared(largest)


def _traces(axes, mean, half_width, seeds, styles, top):
    hollow = doubtful(seeds, mean.name).any(0)
    for flagged, (layer, style) in zip(hollow, styles.items(), strict=True):
        part, half = mean.sel(layer=layer).values, half_width.sel(layer=layer).values
        there = np.isfinite(part)
        if not there.any():
            continue
        step, part, half, flagged = (each[there] for each in (mean.step.values, part, half, flagged))
        axes.fill_between(step, part - half, part + half, color=style["color"], alpha=0.15, lw=0, zorder=1.5)
        axes.plot(step, part, lw=1.1, marker="o" if len(step) == 1 else None, label=layer, zorder=2, **style)
        axes.plot(step[flagged], part[flagged], "o", ms=2.8, mfc="white", mec=style["color"], mew=0.7, zorder=3)
    if not np.isfinite(mean).any():
        return _not_measured(axes)
    for ceiling in ceilings(seeds, mean.name, top):
        axes.axhline(ceiling, **CEILING)
        top = max(top, ceiling)
    # a wide interval runs out of the frame rather than flatten the lines
    smallest = mean.min().item()
    said = stretch(axes, "y", smallest, top, linear=LINEAR, share=0.7)
    label = axes.get_ylabel()
    axes.set_ylabel(label + said if label else said.removeprefix(",\n"))
    pad = 0.05 * (LINEAR if said else top)
    return axes.set_ylim(min(0, smallest) - pad, 2 * top if said else top + pad)


def _not_measured(axes):
    axes.text(0.5, 0.5, "not measured", transform=axes.transAxes, ha="center", fontsize=7, color=GREY)
    axes.set_yticks([])


def _shade(panels, cell):
    """The phases of the deepest layer that compresses, where there is one."""
    compressing = cell.layer.values[cell.verdict.values == "compresses"]
    for axes in panels if len(compressing) else ():
        found = cell.sel(layer=compressing[-1])
        axes.axvspan(0, found.fitting_step_mean.item(), zorder=0, **FITTING)
        axes.axvline(found.fitting_step_mean.item(), **FITTED)
        axes.axvspan(found.peak_step_mean.item(), cell.step.values[-1], zorder=0.1, **COMPRESSION)


def _phases(axes, cell, styles):
    """A row a layer: light until fitting ends, in its colour from the peak of I(X;T) on where the layer compresses."""
    last = cell.step.values[-1]
    for row, (layer, style) in enumerate(styles.items()):
        found, colour = cell.sel(layer=layer), style["color"]
        fitting, peak = ([found[f"{name}_step_{end}"].item() for end in ENDS] for name in ("fitting", "peak"))
        axes.barh(row, fitting[0], 0.8, zorder=1, **FITTING)
        axes.plot(fitting[1:], [row - 0.2] * 2, color=colour, lw=0.8, zorder=3)
        axes.plot(fitting[:1], [row - 0.2], "|", color=colour, ms=5, mew=1.2, zorder=3)
        look = {"compresses": {"fc": colour, "ec": colour}, "cannot tell": UNSURE | {"ec": colour}}
        if found.verdict.item() in look:
            axes.barh(row + 0.2, last - peak[0], 0.4, left=peak[0], zorder=2, **look[found.verdict.item()])
            axes.plot(peak[1:], [row + 0.2] * 2, color="black", lw=0.8, zorder=3)
    axes.set_yticks(range(len(styles)), list(styles), fontsize=7)
    axes.set_ylim(len(styles) - 0.4, -0.6)


def _handles(seeds, styles):
    lines = [Line2D([], [], lw=1.4, label=layer, **style) for layer, style in styles.items()]
    ceiling = [Line2D([], [], label="ceiling", **CEILING)]
    if "verdict" not in seeds:
        return [*lines, *ceiling, *doubt_handle(seeds)]
    phases = [Patch(label="fitting", **FITTING | {"ec": GREY, "lw": 0.3}), Line2D([], [], label="its end", **FITTED)]
    phases += [Patch(label="compression", **COMPRESSION)]
    if "cannot tell" in seeds.verdict:
        phases += [Patch(label="cannot tell", **UNSURE)]
    return [*lines, *phases, *ceiling, *doubt_handle(seeds)]
