"""How much of a rate is not information: KL(q(z) || r(z)), between two bounds of I(X;Z)."""

import jax
import jax.numpy as jnp

from vib import distributions, information
from vib.heads import SymbolHead
from vib.marginals import Pairwise
from vib.sweep import stream

EXAMPLES = 2000  # InfoNCE reads at most log of their number, and the pairs are its square
RESOLVED = 0.1  # nats below its ceiling that InfoNCE must stay


def looseness(sweep, x, y):
    """The looseness R - I(X;Z) = KL(q(z) || r(z)) of every member, on inputs x [N, *shape]: {name: [seed, beta]}.

    In nats: looseness_lower = R - leave-one-out and looseness_upper = R - InfoNCE, both no less than 0, by one draw of
    z an input (see encoder_bounds); looseness_resolved is False where InfoNCE sits at its ceiling log N, and the upper
    end says nothing. R is the bound of I(X;Z) where the rate is none. Empty where there is no density q(z|x) to take
    it from, or no r(z) that stands still. Of the weights as they are, not of their moving average.
    """
    models = sweep.model
    if models.deterministic or isinstance(models.head, SymbolHead) or isinstance(models.marginal, Pairwise):
        return {}
    return _looseness(models, sweep.seed, sweep.beta, x, y)


@jax.jit
def _looseness(models, seeds, betas, x, y):
    def member(model, seed, beta):
        def encode(x):
            return model.encode(x, beta=beta)[0]

        q = encode(x)
        z = distributions.sample(q, jax.random.fold_in(stream(seed, "evaluation"), 1))
        bounds = information.encoder_bounds(q, z)
        rate = (model.marginal.information_bound or model.marginal.rate)(q, z[None], y, encode).mean()
        return {
            "looseness_lower": jnp.maximum(0, rate - bounds.upper.value),
            "looseness_upper": jnp.maximum(0, rate - bounds.lower.value),
            "looseness_resolved": bounds.lower.value < bounds.lower.ceiling - RESOLVED,
        }

    def one(arguments):
        return jax.vmap(member, in_axes=(0, None, 0))(*arguments[:2], betas)

    return jax.lax.map(one, (models, seeds))
