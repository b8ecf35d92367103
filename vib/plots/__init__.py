"""A result in, matplotlib Figures out; computes nothing: means, intervals and bits come from vib.results."""

from vib.errors import choose
from vib.plots.against import accuracy, learning_curves, rate_and_distortion
from vib.plots.curves import information_curve, rate_distortion
from vib.plots.sheet import reconstructions
from vib.plots.style import holds, weights

__all__ = [
    "accuracy",
    "figures",
    "information_curve",
    "learning_curves",
    "rate_and_distortion",
    "rate_distortion",
    "reconstructions",
]

KINDS = {
    "vib": (information_curve, rate_and_distortion, learning_curves, accuracy),
    "vae": (rate_distortion, rate_and_distortion, learning_curves),
    "classifier": (rate_and_distortion, learning_curves, accuracy),
    "autoencoder": (rate_and_distortion, learning_curves),
}
NEEDS = {
    information_curve: ("rate", "information_y_bound"),
    rate_distortion: ("rate", "distortion"),
    rate_and_distortion: ("distortion",),
    learning_curves: ("distortion",),
    accuracy: ("accuracy",),
}


def figures(result, ema=False):
    """{name: Figure}: what the result's kind calls for and its finite members can fill; ema: averaged weights."""
    kind = choose("kind", result.attrs["kind"], KINDS)
    held = weights(result, ema)
    drawn = [draw for draw in kind if all(holds(held, name) for name in NEEDS[draw])]
    named = {draw.__name__: draw(result, ema=ema) for draw in drawn}
    return named | ({"reconstructions": reconstructions(_images(held))} if "reconstruction" in result else {})


def _images(result):
    layout = ("beta", "example", "row", "column", "channel")
    return {
        "inputs": result.input.transpose(*layout[1:]).values,
        "reconstructions": result.reconstruction.transpose(*layout).values,
        "samples": result.prior_sample.transpose(*layout).values,
        "betas": result.beta.values,
    }
