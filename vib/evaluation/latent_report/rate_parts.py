"""What the rate is made of, and where the prior draws what no code is near."""

import jax
import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable, or_otherwise
from vib.latent import sampling
from vib.latent.decomposition import decomposition
from vib.latent.holes import holes

DRAWS = 1000  # of z


class RateParts(MemberEvaluator):
    """What the rate is made of.

    Index-code information, total correlation and dimension-wise KL sum to the rate of the training codes; the last two
    are KL(q(z) || r(z)). At its ceiling, the logarithm of the number of codes, the first is cut and the second takes
    the rest: KL(q(z) || r(z)) is then that of single training codes rather than of the population.
    """

    name = "rate parts"
    needs = ("prior",)
    variables = {
        "index_code_information": Variable(MEMBER, "nats", "index-code information, of the training codes"),
        "index_code_ceiling": Variable(MEMBER, "nats", "the most it can read, log N"),
        "index_code_information_error": Variable(
            MEMBER, "nats", "standard error of index_code_information over the draws"
        ),
        "code_correlation": Variable(MEMBER, "nats", "total correlation of the aggregate posterior"),
        "code_correlation_error": Variable(MEMBER, "nats", "standard error of code_correlation over the draws"),
        "dimension_wise_kl": Variable(
            MEMBER, "nats", "the rest of the rate: dimension-wise KL for an r(z) of independent dimensions"
        ),
        "dimension_wise_kl_error": Variable(MEMBER, "nats", "standard error of dimension_wise_kl over the draws"),
        "marginal_kl": Variable(MEMBER, "nats", "KL(q(z) || r(z)), of the training codes"),
        "marginal_kl_error": Variable(MEMBER, "nats", "standard error of marginal_kl over the draws"),
    }

    def __init__(self, draws=DRAWS):
        """draws: of z."""
        self.draws = draws

    def measure(self, member, key):
        """Of draws from the training codes."""
        z, rows = sampling.aggregate(member.train, key, self.draws)
        parts = decomposition(member.train, rows, z, log_marginal(member.model, z))
        index_code_error, correlation_error, dimension_wise_error = parts.standard_error
        return {
            "index_code_information": parts.index_code, "index_code_information_error": index_code_error,
            "index_code_ceiling": parts.ceiling,
            "code_correlation": parts.total_correlation, "code_correlation_error": correlation_error,
            "dimension_wise_kl": parts.dimension_wise, "dimension_wise_kl_error": dimension_wise_error,
            "marginal_kl": parts.marginal_kl, "marginal_kl_error": parts.marginal_kl_error,
        }  # fmt: skip


class Holes(MemberEvaluator):
    """How much of the prior lies where no code is near.

    A hole is where the prior draws and the aggregate posterior is less dense than at 99 % of held-out codes; a prior
    without holes falls there 1 % of the time. Where the index-code information is at its ceiling, codes are so sharp
    that holes only compare draws of the prior with held-out codes.
    """

    name = "holes"
    needs = ("prior",)
    variables = {
        "hole_share": Variable(
            MEMBER, "1", "share of draws of the prior that fall in holes; 0.01 where there are none"
        ),
        "hole_share_error": Variable(MEMBER, "1", "standard error of hole_share over the draws"),
    }

    def __init__(self, draws=DRAWS):
        """draws: of the prior."""
        self.draws = draws

    def measure(self, member, key):
        """NaN where there are too few test examples to tell."""
        found = or_otherwise(self.name, lambda: prior_in_holes(member, key, self.draws)[1][:2], (np.nan, np.nan))
        return dict(zip(("hole_share", "hole_share_error"), found, strict=True))


def prior_in_holes(member, key, draws=DRAWS):
    """(draws of the prior [draws, latent], their Holes among the training codes). Raises InvalidInput."""
    prior_key, test_key = jax.random.split(key)
    prior = sampling.prior(member.model, prior_key, draws)
    held_out, _ = sampling.aggregate(member.test, test_key, min(draws, len(member.test.mean)))
    return prior, holes(member.train, prior, log_marginal(member.model, prior), held_out)


def log_marginal(model, z):
    """log r(z) at z [M, latent]: [M], nats."""
    return np.asarray(_log_marginal(model, z))


@jax.jit
def _log_marginal(model, z):
    return model.log_prior(z)
