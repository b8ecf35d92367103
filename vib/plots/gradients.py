"""How the weights move: drift and diffusion of the gradient, norms, saturated and dead units, against step."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import PercentFormatter

from vib.errors import require
from vib.plots.style import GREY, beta_text, holds, legend, note, paper, step_axis
from vib.plots.traces import a_few_betas, layer_styles, left_out, of_layers
from vib.results import summary

GRADIENTS = {
    "gradient_mean": "drift: norm of\nmean gradient\n(nats per weight)",
    "gradient_std": "diffusion: norm of\nits std\n(nats per weight)",
    "gradient_ratio": "signal-to-noise:\ndrift / diffusion",
}
UNITS = {"weight_norm": "norm of weights", "saturated": "saturated (%)", "dead": "dead units (%)"}


@paper
def gradient_ratio(result):
    """Norms of mean and std of the gradient over minibatches, and their ratio, against step, a colour a layer.

    A column a beta, at most three (choose them by result.sel). Raises InvalidInput where nothing was measured.
    """
    return _figure(result, GRADIENTS)


@paper
def units(result):
    """Norm of the weights and shares of saturated and of dead units against step, a colour a layer, a column a beta."""
    return _figure(result, UNITS)


def _figure(result, labels):
    labels = {name: label for name, label in labels.items() if holds(result, name)}
    require(labels, "plots: the result holds no finite gradient_ratio, weight_norm or dead; draw another figure")
    result = of_layers(result)
    shown = a_few_betas(result)
    mean, betas = summary(shown, step=slice(None)).mean, shown.beta.values
    styles = layer_styles(shown.layer.values)
    size = (1.0 + max(2.4 * len(betas), 4.4), 1.0 + 1.7 * len(labels))
    figure = Figure(size, dpi=150, layout="constrained")
    grid = figure.subplots(len(labels), len(betas), sharex=True, sharey="row", squeeze=False)
    for row, (name, label) in zip(grid, labels.items(), strict=True):
        for axes, beta in zip(row, betas, strict=True):
            axes.tick_params(labelsize=8, which="both")
            _lines(axes, mean.sel(beta=beta), name, styles)
        _scale(row[0], mean[name], name)
        row[0].set_ylabel(label)
    for axes, beta in zip(grid[0], betas, strict=True):
        axes.set_title(beta_text(beta) if len(betas) > 1 else "", loc="left")
    for axes in grid[-1]:
        step_axis(axes, shown.step)
    layers = [layer for layer in styles if any(mean[name].sel(layer=layer).notnull().any() for name in labels)]
    legend(figure, [Line2D([], [], lw=1.4, label=layer, **styles[layer]) for layer in layers], 6)
    note(figure, result, intervals=False, more=left_out(result, shown))
    return figure


def _lines(axes, mean, name, styles):
    for layer, style in styles.items():
        values = mean[name].sel(layer=layer).values
        there = np.isfinite(values)
        marker = "o" if there.sum() == 1 else None
        axes.plot(mean.step.values[there], values[there], lw=1.1, marker=marker, label=layer, **style)
    if name == "gradient_ratio":
        axes.axhline(1, color=GREY, lw=0.7, ls=":")


def _scale(axes, values, name):
    """Gradients on a logarithmic axis, shares of units in per cent."""
    if name in GRADIENTS and (values > 0).any():
        return axes.set_yscale("log")
    if name in ("saturated", "dead"):
        axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0, symbol=""))
    top = max(1.1 * values.max().item(), 0.1)
    return axes.set_ylim(-0.03 * top, top)
