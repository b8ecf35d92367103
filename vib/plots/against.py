"""Measured numbers against what was chosen: against beta at the end, against step on the way."""

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from vib.errors import require
from vib.plots.style import (
    BLUE,
    COLOURS,
    GREY,
    SPLIT_STYLES,
    VERMILLION,
    beta_axis,
    beta_norm,
    beta_text,
    colour_bar,
    holds,
    legend,
    measured,
    note,
    panels,
    paper,
    step_axis,
    stretch,
)


@paper
def rate_and_distortion(result, ema=False):
    """Rate and distortion in bits against beta, train and test, with intervals; marks the least test distortion.

    A deterministic encoder has no rate: distortion alone. Raises InvalidInput where no member is finite.
    """
    numbers = measured(result, ema)
    names = _shown(numbers, "rate_bits", "distortion_bits")
    figure, column = panels(len(names), size=(5.4, 1.0 + 2.3 * len(names)))
    for axes, name in zip(column, names, strict=True):
        for split in SPLIT_STYLES:
            _against_beta(axes, numbers, name, split, SPLIT_STYLES[split], split)
        _bits_label(axes, numbers, name)
    beta_axis(column[-1], numbers.beta.values)
    _overfitting(column[-1], numbers.sel(split="test"))
    legend(figure, column[0].get_legend_handles_labels()[0], 2)
    note(figure, result, ema)
    return figure


@paper
def accuracy(result, ema=False):
    """Accuracy against beta, train and test, by one noise sample and by the mean of several predictions."""
    numbers = measured(result, ema)
    names = _shown(numbers, "accuracy", "accuracy_averaged")
    figure, (axes,) = panels(size=(5.4, 3.6))
    looks = {"accuracy": (VERMILLION, "s", "one noise sample"), "accuracy_averaged": (BLUE, "o", "averaged")}
    for name in names:
        colour, marker, words = looks[name]
        for split, fill, line in (("train", "white", "--"), ("test", colour, "-")):
            style = {"color": colour, "marker": marker, "mfc": fill, "linestyle": line}
            _against_beta(axes, numbers, name, split, style, f"{split}, {words}")
    if "classes" in result.attrs:
        axes.axhline(1 / result.attrs["classes"], color=GREY, lw=0.9, ls=":", label="chance")
    beta_axis(axes, numbers.beta.values)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    axes.set_ylabel("accuracy (%)")
    lines = axes.get_legend_handles_labels()[0]
    legend(figure, sorted(lines, key=lambda line: line.get_label() == "chance"), 3)
    note(figure, result, ema)
    return figure


@paper
def learning_curves(result, ema=False):
    """Rate, distortion (bits) and accuracy against step, a colour a beta; test solid, train dashed."""
    numbers = measured(result, ema, step=slice(None))
    names = _shown(numbers, "rate_bits", "distortion_bits", "accuracy")
    figure, column = panels(len(names), size=(5.4, 1.0 + 1.9 * len(names)))
    betas, steps = numbers.beta.values, numbers.step.values
    colours = COLOURS(beta_norm(betas)(betas))
    marker = "o" if len(steps) == 1 else None
    for axes, name in zip(column, names, strict=True):
        for split, line, fill in (("train", "--", "white"), ("test", "-", None)):
            for beta, colour in zip(betas, colours, strict=True):
                values = numbers[name].sel(split=split, beta=beta).transpose("step")
                axes.plot(steps, values, line, color=colour, lw=1.0, marker=marker, mfc=fill)
        _bits_label(axes, numbers, name)
    step_axis(column[-1], steps)
    lines = [Line2D([], [], color=GREY, ls=line, label=name) for name, line in (("test", "-"), ("train", "--"))]
    legend(figure, lines, 2)
    colour_bar(figure, list(column), betas)
    note(figure, result, ema, intervals=False)
    return figure


def _shown(numbers, *names):
    shown = [name for name in names if holds(numbers, name)]
    require(shown, f"plots: no finite {' or '.join(names)} in the result; draw another figure")
    return shown


def _against_beta(axes, numbers, name, split, style, label):
    part = numbers.sel(split=split)
    half_width = part[f"{name}_half_width"].values
    axes.errorbar(part.beta.values, part[name].values, half_width, elinewidth=0.9, capsize=2, label=label, **style)


def _bits_label(axes, numbers, name):
    if name == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        return axes.set_ylabel("accuracy (%)")
    said = ""
    if name == "rate_bits":
        said = stretch(axes, "y", float(numbers[name].min()), float(numbers[name].max()), linear=1.0, share=0.7)
    return axes.set_ylabel(f"{name.removesuffix('_bits')} (bits{said})")


def _overfitting(axes, test):
    """Names the beta of the least test distortion, and overfitting below it where the intervals say so."""
    distortion, half_width = test.distortion_bits.values, test.distortion_bits_half_width.values
    if len(distortion) == 1:
        return
    least, beta = np.nanargmin(distortion), test.beta.values
    rises = distortion - half_width > distortion[least] + half_width[least]
    axes.axvline(beta[least], color=GREY, lw=0.9, ls=":")
    overfits = ", overfitting to the left of it" if rises[:least].any() else ""
    axes.set_title(f"least test distortion at {beta_text(beta[least])}{overfits}", loc="left")
