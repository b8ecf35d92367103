"""Methods against each other: what each keeps, what it predicts, and how loose its rate is."""

import matplotlib
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from vib.plots.style import legend, measured, note, paper
from vib.results import bits

MARKERS = "osD^vP*Xh<>p"


@paper
def comparison(found):
    """Results {title: Dataset}, test split: I(Z;Y) against what bounds I(X;Z), accuracy and looseness against beta.

    Bits, mean over seeds with 95 % intervals. A method whose rate is no bound of I(X;Z) is drawn at its rate, hollow;
    looseness is a bar over its interval, errors included, or a hollow point at the lower end where it is not resolved.
    """
    figure = Figure((11.5, 4.2), dpi=150, layout="constrained")
    plane, accuracy, loose = figure.subplots(1, 3)
    colours = matplotlib.colormaps["turbo"]
    handles = []
    for i, (title, result) in enumerate(found.items()):
        numbers = measured(result, False).sel(split="test")
        style = {"color": colours(0.05 + 0.9 * i / max(len(found) - 1, 1)), "marker": MARKERS[i % len(MARKERS)]}
        if "information_y_bound_bits" in numbers:
            _kept_and_predicted(plane, numbers, result, style)
        if "accuracy_averaged" in numbers:
            _line(accuracy, numbers.beta.values, numbers, "accuracy_averaged", style)
        if "looseness_lower_error" in result:  # without it the ends are bare bounds, not an interval
            _looseness(loose, result, style, i)
        handles.append(Line2D([], [], ls="-", lw=1, ms=4.5, label=title, **style))
    plane.set_xlabel("bound on I(X;Z), or hollow: rate (bits)")
    plane.set_ylabel("I(Z;Y) ≥ H(Y) $-$ distortion (bits)")
    plane.set_xscale("symlog", linthresh=5)
    plane.set_ylim(bottom=-0.1)
    plane.plot([0, plane.get_ylim()[1]], [0, plane.get_ylim()[1]], color="black", lw=0.8, zorder=1)
    handles.append(Line2D([], [], color="black", lw=0.8, label="I(Z;Y) = I(X;Z)"))
    accuracy.set_ylim(0, 1.03)
    accuracy.set_ylabel("accuracy of the averaged prediction")
    loose.set_ylabel("looseness of the rate (bits)")
    for axes in (accuracy, loose):
        axes.set_xscale("log")
        axes.set_xlabel("β, multiplier of u(rate)")
    loose.set_yscale("symlog", linthresh=1)
    loose.set_ylim(bottom=-0.05)
    for axes in (plane, accuracy, loose):
        axes.tick_params(labelsize=8)
    legend(figure, handles, 5)
    note(figure, list(found.values())[-1], False, more=lost(found))
    return figure


def lost(found):
    """Lines on the members that diverged, of all results but the last, which the note speaks of anyway."""
    *others, _ = found.items()
    return [f"{title}: {result.attrs['diverged']} left out" for title, result in others if "diverged" in result.attrs]


def _kept_and_predicted(axes, numbers, result, style):
    capped = result.rate.attrs["bounds"].startswith("nothing")
    x = "information_x_bound_bits" if "information_x_bound_bits" in numbers and not capped else "rate_bits"
    _line(axes, numbers[x].values, numbers, "information_y_bound_bits", style | ({"mfc": "white"} if capped else {}))


def _line(axes, x, numbers, name, style):
    half = f"{name}_half_width"
    axes.errorbar(x, numbers[name].values, numbers[half].values, lw=0.8, ms=3.5, elinewidth=0.7, **style)


def _looseness(axes, result, style, place):
    found = bits(result)
    low, high = (found[f"looseness_{end}_bits"].mean("seed").values for end in ("lower", "upper"))
    resolved = ((result.looseness_resolved != 0) | (result.finite == 0)).all("seed").values
    x = result.beta.values * (1 + 0.03 * place)
    axes.vlines(x[resolved], low[resolved], high[resolved], color=style["color"], lw=1.2)
    axes.plot(x[resolved], high[resolved], ls="", ms=3.5, **style)
    axes.plot(x[~resolved], low[~resolved], ls="", ms=3.5, mfc="white", **style)
