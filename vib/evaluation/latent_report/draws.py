"""Draws that the numbers and the pictures of a member are both made of."""

import jax

from vib.evaluation.latent_report import scores
from vib.latent import sampling
from vib.latent.holes import holes

DRAWS = 1000  # of z
MIXTURE = 20  # Gaussians fitted to the aggregate posterior
SOURCES = ("prior", "aggregate posterior", "fitted mixture")


def sources(model, train, key, count):
    """Codes from each of SOURCES: {source: z [count, latent]}."""
    keys = jax.random.split(key, len(SOURCES))
    drawn = (
        sampling.prior(model, keys[0], count),
        sampling.aggregate(train, keys[1], count)[0],
        sampling.fitted_mixture(train, keys[2], count, MIXTURE),
    )
    return dict(zip(SOURCES, drawn, strict=True))


def prior_in_holes(model, train, test, key):
    """(draws of the prior [DRAWS, latent], their Holes among the training codes). Raises InvalidInput."""
    prior_key, test_key = jax.random.split(key)
    prior = sampling.prior(model, prior_key, DRAWS)
    held_out, _ = sampling.aggregate(test, test_key, min(DRAWS, len(test.mean)))
    return prior, holes(train, prior, scores.log_marginal(model, prior), held_out)
