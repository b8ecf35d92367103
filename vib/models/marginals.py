"""Marginals r(z): what the rate is measured against."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib import distributions
from vib.distributions import Gaussian

FROM_ABOVE = "I(X;Z) from above"
RHO_ONE = math.log(math.e - 1)  # softplus of it is 1


class Given(NamedTuple):
    """What a marginal can be made from."""

    latent: int  # dimensions or symbols of the code
    components: int  # Gaussians, or pseudo-inputs
    examples: np.ndarray | None  # [N, *shape], training examples
    p_y: tuple | None  # shares of the classes; None without labels


class Marginal(nnx.Module):
    """What every marginal says of itself, and its default."""

    bounds = FROM_ABOVE  # what the mean rate bounds
    density = True  # whether there are log_prob and sample; else r(z) changes with the batch, or z is a symbol
    of_pairs = False  # whether the rate of an example depends on the others of its batch
    of_inputs = False  # whether it is made of inputs of the encoder
    of_labels = False  # whether it is told the label, so that the rate is about I(X;Z|Y)
    standard = False  # whether it is N(0, I), which there is nothing to fit of
    of_symbols = False  # whether its codes are the symbols of a categorical one

    @classmethod
    def make(cls, key, given):
        """The marginal at the start, from a key and what is Given. Raises InvalidInput for what does not fit."""
        del key
        return cls(given.latent)

    def of(self, encode):
        """The marginal of a model whose encoder is x [B, *shape] -> q [B, latent]."""
        del encode
        return self

    def rate(self, q, z, y):
        """log q(z|x) / r(z) averaged over the draws z [samples, B, latent] of codes q, labels y [B]: [B], nats."""
        raise NotImplementedError

    def information_bound(self, q, z, y):
        """What bounds I(X;Z) from above in the mean, of the same arguments: by default the rate."""
        return self.rate(q, z, y)

    def log_prob(self, z):
        """log r(z) at z [..., latent]: [...], nats."""
        raise NotImplementedError

    def sample(self, key, count):
        """Draws z ~ r, [count, latent]."""
        raise NotImplementedError


class StandardNormal(Marginal):
    """r(z) = N(0, I), `latent` wide. It does not depend on the batch, so its mean rate bounds I(X;Z) from above."""

    standard = True

    def __init__(self, latent):
        self.latent = latent

    def rate(self, q, z, y):
        """KL(q(z|x) || r(z)) in closed form, [B], nats (Alemi et al. 2017, equation 17)."""
        del z, y
        return distributions.kl_standard_normal(q)

    def sample(self, key, count):
        """Draws z ~ r, [count, latent]."""
        return jax.random.normal(key, (count, self.latent))

    def log_prob(self, z):
        """log r(z) at z [..., latent]: [...], nats."""
        return distributions.log_prob(Gaussian(jnp.zeros(self.latent), jnp.ones(self.latent)), z)


class LearnedNormal(Marginal):
    """r(z) a learned Gaussian with independent coordinates; its mean rate bounds I(X;Z) from above."""

    def __init__(self, latent):
        self.mean, self.rho = nnx.Param(jnp.zeros(latent)), nnx.Param(jnp.full(latent, RHO_ONE))

    def distribution(self):
        """r(z): Gaussian [latent]."""
        return Gaussian(self.mean[...], jax.nn.softplus(self.rho[...]))

    def rate(self, q, z, y):
        """KL(q(z|x) || r(z)) in closed form, [B], nats."""
        del z, y
        return distributions.kl(q, self.distribution())

    def sample(self, key, count):
        """Draws z ~ r, [count, latent]."""
        return distributions.sample(self.distribution(), key, (count,))

    def log_prob(self, z):
        """log r(z) at z [..., latent]: [...], nats."""
        return distributions.log_prob(self.distribution(), z)


class Pairwise(Marginal):
    """r(z) = the batch's own mixture of q(z|x), by distances between pairs: the nonlinear information bottleneck.

    Kolchinsky, Tracey & Wolpert 2019, equation 12. Its mean rate is an estimate of I(X;Z), never above the logarithm
    of the batch size: it bounds what z tells of the place in the batch. It has no parameters and nothing to draw from.
    """

    bounds = "nothing: an estimate of I(X;Z) that the logarithm of the number of examples in a batch caps"
    density, of_pairs = False, True

    @classmethod
    def make(cls, key, given):
        """Nothing is needed."""
        del key, given
        return cls()

    def rate(self, q, z, y):
        """-log mean_j exp(-KL(q(z|x) || q(z|x_j))) over the batch, [B], nats."""
        del z, y
        return jnp.log(len(q.mean)) - jax.nn.logsumexp(-pairwise_kl(q), axis=1)

    def information_bound(self, q, z, y):
        """log q(z|x) / (mean of q(z|x_j) over the others), first draw, [B], nats: I(X;Z) from above in expectation.

        Leave-one-out (Poole et al. 2019, equation 12); NaN where only one example is given.
        """
        del y
        log_q = distributions.log_prob_each(q, z[0])
        others = jnp.where(jnp.eye(len(log_q), dtype=bool), -jnp.inf, log_q)
        return jnp.diagonal(log_q) - jax.nn.logsumexp(others, axis=1) + jnp.log(len(log_q) - 1)


class LearnedCategorical(Marginal):
    """r(t) a learned distribution over the symbols of a categorical code; its mean rate bounds I(X;T) from above."""

    density, of_symbols = False, True

    def __init__(self, symbols):
        self.logits = nnx.Param(jnp.zeros(symbols))

    def rate(self, q, z, y):
        """KL(q(t|x) || r(t)), summed over the symbols, [B], nats."""
        del z, y
        log_q = jax.nn.log_softmax(q.logits)
        return jnp.sum(jnp.exp(log_q) * (log_q - jax.nn.log_softmax(self.logits[...])), axis=-1)


def pairwise_kl(q):
    """KL(q_i || q_j) of every pair of Gaussians q [B, latent], by one matrix product: [B, B], nats.

    The error in float32 is that of log_prob_each: KL is -entropy - E log q_j, and that mean adds the variance to z^2.
    """
    entropy = (jnp.log(q.std) + 0.5 * (1 + distributions.LOG_2PI)).sum(-1, keepdims=True)
    kl = (
        -entropy
        - distributions.log_prob_each(q, q.mean)
        + 0.5 * jnp.matmul(q.std**2, (q.std**-2).T, precision="highest")
    )
    return jnp.where(jnp.eye(len(kl), dtype=bool), 0, kl)  # a rounding error there would pass the cap
