"""A result in, matplotlib Figures out. Intervals come from vib.results; means over seeds are taken here as well."""

from vib.errors import choose
from vib.plots.against import accuracy, learning_curves, rate_and_distortion
from vib.plots.against_beta import Panel, against_beta, heat
from vib.plots.calibration import estimates_against_truths
from vib.plots.comparison import comparison
from vib.plots.critical import critical
from vib.plots.curves import information_curve, information_curves, rate_distortion
from vib.plots.dynamics import information_steps, measured_any
from vib.plots.gradients import gradient_ratio, units
from vib.plots.maps import maps, posteriors
from vib.plots.plane import information_plane, measured_both
from vib.plots.probes import probes
from vib.plots.sheet import image_rows, reconstructions
from vib.plots.style import holds
from vib.plots.traces import a_few_betas
from vib.plots.trade import trade

__all__ = [
    "Panel",
    "a_few_betas",
    "accuracy",
    "against_beta",
    "comparison",
    "critical",
    "estimates_against_truths",
    "figure",
    "figures",
    "gradient_ratio",
    "heat",
    "image_rows",
    "information_curve",
    "information_curves",
    "information_plane",
    "information_steps",
    "learning_curves",
    "maps",
    "names",
    "posteriors",
    "probes",
    "rate_and_distortion",
    "rate_distortion",
    "reconstructions",
    "trade",
    "units",
]

OF_WEIGHTS = {  # by one kind of weights: what each figure needs
    information_curve: ("rate", "information_y_bound"),
    rate_distortion: ("rate", "distortion"),
    rate_and_distortion: ("distortion",),
    learning_curves: ("distortion",),
    accuracy: ("accuracy",),
}
OTHERS = {  # whether a result has what each figure needs
    information_plane: measured_both,
    information_steps: measured_any,
    gradient_ratio: lambda result: holds(result, "gradient_ratio"),
    units: lambda result: holds(result, "dead"),
    reconstructions: lambda result: "reconstruction" in result,
}
FIGURES = {draw.__name__: draw for draw in (*OF_WEIGHTS, *OTHERS)}
OF_LABELS = (information_curve, rate_and_distortion, learning_curves, accuracy)
KINDS = {
    "vib": OF_LABELS,
    "flexible": OF_LABELS,
    "vae": (rate_distortion, rate_and_distortion, learning_curves),
    "classifier": OF_LABELS[1:],
    "autoencoder": (rate_and_distortion, learning_curves),
    "activations": (),  # of a network that was trained elsewhere
}


def names(result):
    """The names of the figures that a result can fill: of those its kind calls for, and of its layers and images."""
    wanted = choose("kind", result.attrs["kind"], KINDS)
    drawn = [draw for draw in wanted if all(holds(result, name) for name in OF_WEIGHTS[draw])]
    return [draw.__name__ for draw in (*drawn, *(draw for draw, there in OTHERS.items() if there(result)))]


def figure(result, name, weights=None):
    """The Figure of that name; weights 'final' or 'averaged', by default averaged where the run kept an average.

    Layers and images were measured of one kind of weights, and are drawn of it whatever `weights` says. Raises
    InvalidInput for an unknown name, and where the result lacks what the figure shows.
    """
    draw = choose("plot", name, FIGURES)
    return draw(result, weights) if draw in OF_WEIGHTS else draw(result)


def figures(result, weights=None):
    """{name: Figure} of all names that a result allows; see `figure`."""
    return {name: figure(result, name, weights) for name in names(result)}
