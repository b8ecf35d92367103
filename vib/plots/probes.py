"""Accuracy of probes by the number of labels they saw: codes at several betas, pixels, principal components."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from vib.plots.style import COLOURS, GREY, beta_norm, beta_text, paper
from vib.plots.traces import a_few_betas

TITLES = {"probe_accuracy": "linear probe", "probe_neighbour_accuracy": "5 nearest neighbours"}


@paper
def probes(result):
    """Two panels, a kind of probe each: means over seeds against the number of labels, a colour a beta."""
    figure = Figure((8.6, 3.6), dpi=150, layout="constrained")
    columns = figure.subplots(1, 2, sharey=True)
    shown, sizes = a_few_betas(result.sortby("beta")), result.labels.values
    betas = result.beta.values
    for axes, (name, title) in zip(columns, TITLES.items(), strict=True):
        for beta in shown.beta.values:
            values = shown[name].sel(beta=beta).mean("seed")
            axes.plot(sizes, values, "o-", color=COLOURS(beta_norm(np.sort(betas))(beta)), label=beta_text(beta))
        for space, line, words in (("pixels", "--", "inputs"), ("components", ":", "principal components")):
            axes.plot(sizes, result[f"{name}_{space}"], line, color=GREY, marker="s", ms=3, label=words)
        axes.set_xscale("log")
        axes.set_xticks(sizes, sizes)
        axes.minorticks_off()
        axes.set_xlabel("training labels")
        axes.set_title(title)
    columns[0].set_ylabel("test accuracy (%)")
    columns[0].yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    figure.legend(handles=columns[0].get_legend_handles_labels()[0], loc="outside right upper")
    seeds = result.sizes["seed"]
    figure.supxlabel(f"Mean over {seeds} seeds" if seeds > 1 else "One seed", x=0.01, ha="left", fontsize=7, color=GREY)
    return figure
