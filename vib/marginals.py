"""Marginals r(z): what the rate is measured against.

Each has rate(q, z, y, encode) -> [B] in nats, of codes q [B, latent], draws z [samples, B, latent], labels y [B] and
the encoder x -> q; `bounds`, what the mean of that rate bounds; and, where there is something to draw from,
sample(key, count, encode) -> [count, latent] and its log_prob(z, encode) -> [...] at z [..., latent].
One whose rate does not bound I(X;Z) from above has an information_bound that does, of the same arguments; one that has
beta weigh something else has a penalty(q, z) -> [B]. Both are None for the others.
"""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib import distributions
from vib.distributions import Gaussian

FROM_ABOVE = "I(X;Z) from above"
RHO_ONE = math.log(math.e - 1)  # softplus of it is 1


class Marginal(nnx.Module):
    """A marginal whose mean rate bounds I(X;Z) from above, and whose rate is what beta weighs, unless it says so."""

    bounds, information_bound, penalty = FROM_ABOVE, None, None


class StandardNormal(Marginal):
    """r(z) = N(0, I), `latent` wide. It does not depend on the batch, so its mean rate bounds I(X;Z) from above."""

    def __init__(self, latent):
        self.latent = latent

    def rate(self, q, z, y, encode):
        """KL(q(z|x) || r(z)) in closed form, [B], nats (Alemi et al. 2017, equation 17)."""
        del z, y, encode
        return distributions.kl_standard_normal(q)

    def sample(self, key, count, encode=None):
        """Draws z ~ r, [count, latent]."""
        return jax.random.normal(key, (count, self.latent))

    def log_prob(self, z, encode=None):
        """log r(z) at z [..., latent]: [...], nats."""
        return distributions.log_prob(Gaussian(jnp.zeros(self.latent), jnp.ones(self.latent)), z)


class TotalCorrelation(StandardNormal):
    """r(z) = N(0, I), and beta weighs the total correlation of the codes alone: the loss is D + R + (beta - 1) TC.

    Chen et al. 2018, equation 4 with alpha = gamma = 1. Its rate is that of N(0, I).
    """

    def penalty(self, q, z):
        """log q(z) / prod_d q(z_d) of the first draw, [B], nats, where q(z) is the mixture over the batch.

        Its mean estimates the total correlation, at most (latent - 1) log B. Minibatch-weighted sampling (Chen et al.,
        appendix C.1) differs from it by a constant, hence not in its gradient.
        """
        standardised = (z[0][:, None] - q.mean) / q.std
        each = -0.5 * standardised**2 - jnp.log(q.std)  # [B, B, latent]; 2 pi cancels
        count = len(q.mean)
        whole = jax.nn.logsumexp(each.sum(-1), axis=1) - math.log(count)
        return whole - (jax.nn.logsumexp(each, axis=1) - math.log(count)).sum(-1)


class LearnedNormal(Marginal):
    """r(z) a learned Gaussian with independent coordinates; its mean rate bounds I(X;Z) from above."""

    def __init__(self, latent):
        self.mean, self.rho = nnx.Param(jnp.zeros(latent)), nnx.Param(jnp.full(latent, RHO_ONE))

    def distribution(self):
        """r(z): Gaussian [latent]."""
        return Gaussian(self.mean[...], jax.nn.softplus(self.rho[...]))

    def rate(self, q, z, y, encode):
        """KL(q(z|x) || r(z)) in closed form, [B], nats."""
        del z, y, encode
        return distributions.kl(q, self.distribution())

    def sample(self, key, count, encode=None):
        """Draws z ~ r, [count, latent]."""
        return distributions.sample(self.distribution(), key, (count,))

    def log_prob(self, z, encode=None):
        """log r(z) at z [..., latent]: [...], nats."""
        return distributions.log_prob(self.distribution(), z)


class Mixture(Marginal):
    """r(z) a learned mixture of Gaussians; its mean rate, by Monte Carlo, bounds I(X;Z) from above."""

    def __init__(self, key, latent, components):
        self.mean = nnx.Param(jax.random.normal(key, (components, latent)))  # equal ones would stay equal
        self.rho = nnx.Param(jnp.full((components, latent), RHO_ONE))
        self.logits = nnx.Param(jnp.zeros(components))

    def components(self, encode):
        """The components, Gaussian [K, latent], and the logarithms [K] of their weights."""
        del encode
        return Gaussian(self.mean[...], jax.nn.softplus(self.rho[...])), jax.nn.log_softmax(self.logits[...])

    def rate(self, q, z, y, encode):
        """log q(z|x) / r(z) averaged over the draws, [B], nats."""
        del y
        return (distributions.log_prob(q, z) - self.log_prob(z, encode)).mean(0)

    def log_prob(self, z, encode=None):
        """log r(z) at z [..., latent]: [...], nats."""
        return distributions.mixture_log_prob(*self.components(encode), z)

    def sample(self, key, count, encode=None):
        """Draws z ~ r, [count, latent]."""
        choice_key, key = jax.random.split(key)
        components, log_weights = self.components(encode)
        return _sample_chosen(components, jax.random.categorical(choice_key, log_weights, shape=(count,)), key)


