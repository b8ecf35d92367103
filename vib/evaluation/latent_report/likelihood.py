"""log p(x) of test images, and the terms of its bound."""

import jax
import jax.numpy as jnp
import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable
from vib.evaluation.latent_report.examples import spaced
from vib.latent.likelihood import log_likelihood
from vib.latent.views import in_chunks
from vib.models.marginals import FROM_ABOVE
from vib.objectives import Batch, Terms, terms

DRAWS, CHUNK = 10, 100  # of z for rate and distortion; examples at a time


class Likelihood(MemberEvaluator):
    """The log-likelihood log p(x) of test images, and the terms of its bound.

    The negative of distortion + rate is a lower bound of log p(x); importance weighting gives a tighter one. As that
    takes long, a few of the test images say how far log p(x) lies above the bound, and the bound is of all of them: the
    gap varies far less from image to image than log p(x) does.
    """

    name = "likelihood"
    needs = ("decoder", "prior")

    def __init__(self, draws=5000, weighted=64):
        """draws: of z for each weighted image; weighted: how many images."""
        self.draws, self.weighted = draws, weighted
        by_weights = f"log p(x) by importance weighting with {draws} draws"
        about = {
            "image_rate": "rate of test images, through both stages where there are two",
            "image_rate_error": "standard error of image_rate over the images",
            "image_distortion": "distortion of test images, through both stages where there are two",
            "image_distortion_error": "standard error of image_distortion over the images",
            "log_likelihood": "log p(x) of the same test images: likelihood_gap - image_distortion - image_rate",
            "log_likelihood_error": "standard error of log_likelihood over the images, which all members share",
            "likelihood_gap": f"{by_weights} above -(distortion + rate), {weighted} of the test images",
            "likelihood_gap_error": "standard error of likelihood_gap over the images, which all members share",
        }
        self.variables = {name: Variable(MEMBER, "nats", what) for name, what in about.items()}

    def measure(self, member, key):
        """Means over all test images, and their errors over them."""
        x, target = member.examples.test.x, member.examples.test.target
        few = spaced(len(x), self.weighted)
        parts = terms_of(member.model, x, target, key)
        by_weights = log_likelihood(member.model, x[few], target[few], key, self.draws)
        rate, distortion, by_weights = (np.asarray(each, float) for each in (parts.rate, parts.distortion, by_weights))
        gap = by_weights + (rate + distortion)[few]
        # as if all had been weighted, and what it adds that the gap was taken of few
        variance = by_weights.var(ddof=1) / len(x) + gap.var(ddof=1) * (1 / len(few) - 1 / len(x))
        return {
            "image_rate": rate.mean(), "image_rate_error": standard_error(rate),
            "image_distortion": distortion.mean(), "image_distortion_error": standard_error(distortion),
            "log_likelihood": gap.mean() - (rate + distortion).mean(), "log_likelihood_error": np.sqrt(variance),
            "likelihood_gap": gap.mean(), "likelihood_gap_error": standard_error(gap),
        }  # fmt: skip


def standard_error(values):
    """That of the mean of values [N]."""
    return values.std(ddof=1) / np.sqrt(len(values))


def terms_of(model, x, target, key):
    """Distortion and rate of each example, averaged over DRAWS of z: Terms [N], nats.

    No label is looked at: a rate against r(z|y) is taken against the mixture of all classes.
    """
    rows = jnp.arange(len(x))
    return in_chunks(lambda place: _terms(model, x[place], target[place], place, key), rows, CHUNK)


@jax.jit
def _terms(model, x, target, place, key):
    def one(x, target, row):
        batch = Batch(x[None], jnp.zeros(1, int), target[None])
        measured, draws = terms(model, batch, jax.random.fold_in(key, row), DRAWS)
        bounds = model.marginal.bounds == FROM_ABOVE
        rate = measured.rate if bounds else model.information_bound(draws.q, draws.z, batch.y)
        return Terms(measured.distortion[0], rate[0])

    return jax.vmap(one)(x, target, place)
