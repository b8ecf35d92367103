"""Methods against each other: what each keeps, what it predicts, and how much of its rate is no information."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vib import results
from vib.plots.style import legend, measured, note, paper, selected

MARKERS = "osD^vP*Xh<>p"


@paper
def comparison(found):
    """Results {title: Dataset}, test split: I(Z;Y) against what bounds I(X;Z); accuracy, marginal KL against beta.

    Bits, final weights, mean over seeds with 95 % intervals. A method whose rate is no bound of I(X;Z) is drawn at its
    rate, hollow; the marginal KL is a bar over its interval, errors included, or a hollow point at the lower end where
    it is not resolved.
    """
    figure = Figure((11.5, 4.2), dpi=150, layout="constrained")
    plane, accuracy, marginal_kl = figure.subplots(1, 3)
    found = {title: selected(result, "final") for title, result in found.items()}
    colours = matplotlib.colormaps["turbo"]
    handles = []
    for i, (title, result) in enumerate(found.items()):
        numbers = measured(result)
        style = {"color": colours(0.05 + 0.9 * i / max(len(found) - 1, 1)), "marker": MARKERS[i % len(MARKERS)]}
        if "information_y_bound" in result:
            _kept_and_predicted(plane, numbers, result, style)
        if "accuracy_averaged" in result:
            _line(accuracy, result.beta.values, numbers, "accuracy_averaged", style)
        if "marginal_kl_lower" in result:
            _marginal_kl(marginal_kl, result, style, i)
        handles.append(Line2D([], [], ls="-", lw=1, ms=4.5, label=title, **style))
    plane.set_xlabel("bound on I(X;Z), or hollow: rate (bits)")
    plane.set_ylabel("I(Z;Y) ≥ H(Y) $-$ distortion (bits)")
    plane.set_xscale("symlog", linthresh=5)
    plane.set_ylim(bottom=-0.1)
    plane.plot([0, plane.get_ylim()[1]], [0, plane.get_ylim()[1]], color="black", lw=0.8, zorder=1)
    handles.append(Line2D([], [], color="black", lw=0.8, label="I(Z;Y) = I(X;Z)"))
    accuracy.set_ylim(0, 1.03)
    accuracy.set_ylabel("accuracy of the averaged prediction")
    marginal_kl.set_ylabel("marginal KL, rate $-$ I(X;Z) (bits)")
    for axes in (accuracy, marginal_kl):
        axes.set_xscale("log")
        axes.set_xlabel("β, multiplier of u(rate)")
    marginal_kl.set_yscale("symlog", linthresh=1)
    marginal_kl.set_ylim(bottom=-0.05)
    for axes in (plane, accuracy, marginal_kl):
        axes.tick_params(labelsize=8)
    legend(figure, handles, 5)
    note(figure, list(found.values())[-1], more=lost(found))
    return figure


def lost(found):
    """Lines on the members that diverged, of all results but the last, which the note speaks of anyway."""
    *others, _ = found.items()
    return [f"{title}: {result.attrs['diverged']} left out" for title, result in others if "diverged" in result.attrs]


def _kept_and_predicted(axes, numbers, result, style):
    capped = result.rate.attrs["bounds"].startswith("nothing")
    x = "information_x_bound" if "information_x_bound" in result and not capped else "rate"
    across, _ = numbers.of(x, split="test")
    _line(axes, across.values, numbers, "information_y_bound", style | ({"mfc": "white"} if capped else {}))


def _line(axes, x, numbers, name, style):
    mean, half_width = numbers.of(name, split="test")
    axes.errorbar(x, mean.values, half_width.values, lw=0.8, ms=3.5, elinewidth=0.7, **style)


def _marginal_kl(axes, result, style, place):
    low, high, resolved = (part.values for part in results.marginal_kl(result))
    x = result.beta.values * (1 + 0.03 * place)
    axes.vlines(x[resolved], low[resolved], high[resolved], color=style["color"], lw=1.2)
    axes.plot(x[resolved], high[resolved], ls="", ms=3.5, **style)
    axes.plot(x[~resolved], low[~resolved], ls="", ms=3.5, mfc="white", **style)
