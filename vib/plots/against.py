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
    selected,
    step_axis,
    stretch,
)


@paper
def rate_and_distortion(result, weights=None):
    """Rate and distortion in bits against beta, train and test, with intervals; marks the least test distortion.

    A deterministic encoder has no rate: distortion alone. Raises InvalidInput where no member is finite.
    """
    result = selected(result, weights)
    numbers, names = measured(result), _shown(result, "rate", "distortion")
    figure, column = panels(len(names), size=(5.4, 1.0 + 2.3 * len(names)))
    for axes, name in zip(column, names, strict=True):
        for split in SPLIT_STYLES:
            _against_beta(axes, numbers, name, split, SPLIT_STYLES[split], split)
        _label(axes, numbers.mean[name])
    beta_axis(column[-1], result.beta.values)
    _overfitting(column[-1], *numbers.of("distortion", split="test"))
    legend(figure, column[0].get_legend_handles_labels()[0], 2)
    note(figure, result)
    return figure


@paper
def accuracy(result, weights=None):
    """Accuracy against beta, train and test, by one noise sample and by the mean of several predictions."""
    result = selected(result, weights)
    numbers, names = measured(result), _shown(result, "accuracy", "accuracy_averaged")
    figure, (axes,) = panels(size=(5.4, 3.6))
    looks = {"accuracy": (VERMILLION, "s", "one noise sample"), "accuracy_averaged": (BLUE, "o", "averaged")}
    for name in names:
        colour, marker, words = looks[name]
        for split, fill, line in (("train", "white", "--"), ("test", colour, "-")):
            style = {"color": colour, "marker": marker, "mfc": fill, "linestyle": line}
            _against_beta(axes, numbers, name, split, style, f"{split}, {words}")
    if "classes" in result.attrs:
        axes.axhline(1 / result.attrs["classes"], color=GREY, lw=0.9, ls=":", label="chance")
    beta_axis(axes, result.beta.values)
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    axes.set_ylabel("accuracy (%)")
    lines = axes.get_legend_handles_labels()[0]
    legend(figure, sorted(lines, key=lambda line: line.get_label() == "chance"), 3)
    note(figure, result)
    return figure


@paper
def learning_curves(result, weights=None):
    """Rate, distortion (bits) and accuracy against step, a colour a beta; test solid, train dashed."""
    result = selected(result, weights)
    mean, names = measured(result, step=slice(None)).mean, _shown(result, "rate", "distortion", "accuracy")
    figure, column = panels(len(names), size=(5.4, 1.0 + 1.9 * len(names)))
    betas, steps = result.beta.values, result.step.values
    colours = COLOURS(beta_norm(betas)(betas))
    marker = "o" if len(steps) == 1 else None
    for axes, name in zip(column, names, strict=True):
        for split, line, fill in (("train", "--", "white"), ("test", "-", None)):
            for beta, colour in zip(betas, colours, strict=True):
                values = mean[name].sel(split=split, beta=beta).transpose("step")
                axes.plot(steps, values, line, color=colour, lw=1.0, marker=marker, mfc=fill)
        _label(axes, mean[name])
    step_axis(column[-1], result.step)
    lines = [Line2D([], [], color=GREY, ls=line, label=name) for name, line in (("test", "-"), ("train", "--"))]
    legend(figure, lines, 2)
    colour_bar(figure, list(column), betas)
    note(figure, result, intervals=False)
    return figure


def _shown(result, *names):
    shown = [name for name in names if holds(result, name)]
    require(shown, f"plots: no finite {' or '.join(names)} in the result; draw another figure")
    return shown


def _against_beta(axes, numbers, name, split, style, label):
    mean, half_width = numbers.of(name, split=split)
    interval = {"yerr": half_width.values, "elinewidth": 0.9, "capsize": 2}
    axes.errorbar(mean.beta.values, mean.values, **interval, label=label, **style)


def _label(axes, values):
    if values.name == "accuracy":
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
        return axes.set_ylabel("accuracy (%)")
    said = ""
    if values.name == "rate":
        said = stretch(axes, "y", float(values.min()), float(values.max()), linear=1.0, share=0.7)
    return axes.set_ylabel(f"{values.name} ({values.units}{said})")


def _overfitting(axes, distortion, half_width):
    """Names the beta of the least test distortion, and overfitting below it where the intervals say so."""
    if len(distortion) == 1:
        return
    beta, distortion, half_width = distortion.beta.values, distortion.values, half_width.values
    least = np.nanargmin(distortion)
    rises = distortion - half_width > distortion[least] + half_width[least]
    axes.axvline(beta[least], color=GREY, lw=0.9, ls=":")
    overfits = ", overfitting to the left of it" if rises[:least].any() else ""
    axes.set_title(f"least test distortion at {beta_text(beta[least])}{overfits}", loc="left")
