"""How much of a rate is not information: the marginal KL, KL(q(z) || r(z)), between two bounds and their errors."""

import jax
import jax.numpy as jnp
import numpy as np

from vib import distributions
from vib.errors import require
from vib.evaluation.evaluator import Evaluator, Variable
from vib.information.encoder_bounds import log_sums
from vib.training.sweep import stream

EXAMPLES = 2000  # InfoNCE reads at most log of their number, and the pairs are its square
PAIRS = 2 * EXAMPLES**2  # of draws and codes: two draws an input of that many, more of fewer
DRAWS = 8  # an input at most: by then most of the error comes from which inputs there are
RESOLVED = 0.1  # nats below its ceiling that InfoNCE must stay
WIDTH = 2  # standard errors that the interval reaches beyond the bounds
SHARE, FLOOR = 0.05, 0.01  # of the rate, and nats: what the standard error may be


class MarginalKL(Evaluator):
    """The marginal KL of every member, on test examples evenly spaced; see `marginal_kl`."""

    name = "marginal KL"
    variables = {
        "marginal_kl_lower": Variable(
            ("seed", "beta"), "nats", "rate - leave-one-out bound of I(X;Z), less 2 standard errors, >= 0",
            {"bounds": "KL(q(z) || r(z)) from below, in 95 % of repeats"},
        ),
        "marginal_kl_upper": Variable(
            ("seed", "beta"), "nats", "rate - InfoNCE bound of I(X;Z), and 2 standard errors, >= 0",
            {"bounds": "KL(q(z) || r(z)) from above, in 95 % of repeats"},
        ),
        "marginal_kl_lower_error": Variable(
            ("seed", "beta"), "nats", "standard error of rate - leave-one-out bound of I(X;Z)"
        ),
        "marginal_kl_upper_error": Variable(
            ("seed", "beta"), "nats", "standard error of rate - InfoNCE bound of I(X;Z)"
        ),
        "marginal_kl_resolved": Variable(
            ("seed", "beta"), "1",
            "whether InfoNCE is below its ceiling, and the standard errors below 5 % of the rate or 0.01 nats",
        ),
    }  # fmt: skip

    def measure(self, sweep, batches, moment):
        """{name: [seed, beta]}, nats."""
        x = batches["test"].x
        return marginal_kl(sweep, x[np.linspace(0, len(x) - 1, min(EXAMPLES, len(x))).astype(int)])


def marginal_kl(sweep, x):
    """KL(q(z) || r(z)) = R - I(X;Z) of every member, from inputs x [N, *shape]: {name: [seed, beta]}, nats.

    See `interval`. Of a class-conditional marginal r(z) is the mixture of its classes. Empty where there is no density
    q(z|x), or no r(z) that does not depend on the batch. Of the weights as they are, not of their moving average.
    Raises InvalidInput for fewer than two inputs.
    """
    models = sweep.model
    if models.deterministic or not models.marginal.density:
        return {}
    require(len(x) > 1, f"x: {len(x)} inputs; give 2 or more, to leave one out of their mixture")
    return _marginal_kl(models, sweep.seed, sweep.beta, x)


def interval(q, z, log_r):
    """KL(q(z) || r(z)), q(z) the mixture over the population that inputs come from: {name: []}, nats.

    q: Gaussian [N, latent], q(z|x) of inputs drawn from it; z [draws, N, latent], draws from each; log_r [draws, N].
    Two means of log ratios bound it in expectation over inputs and draws: below, of the other inputs' mixture to r(z)
    (R - leave-one-out); above, of the mixture with the own input (R - InfoNCE; Poole et al. 2019, section 2). Their
    standard errors are over the inputs, each with all of its draws; how the choice of inputs moves the mixture cancels
    to first order, as every q(z|x) integrates to one. The ends marginal_kl_lower and marginal_kl_upper lie WIDTH
    standard errors further out, and not below 0: they hold the truth between them in 95 % of repeats.
    marginal_kl_resolved is False where InfoNCE sits at its ceiling log N, as then the upper end says nothing, and where
    a standard error is above 5 % of the rate, of which the marginal KL is a part, and above 0.01 nats.
    """
    own, every, others = log_sums(q, z)
    inputs = jnp.sqrt(len(q.mean))
    count = len(q.mean)
    below, above = ((others - log_r) - jnp.log(count - 1)).mean(0), ((every - log_r) - jnp.log(count)).mean(0)
    lower_error, upper_error = (ratio.std(ddof=1) / inputs for ratio in (below, above))
    rate, infonce = (own - log_r).mean(), (own - every).mean() + jnp.log(count)
    precise = jnp.maximum(lower_error, upper_error) <= jnp.maximum(SHARE * rate, FLOOR)
    return {
        "marginal_kl_lower": jnp.maximum(0, below.mean() - WIDTH * lower_error),
        "marginal_kl_upper": jnp.maximum(0, above.mean() + WIDTH * upper_error),
        "marginal_kl_lower_error": lower_error,
        "marginal_kl_upper_error": upper_error,
        "marginal_kl_resolved": precise & (infonce < jnp.log(count) - RESOLVED),
    }


@jax.jit
def _marginal_kl(models, seeds, betas, x):
    draws = min(DRAWS, max(1, PAIRS // len(x) ** 2))

    def member(model, seed, beta):
        model = model.at(beta)
        q, _ = model.encode(x)
        z = distributions.sample(q, jax.random.fold_in(stream(seed, "evaluation"), 1), (draws,))
        return interval(q, z, model.log_prior(z))

    def one(arguments):
        return jax.vmap(member, in_axes=(0, None, 0))(*arguments[:2], betas)

    return jax.lax.map(one, (models, seeds))
