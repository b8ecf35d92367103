"""Runs against each other at equal rates: what each loses, and how good its samples are."""

from matplotlib.figure import Figure

from vib.plots.against_beta import LINES, MARKERS
from vib.plots.style import GREY, paper
from vib.results import in_bits, interval

PANELS = {
    "distortion of test images (bits)": ("image_distortion", {}),
    "Fréchet distance of prior samples": ("sample_frechet", {"source": "prior"}),
    "precision of prior samples (share)": ("sample_precision", {"source": "prior"}),
    "recall of prior samples (share)": ("sample_recall", {"source": "prior"}),
}


@paper
def trade(found):
    """Results {title: Dataset} that the lab has measured, against the rate of test images: a point a beta.

    Means over seeds with 95 % intervals.
    """
    figure = Figure((8.6, 6.6), dpi=150, layout="constrained")
    for axes, (label, (name, at)) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        for i, (title, result) in enumerate(found.items()):
            ordered = result.sortby("beta")
            (x, across), (y, up) = (interval(in_bits(v)) for v in (ordered.image_rate, ordered[name].sel(at)))
            style = {"color": LINES[i % len(LINES)], "marker": MARKERS[i % len(MARKERS)]}
            axes.errorbar(x, y, up, across, capsize=2, elinewidth=0.8, label=title, **style)
        axes.set_ylabel(label)
        axes.set_xlabel("rate (bits)")
        if "share" in label:
            axes.set_ylim(-0.02, 1.02)
    figure.legend(handles=figure.axes[0].get_legend_handles_labels()[0], loc="outside upper left", ncols=len(found))
    words = "A point a beta: mean and 95 % interval over seeds"
    figure.supxlabel(words, x=0.01, ha="left", fontsize=7, color=GREY)
    return figure
