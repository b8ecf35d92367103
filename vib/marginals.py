"""Marginals r(z): what the rate is measured against. Each has rate(q, z, y) -> [B], nats."""

import jax
from flax import nnx

from vib import distributions


class StandardNormal(nnx.Module):
    """r(z) = N(0, I). It does not depend on the batch, so its mean rate bounds I(X;Z) from above."""

    def rate(self, q, z, y):
        """KL(q(z|x) || r(z)) in closed form, [B], nats (Alemi et al. 2017, equation 17)."""
        del z, y  # for marginals without a closed form, and for class-conditional ones
        return distributions.kl_standard_normal(q)

    def sample(self, key, shape):
        """Draws z ~ r, of the given shape [..., latent]."""
        return jax.random.normal(key, shape)
