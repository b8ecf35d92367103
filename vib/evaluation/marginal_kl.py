"""How much of a rate is not information: KL(q(z) || r(z)), between two bounds of it and within their errors."""

import jax
import jax.numpy as jnp

from vib import distributions
from vib.errors import require
from vib.information.encoder_bounds import log_sums
from vib.training.sweep import stream

EXAMPLES = 2000  # InfoNCE reads at most log of their number, and the pairs are its square
PAIRS = 2 * EXAMPLES**2  # of draws and codes: two draws an input of that many, more of fewer
DRAWS = 8  # an input at most: by then most of the error comes from which inputs there are
RESOLVED = 0.1  # nats below its ceiling that InfoNCE must stay
WIDTH = 2  # standard errors that the interval reaches beyond the bounds
SHARE, FLOOR = 0.05, 0.01  # of the rate, and nats: what the standard error may be


def looseness(sweep, x):
    """The looseness R - I(X;Z) = KL(q(z) || r(z)) of every member, from inputs x [N, *shape]: {name: [seed, beta]}.

    See `interval`. Of a class-conditional marginal r(z) is the mixture of its classes. Empty where there is no density
    q(z|x), or no r(z) that stands still. Of the weights as they are, not of their moving average. Raises InvalidInput
    for fewer than two inputs.
    """
    models = sweep.model
    if models.deterministic or not models.marginal.density:
        return {}
    require(len(x) > 1, f"x: {len(x)} inputs; give 2 or more, to leave one out of their mixture")
    return _looseness(models, sweep.seed, sweep.beta, x)


def interval(q, z, log_r):
    """KL(q(z) || r(z)), q(z) the mixture over the population that inputs come from: {name: []}, nats.

    q: Gaussian [N, latent], q(z|x) of inputs drawn from it; z [draws, N, latent], draws from each; log_r [draws, N].
    Two means of log ratios bound it in expectation over inputs and draws: below, of the other inputs' mixture to r(z)
    (R - leave-one-out); above, of the mixture with the own input (R - InfoNCE; Poole et al. 2019, section 2). Their
    standard errors, looseness_lower_error and looseness_upper_error, are over the inputs, each with all of its draws;
    how the choice of inputs moves the mixture cancels to first order, as every q(z|x) integrates to one. The ends
    looseness_lower and looseness_upper lie WIDTH standard errors further out, and not below 0: they hold the truth
    between them in 95 % of repeats. looseness_resolved is False where InfoNCE sits at its ceiling log N, as then the
    upper end says nothing, and where a standard error is above 5 % of the rate, whose part the looseness is, and above
    0.01 nats.
    """
    own, every, others = log_sums(q, z)
    inputs = jnp.sqrt(len(q.mean))
    count = len(q.mean)
    below, above = ((others - log_r) - jnp.log(count - 1)).mean(0), ((every - log_r) - jnp.log(count)).mean(0)
    lower_error, upper_error = (ratio.std(ddof=1) / inputs for ratio in (below, above))
    rate, infonce = (own - log_r).mean(), (own - every).mean() + jnp.log(count)
    precise = jnp.maximum(lower_error, upper_error) <= jnp.maximum(SHARE * rate, FLOOR)
    return {
        "looseness_lower": jnp.maximum(0, below.mean() - WIDTH * lower_error),
        "looseness_upper": jnp.maximum(0, above.mean() + WIDTH * upper_error),
        "looseness_lower_error": lower_error,
        "looseness_upper_error": upper_error,
        "looseness_resolved": precise & (infonce < jnp.log(count) - RESOLVED),
    }


@jax.jit
def _looseness(models, seeds, betas, x):
    draws = min(DRAWS, max(1, PAIRS // len(x) ** 2))

    def member(model, seed, beta):
        model = model.at(beta)
        q, _ = model.encode(x)
        z = distributions.sample(q, jax.random.fold_in(stream(seed, "evaluation"), 1), (draws,))
        return interval(q, z, model.log_prior(z))

    def one(arguments):
        return jax.vmap(member, in_axes=(0, None, 0))(*arguments[:2], betas)

    return jax.lax.map(one, (models, seeds))
