"""What every figure shares: sizes, colours that survive grey print and colour blindness, axes, the note below."""

import functools
import math

import matplotlib
import matplotlib.style
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.colors import ListedColormap, LogNorm, Normalize, SymLogNorm
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, NullLocator

from vib.results import of_weights, summary

# Okabe & Ito's palette; the end of viridis is left out, too light for white paper
BLUE, VERMILLION, GREY = "#0072B2", "#D55E00", "#666666"
PALETTE = (BLUE, VERMILLION, "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", GREY)
COLOURS = ListedColormap(matplotlib.colormaps["viridis"](np.linspace(0, 0.92, 256)))
SPLIT_STYLES = {
    "train": {"color": VERMILLION, "marker": "o", "mfc": "white", "linestyle": "--"},
    "test": {"color": BLUE, "marker": "o", "mfc": BLUE, "linestyle": "-"},
}
PAPER = {
    "font.size": 9,
    "axes.labelsize": 9,
    "axes.titlesize": 9,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "lines.linewidth": 1.2,
    "lines.markersize": 4.5,
}


def paper(draw):
    """A figure function in the style of this package, whatever the caller's own settings are."""

    @functools.wraps(draw)
    def styled(*arguments, **options):
        with matplotlib.style.context(["default", PAPER]):
            figure = draw(*arguments, **options)
            figure.draw_without_rendering()
        return figure

    return styled


def panels(rows=1, size=(5.4, 4.0)):
    """A new Figure that belongs to no global state, and its axes in a column over one x axis."""
    figure = Figure(size, dpi=150, layout="constrained")
    column = figure.subplots(rows, 1, sharex=True, squeeze=False)[:, 0]
    for axes in column:
        axes.tick_params(labelsize=8)
    return figure, column


def selected(result, weights=None):
    """The result by one kind of weights, see vib.results.of_weights, and by rising beta."""
    return of_weights(result, weights).sortby("beta")


def measured(result, step=-1):
    """The numbers of a figure: the Summary in bits, [split, beta] or [split, beta, step]."""
    return summary(result, split=["train", "test"], step=step).in_bits()


def holds(result, name):
    """Whether there is a finite value of `name` to draw."""
    return name in result and bool(result[name].notnull().any())


def beta_norm(betas):
    """From beta (or step) to colour: logarithmic; 0, where there is one, keeps the dark end."""
    positive = betas[betas > 0]
    if len(betas) == 1 or not len(positive):
        return Normalize(betas[0] - 1, betas[0] + 1)
    if len(positive) == len(betas):
        return LogNorm(betas.min(), betas.max())
    return SymLogNorm(positive.min(), linscale=0.5, vmin=0, vmax=max(betas.max(), 2 * positive.min()))


def beta_axis(axes, betas):
    """A logarithmic x axis in beta; 0, where there is one, stands at its left end."""
    positive = betas[betas > 0]
    if len(betas) == 1:
        axes.set_xticks(betas, [f"{betas[0]:g}"])
    elif len(positive) == len(betas):
        axes.set_xscale("log")
        axes.set_xlim(betas.min() / 2, betas.max() * 2)
        if len(_powers(betas.min() / 2, betas.max() * 2)) < 2:  # what matplotlib writes then overlaps
            shown = np.sort(betas)[:: math.ceil(len(betas) / 6)]
            axes.set_xticks(shown, [f"{beta:g}" for beta in shown])
            axes.xaxis.set_minor_locator(NullLocator())
    else:
        axes.set_xscale("symlog", linthresh=positive.min(), linscale=0.5)
        axes.set_xlim(-positive.min() / 3, betas.max() * 2)
        axes.set_xticks(*_ticks_from_zero(betas))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("β, multiplier of the rate")


def step_axis(axes, step):
    """A logarithmic x axis in the steps of a result; 0, where there is one, stands at its left end."""
    steps = step.values
    if len(steps) == 1:
        axes.set_xticks(steps)
    else:
        axes.set_xscale("symlog", linthresh=steps[steps > 0].min(), linscale=0.4)
        axes.set_xlim(0 if steps[0] == 0 else steps[0] / 1.3, steps[-1] * 1.3)
        low, high = np.log10(steps[steps > 0][[0, -1]])
        powers = 10.0 ** np.arange(math.ceil(low), math.floor(high) + 1)
        if len(powers) > 4:
            axes.set_xticks([*steps[steps == 0], *powers[1::2]])
    axes.set_xlabel(step_text(step))


