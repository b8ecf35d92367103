"""Runs against each other at equal rates: what each loses, and how good its samples are."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, LogLocator

from vib.plots.against_beta import MARKERS
from vib.plots.style import GREY, PALETTE, paper
from vib.results import in_bits

DISTORTION, FRECHET = "distortion of test images (bits)", "Fréchet distance of prior samples"
PANELS = {
    DISTORTION: ("image_distortion", {}),
    FRECHET: ("sample_frechet", {"source": "prior"}),
    "precision of prior samples (share)": ("sample_precision", {"source": "prior"}),
    "recall of prior samples (share)": ("sample_recall", {"source": "prior"}),
}


@paper
def trade(found):
    """Results {title: Dataset} that hold the latent report, against the rate of test images: a point a member."""
    figure = Figure((8.6, 6.6), dpi=150, layout="constrained")
    for axes, (label, (name, at)) in zip(figure.subplots(2, 2).flat, PANELS.items(), strict=True):
        for i, (title, result) in enumerate(found.items()):
            x, y = in_bits(result.image_rate), in_bits(result[name].sel(at))
            colour, marker = PALETTE[i % len(PALETTE)], MARKERS[i % len(MARKERS)]
            axes.plot(x.values.ravel(), y.values.ravel(), marker, color=colour, alpha=0.7, label=title)
        axes.set_ylabel(label)
        axes.set_xlabel("rate (bits)")
        if "share" in label:
            axes.set_ylim(-0.02, 1.02)
    distortion, frechet = figure.axes[:2]
    frechet.set_yscale("log")
    frechet.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    frechet.yaxis.set_major_formatter("{x:g}")
    frechet.minorticks_off()
    sizes = np.abs(np.concatenate([in_bits(result.image_distortion).values.ravel() for result in found.values()]))
    linear = 10 ** np.ceil(np.log10(np.nanmedian(sizes)))
    if np.nanmax(sizes) > 4 * linear:  # a decoder of small std that puts a shape at the wrong place
        distortion.set_yscale("symlog", linthresh=linear, linscale=2)
        distortion.yaxis.set_major_locator(FixedLocator([*np.linspace(-linear, linear, 5), 3 * linear, 10 * linear]))
        distortion.yaxis.set_major_formatter("{x:g}")
        distortion.set_ylabel(f"{DISTORTION},\nlogarithmic beyond {linear:g}")
    figure.legend(handles=distortion.get_legend_handles_labels()[0], loc="outside upper left", ncols=len(found))
    figure.supxlabel("A point a member: every beta and seed", x=0.01, ha="left", fontsize=7, color=GREY)
    return figure
