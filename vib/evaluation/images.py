"""Images of a VAE at the end of a run: test examples, what it makes of them, and what it draws."""

import jax
import numpy as np

from vib.evaluation.evaluator import Evaluator, Variable
from vib.training.sweep import stream

EXAMPLES = 12
DIMS = ("example", "row", "column", "channel")


class Images(Evaluator):
    """The first test examples, their reconstructions, and as many draws of r(z), for every beta."""

    name = "images"
    variables = {
        "input": Variable(DIMS, "1", "test images, pixels in [0, 1]"),
        "reconstruction": Variable(("beta", *DIMS), "1", "the same from the mean of q(z|x), first seed"),
        "prior_sample": Variable(("beta", *DIMS), "1", "images decoded from draws of r(z), first seed"),
    }

    def measure(self, sweep, batches, moment):
        """{name: [beta, example, row, column, channel]}, and the examples themselves."""
        shown = jax.tree.map(lambda leaf: leaf[:EXAMPLES], batches["test"])
        return sheet(sweep, shown.x) | {"input": np.asarray(shown.target)}


@jax.jit
def sheet(sweep, x):
    """Images of a VAE for every beta, from the first seed, pixels in [0, 1], for inputs x [N, *shape].

    Returns reconstruction [beta, N, *shape], decoded from the mean of q(z|x), and prior_sample [beta, N, *shape],
    decoded from draws of r(z) that are the same at every beta but for what the marginal has learned; by the moving
    average of the weights where there is one.
    """
    models = sweep.model if sweep.ema is None else sweep.ema

    def member(model, beta):
        model = model.at(beta)
        prior = model.sample_prior(stream(sweep.seed[0], "evaluation"), len(x))
        return [model.decoder.image(model.decode(z)[0]) for z in (model.encode(x)[0].mean, prior)]

    reconstruction, prior_sample = jax.vmap(member)(jax.tree.map(lambda leaf: leaf[0], models), sweep.beta)
    return {"reconstruction": reconstruction, "prior_sample": prior_sample}