class VampPrior(Mixture):
    """r(z) = the mean of q(z|u_k) over learned pseudo-inputs u_k, which start as training examples [K, *shape].

    Tomczak & Welling 2018, equation 9. It does not depend on the batch, so its mean rate bounds I(X;Z) from above.
    """

    def __init__(self, pseudo_inputs):
        self.pseudo_inputs = nnx.Param(jnp.asarray(pseudo_inputs, jnp.float32))

    def components(self, encode):
        """The components q(z|u_k), Gaussian [K, latent], and the logarithms [K] of their equal weights."""
        count = len(self.pseudo_inputs[...])
        return encode(self.pseudo_inputs[...]), jnp.full(count, -math.log(count))


class ClassConditional(Marginal):
    """r(z|y), a learned Gaussian a class: the conditional entropy bottleneck (Fischer 2020, equation 15).

    Its mean rate bounds I(X;Z|Y) from above, so a beta of this marginal compares with beta / (1 + beta) of the others.
    p_y are the shares of the classes.
    """

    bounds = "I(X;Z|Y) from above"

    def __init__(self, latent, p_y):
        self.mean = nnx.Param(jnp.zeros((len(p_y), latent)))
        self.rho = nnx.Param(jnp.full((len(p_y), latent), RHO_ONE))
        self.p_y = tuple(map(float, p_y))

    def log_p_y(self):
        """The logarithms [classes] of p(y); -inf for a class without examples."""
        p_y = np.asarray(self.p_y)
        return jnp.asarray(np.log(p_y, where=p_y > 0, out=np.full(len(p_y), -np.inf)), jnp.float32)

    def components(self):
        """r(z|y) for every class: Gaussian [classes, latent]."""
        return Gaussian(self.mean[...], jax.nn.softplus(self.rho[...]))

    def rate(self, q, z, y, encode):
        """KL(q(z|x) || r(z|y)) in closed form, [B], nats."""
        del z, encode
        own = jax.nn.one_hot(y, len(self.p_y))  # an index would have a scatter for its gradient
        product = partial(jnp.matmul, own, precision="highest")
        return distributions.kl(q, Gaussian(*map(product, self.components())))

    def information_bound(self, q, z, y, encode):
        """log q(z|x) / sum_y p(y) r(z|y) averaged over the draws, [B], nats: its mean bounds I(X;Z) from above."""
        del y, encode
        return (distributions.log_prob(q, z) - self.log_prob(z)).mean(0)

    def log_prob(self, z, encode=None):
        """log sum_y p(y) r(z|y) at z [..., latent]: [...], nats."""
        return distributions.mixture_log_prob(self.components(), self.log_p_y(), z)

    def sample(self, key, count, encode=None):
        """Draws z ~ sum_y p(y) r(z|y), [count, latent]."""
        choice_key, key = jax.random.split(key)
        return _sample_chosen(
            self.components(), jax.random.categorical(choice_key, self.log_p_y(), shape=(count,)), key
        )


class Pairwise(Marginal):
    """r(z) = the batch's own mixture of q(z|x), by distances between pairs: the nonlinear information bottleneck.

    Kolchinsky, Tracey & Wolpert 2019, equation 12. Its mean rate is an estimate of I(X;Z), never above the logarithm
    of the batch size: it bounds what z tells of the place in the batch. It has no parameters and nothing to draw from.
    """

    bounds = "nothing: an estimate of I(X;Z) that the logarithm of the number of examples in a batch caps"

    def rate(self, q, z, y, encode):
        """-log mean_j exp(-KL(q(z|x) || q(z|x_j))) over the batch, [B], nats."""
        del z, y, encode
        return jnp.log(len(q.mean)) - jax.nn.logsumexp(-pairwise_kl(q), axis=1)

    def information_bound(self, q, z, y, encode):
        """log q(z|x) / (mean of q(z|x_j) over the others), first draw, [B], nats: I(X;Z) from above in expectation.

        Leave-one-out (Poole et al. 2019, equation 12); NaN where only one example is given.
        """
        del y, encode
        log_q = distributions.log_prob_each(q, z[0])
        others = jnp.where(jnp.eye(len(log_q), dtype=bool), -jnp.inf, log_q)
        return jnp.diagonal(log_q) - jax.nn.logsumexp(others, axis=1) + jnp.log(len(log_q) - 1)


class LearnedCategorical(Marginal):
    """r(t) a learned distribution over the symbols of a categorical code; its mean rate bounds I(X;T) from above."""

    def __init__(self, symbols):
        self.logits = nnx.Param(jnp.zeros(symbols))

    def rate(self, q, z, y, encode):
        """KL(q(t|x) || r(t)), summed over the symbols, [B], nats."""
        del z, y, encode
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


def _sample_chosen(components, chosen, key):
    return distributions.sample(Gaussian(*(leaf[chosen] for leaf in components)), key)
