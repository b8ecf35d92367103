"""What probes read from the codes by the number of labels they saw: several betas, the inputs, principal components."""

from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from vib.plots.style import COLOURS, GREY, beta_norm, beta_text, note, paper, selected
from vib.plots.traces import a_few_betas

ACROSS, LOWEST = 4, -0.3  # panels in a row; R^2 below which a probe is so bad that it does not matter how bad


@paper
def probes(result, panels):
    """A panel for each (title, variable, {axis: label}), all of one kind: accuracies, or R^2.

    Means over seeds against the number of labels, a colour a beta.
    """
    rows, columns = -(-len(panels) // ACROSS), min(len(panels), ACROSS)
    figure = Figure((1.2 + 2.9 * columns, 0.6 + 2.7 * rows), dpi=150, layout="constrained")
    places = figure.subplots(rows, columns, sharex=True, sharey=True, squeeze=False)
    result = selected(result)
    shown, sizes, colour = a_few_betas(result), result.labels.values, beta_norm(result.beta.values)
    for axes, (title, name, at) in zip(places.flat, panels, strict=False):
        for beta in shown.beta.values:
            values = shown[name].sel(at).sel(beta=beta).mean("seed")
            axes.plot(sizes, values, "o-", color=COLOURS(colour(beta)), label=beta_text(beta))
        for space, line, words in (("pixels", "--", "inputs"), ("components", ":", "principal components")):
            axes.plot(sizes, result[f"{name}_{space}"].sel(at), line, color=GREY, marker="s", ms=3, label=words)
        axes.set_xscale("log")
        axes.set_xticks(sizes, sizes)
        axes.minorticks_off()
        axes.set_title(title)
    for axes in places.flat[len(panels) :]:
        axes.remove()
    accuracy = "accuracy" in panels[0][1]
    for axes in places[:, 0]:
        axes.set_ylabel("test accuracy (%)" if accuracy else "test R²")
    for axes in places.flat[max(0, len(panels) - columns) : len(panels)]:
        axes.set_xlabel("training labels" if accuracy else "training examples")
        axes.tick_params(labelbottom=True)
    if accuracy:
        places[0, 0].yaxis.set_major_formatter(PercentFormatter(1.0, symbol=""))
    else:
        places[0, 0].set_ylim(max(LOWEST, places[0, 0].get_ylim()[0]), 1.02)
    figure.legend(handles=places[0, 0].get_legend_handles_labels()[0], loc="outside right upper")
    note(figure, result, intervals=False)
    return figure
