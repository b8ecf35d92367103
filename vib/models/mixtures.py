"""Marginals that are mixtures: learned, of pseudo-inputs, and of the classes."""

import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib import distributions
from vib.distributions import Gaussian
from vib.errors import require
from vib.models.marginals import RHO_ONE, Marginal


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
        told = "model.marginal: 'vampprior' needs the examples that its pseudo-inputs start as"
        require(given.examples is not None, told)
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

    bounds, of_labels = "I(X;Z|Y) from above", True

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


def _sample_chosen(components, chosen, key):
    return distributions.sample(Gaussian(*(leaf[chosen] for leaf in components)), key)