def step_text(step):
    """The label of an axis in the steps of a result, with their unit where they have one."""
    units = step.attrs.get("units", "1")
    return "step" if units == "1" else f"step ({units})"


def _powers(low, high):
    """The powers of ten from low to high."""
    return range(math.ceil(np.log10(low) - 1e-9), math.floor(np.log10(high) + 1e-9) + 1)


def _ticks_from_zero(betas):
    powers = _powers(betas[betas > 0].min(), betas.max())
    if len(powers) < 2:
        return betas, [f"{beta:g}" for beta in betas]
    return [0, *(10.0**power for power in powers)], ["0", *(f"$10^{{{power}}}$" for power in powers)]


def beta_text(beta):
    """'β = 0.01' for a label; powers of ten are written as such."""
    digits, _, power = f"{beta:.2g}".partition("e")
    if not power:
        return f"β = {digits}"
    factor = "" if digits == "1" else rf"{digits}\times"
    return rf"β = ${factor}10^{{{int(power)}}}$"


def colour_bar(figure, axes, betas, label="β, multiplier of the rate"):
    """Says which colour is which beta (or step); nothing to say where there is only one."""
    if len(betas) > 1:
        bar = figure.colorbar(ScalarMappable(beta_norm(betas), COLOURS), ax=axes, aspect=30, pad=0.02)
        if betas[0] == 0:
            ticks, labels = _ticks_from_zero(betas)
            bar.set_ticks(ticks, labels=labels)
            bar.minorticks_off()
        bar.set_label(label)
        bar.ax.tick_params(labelsize=8)
        bar.outline.set_linewidth(0.5)


def stretch(axes, which, smallest, largest, linear, share):
    """Makes the axis 'x' or 'y' linear to `linear` and logarithmic beyond, if the values span so much.

    share: decades that the linear part is drawn as long as. Returns what the axis label must then say.
    """
    if largest <= 4 * linear or smallest > largest / 20:
        return ""
    {"x": axes.set_xscale, "y": axes.set_yscale}[which]("symlog", linthresh=linear, linscale=share)
    axis = {"x": axes.xaxis, "y": axes.yaxis}[which]
    start = math.floor(math.log10(linear))
    beyond = [m * 10.0**k for k in range(start, start + 12) for m in (1, 2, 5)]
    within = np.linspace(0, linear, 6) if share > 1 else [0, linear]
    axis.set_major_locator(FixedLocator([*within, *(tick for tick in beyond if tick > linear)]))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_locator(NullLocator())
    gap = " " if which == "x" else "\n"
    return f",{gap}logarithmic beyond {linear:g}"


def legend(figure, handles, columns):
    """The legend above the panels, where it covers nothing."""
    figure.legend(handles=handles, loc="outside upper left", ncols=columns, columnspacing=1.2, handlelength=1.8)


def note(figure, result, intervals=True, more=()):
    """Grey lines below: what the points are, which members are missing, and what more there is to say.

    result: by one kind of weights.
    """
    seeds, betas = result.sizes["seed"], result.beta.values
    mean = f"Mean{' and 95 % interval' if intervals else ''} over {seeds} seeds" if seeds > 1 else "One seed"
    averaged = ["averaged weights (EMA)"] if result.coords.get("weights") == "averaged" else []
    parts = [mean, *averaged, *([beta_text(betas[0])] if len(betas) == 1 else [])]
    lines = [", ".join(parts)]
    if "diverged" in result.attrs:
        names = result.attrs["diverged"].split("; ")
        rest = f" and {len(names) - 2} more" if len(names) > 2 else ""
        lines.append(f"Diverged, left out: {'; '.join(names[:2])}{rest}")
    figure.supxlabel("\n".join([*lines, *more]), x=0.01, ha="left", fontsize=7, color=GREY)
