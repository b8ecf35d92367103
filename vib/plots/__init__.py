"""A result in, matplotlib Figures out; computes nothing: means, intervals and bits come from vib.results."""

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
from vib.plots.style import holds, weights
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
    "posteriors",
    "probes",
    "rate_and_distortion",
    "rate_distortion",
    "reconstructions",
    "trade",
    "units",
]

KINDS = {
    "vib": (information_curve, rate_and_distortion, learning_curves, accuracy),
    "flexible": (information_curve, rate_and_distortion, learning_curves, accuracy),
    "vae": (rate_distortion, rate_and_distortion, learning_curves),
    "classifier": (rate_and_distortion, learning_curves, accuracy),
    "autoencoder": (rate_and_distortion, learning_curves),
    "activations": (),  # of a network that was trained elsewhere
}
NEEDS = {
    information_curve: ("rate", "information_y_bound"),
    rate_distortion: ("rate", "distortion"),
    rate_and_distortion: ("distortion",),
    learning_curves: ("distortion",),
    accuracy: ("accuracy",),
}
LAYERED = {
    information_plane: measured_both,
    information_steps: measured_any,
    gradient_ratio: lambda result: holds(result, "gradient_ratio"),
    units: lambda result: holds(result, "dead"),
}


def figures(result, ema=False):
    """{name: Figure}: what the result's kind calls for and its finite members can fill; ema: averaged weights.

    The figures over layers are of the weights as they are: nothing else was measured.
    """
    kind = choose("kind", result.attrs["kind"], KINDS)
    held = weights(result, ema)
    drawn = [draw for draw in kind if all(holds(held, name) for name in NEEDS[draw])]
    named = {draw.__name__: draw(result, ema=ema) for draw in drawn}
    named |= {draw.__name__: draw(result) for draw, measured in LAYERED.items() if measured(held)}
    return named | ({"reconstructions": reconstructions(_images(held))} if "reconstruction" in result else {})


def _images(result):
    layout = ("beta", "example", "row", "column", "channel")
    return {
        "inputs": result.input.transpose(*layout[1:]).values,
        "reconstructions": result.reconstruction.transpose(*layout).values,
        "samples": result.prior_sample.transpose(*layout).values,
        "betas": result.beta.values,
    }
