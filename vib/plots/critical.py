"""Rate and active units against beta, with the betas at which units die."""

import math

import numpy as np

from vib.plots.style import BLUE, GREY, VERMILLION, panels, paper


@paper
def critical(betas, rates, units, found, exact=None):
    """Each seed faint and their mean: rates (nats, drawn in bits) and active units [seed, beta] at rising betas.

    found: (critical betas, half-widths), shaded; exact: known ones or None, dashed.
    """
    figure, column = panels(2, size=(5.4, 4.6))
    for axes, values, words in zip(column, (rates / math.log(2), units), ("rate (bits)", "active units"), strict=True):
        axes.plot(betas, values.T, color=GREY, lw=0.5, alpha=0.5)
        axes.plot(betas, values.mean(0), ".-", color=BLUE, ms=3, lw=1)
        axes.set_ylabel(words)
        for beta, half in found.T[np.isfinite(found[0])]:
            axes.axvspan(beta - half, beta + half, color=VERMILLION, alpha=0.3, lw=0)
        for beta in () if exact is None else exact:
            axes.axvline(beta, color="black", lw=0.8, ls=(0, (4, 2)))
    column[-1].set_xscale("log")
    column[-1].set_xlabel("β, multiplier of the rate")
    words = "Shaded: critical betas found, with their intervals" + ("" if exact is None else "; dashed: exact ones")
    figure.supxlabel(words, x=0.01, ha="left", fontsize=7, color=GREY)
    return figure
