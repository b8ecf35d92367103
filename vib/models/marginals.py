"""Marginals r(z): what the rate is measured against."""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib import distributions
from vib.distributions import Gaussian
from vib.errors import require

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


class Mixture(Marginal):
    """r(z) a learned mixture of Gaussians; its mean rate, by Monte Carlo, bounds I(X;Z) from above."""

    def __init__(self, key, latent, components):
        self.mean = nnx.Param(jax.random.normal(key, (components, latent)))  # equal ones would stay equal
        self.rho = nnx.Param(jnp.full((components, latent), RHO_ONE))
        self.logits = nnx.Param(jnp.zeros(components))

    @classmethod
    def make(cls, key, given):
        """As many components as given."""
        require(given.components >= 1, f"model.components: {given.components} is below 1; give how many Gaussians")
        return cls(key, given.latent, given.components)

    def components(self):
        """The components, Gaussian [K, latent], and the logarithms [K] of their weights."""
        return Gaussian(self.mean[...], jax.nn.softplus(self.rho[...])), jax.nn.log_softmax(self.logits[...])

    def rate(self, q, z, y):
        """log q(z|x) / r(z) averaged over the draws, [B], nats."""
        del y
        return (distributions.log_prob(q, z) - self.log_prob(z)).mean(0)

    def log_prob(self, z):
        """log r(z) at z [..., latent]: [...], nats."""
        return distributions.mixture_log_prob(*self.components(), z)

    def sample(self, key, count):
        """Draws z ~ r, [count, latent]."""
        choice_key, key = jax.random.split(key)
        components, log_weights = self.components()
        return _sample_chosen(components, jax.random.categorical(choice_key, log_weights, shape=(count,)), key)


class FixedMixture(Mixture):
    """r(z) a mixture of equal weights of the Gaussians `components` [K, latent]."""

    def __init__(self, components):
        self.mean, self.std = components.mean, components.std

    def components(self):
        """The components, Gaussian [K, latent], and the logarithms [K] of their equal weights."""
        return Gaussian(self.mean, self.std), jnp.full(len(self.mean), -math.log(len(self.mean)))


class VampPrior(Marginal):
    """r(z) = the mean of q(z|u_k) over learned pseudo-inputs u_k, which start as training examples [K, *shape].

    Tomczak & Welling 2018, equation 9. It does not depend on the batch, so its mean rate bounds I(X;Z) from above.
    """

    of_inputs = True

    @classmethod
    def make(cls, key, given):
        """As many pseudo-inputs as components are given, which start as training examples, evenly spaced."""
        del key
        few, have = (
            given.examples is None,
            "model.marginal: 'vampprior' needs the examples that its pseudo-inputs start as",
        )
        require(not few, have)
        count = len(given.examples)
        fits = 1 <= given.components <= count
        require(fits, f"model.components: {given.components} pseudo-inputs for {count} training examples")
        return cls(given.examples[np.linspace(0, count - 1, given.components).astype(int)])

    def __init__(self, pseudo_inputs):
        self.pseudo_inputs = nnx.Param(jnp.asarray(pseudo_inputs, jnp.float32))

    def of(self, encode):
        """The mixture that the encoder makes of the pseudo-inputs."""
        return FixedMixture(encode(self.pseudo_inputs[...]))


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

    @classmethod
    def make(cls, key, given):
        """A Gaussian a class."""
        del key
        labelled = given.p_y is not None
        require(labelled, "model.marginal: 'class_conditional' needs class labels, which the data do not have")
        return cls(given.latent, given.p_y)

    def log_p_y(self):
        """The logarithms [classes] of p(y); -inf for a class without examples."""
        p_y = np.asarray(self.p_y)
        return jnp.asarray(np.log(p_y, where=p_y > 0, out=np.full(len(p_y), -np.inf)), jnp.float32)

    def components(self):
        """r(z|y) for every class: Gaussian [classes, latent]."""
        return Gaussian(self.mean[...], jax.nn.softplus(self.rho[...]))

    def rate(self, q, z, y):
        """KL(q(z|x) || r(z|y)) in closed form, [B], nats."""
        del z
        own = jax.nn.one_hot(y, len(self.p_y))  # an index would have a scatter for its gradient
        product = partial(jnp.matmul, own, precision="highest")
        return distributions.kl(q, Gaussian(*map(product, self.components())))

    def information_bound(self, q, z, y):
        """log q(z|x) / sum_y p(y) r(z|y) averaged over the draws, [B], nats: its mean bounds I(X;Z) from above."""
        del y
        return (distributions.log_prob(q, z) - self.log_prob(z)).mean(0)

    def log_prob(self, z):
        """log sum_y p(y) r(z|y) at z [..., latent]: [...], nats."""
        return distributions.mixture_log_prob(self.components(), self.log_p_y(), z)

    def sample(self, key, count):
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


def _sample_chosen(components, chosen, key):
    return distributions.sample(Gaussian(*(leaf[chosen] for leaf in components)), key)
