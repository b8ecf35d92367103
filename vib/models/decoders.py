"""Decoders: from z to the parameters of q(y|z) or p(x|z), and what they make of a target."""

import math
from functools import cache, partial

import jax
import jax.numpy as jnp
from flax import nnx

from vib import distributions
from vib.distributions import FullGaussian, Gaussian, Logistic
from vib.errors import choose
from vib.models.convolutions import ConvDecoder, Up
from vib.models.layers import MLP, Linear
from vib.models.own import OwnDecoder

LABEL_LIKELIHOODS = {
    "categorical": distributions.categorical,
    "gaussian": distributions.gaussian,
    "full_gaussian": distributions.full_gaussian,
}


class LabelDecoder(nnx.Module):
    """q(y|z): logits [..., B, classes]; for a regression a Gaussian [..., B, dim_y] of one learned covariance.

    That is diagonal for likelihood 'gaussian' and any for 'full_gaussian'. own: a function of a key that makes a
    network in place of the hidden layers.
    """

    of_input = False

    def __init__(self, key, latent, outputs, widths, likelihood, style, own=None):
        self.distortion = choose("model.likelihood", likelihood, LABEL_LIKELIHOODS)
        hidden_key, key = jax.random.split(key)
        if own is None:
            self.network = MLP(hidden_key, latent, widths, style)
        else:
            self.network = OwnDecoder(own(hidden_key), latent)
        self.linear = Linear(key, self.network.outputs, outputs, style.dtype)
        self.likelihood = likelihood
        self.rho = None if likelihood == "categorical" else nnx.Param(jnp.full(outputs, 0.5, jnp.float32))
        self.mixing = nnx.Param(jnp.zeros((outputs, outputs))) if likelihood == "full_gaussian" else None

    def __call__(self, z, key=None):
        hidden, out = self.network(z, key)
        mean = self.linear(hidden)
        if self.likelihood == "categorical":
            return mean, out
        std = jax.nn.softplus(self.rho[...])
        if self.likelihood == "gaussian":
            return Gaussian(mean, std), out
        return FullGaussian(mean, jnp.tril(self.mixing[...], -1) + jnp.diag(1 / std)), out

    @property
    def noisy(self):
        """Whether it draws noise that nothing is known of."""
        return self.network.noisy

    @property
    def classifies(self):
        """Whether the parameters are logits of classes."""
        return self.likelihood == "categorical"

    def prediction(self, parameters):
        """Class probabilities [..., classes], or the mean [..., dim_y] of a regression."""
        return jax.nn.softmax(parameters) if self.classifies else parameters.mean

    def kernels(self):
        """{layer: the kernel that leads to it}, in the order of the network."""
        return self.network.kernels() | {"output": self.linear.kernel[...]}


@cache
def logistic(levels):
    """The discretised logistic of so many levels: one function for all models, or each would be compiled anew."""
    return partial(distributions.discretised_logistic, levels=levels)


def unchanged(hidden):
    """What a network of the user's has for an output layer."""
    return hidden


class InputDecoder(nnx.Module):
    """p(x|z) on pixels [B, *shape]: Bernoulli logits, or a Gaussian or discretised logistic of one learned scale.

    channels: those of the encoder's convolutions, which it mirrors; None for an MLP. own: a function of a key that
    makes a network of one's own, from z to [B, *shape], in place of all layers.
    """

    of_input, classifies = True, False

    def __init__(self, key, latent, shape, widths, likelihood, style, channels, levels, bounded, own=None):
        known = {
            "bernoulli": distributions.bernoulli,
            "gaussian": distributions.gaussian,
            "logistic": logistic(levels),
        }
        self.distortion = choose("model.likelihood", likelihood, known)
        self.likelihood, self.shape, self.bounded = likelihood, tuple(shape), bounded
        hidden_key, key = jax.random.split(key)
        if own is not None:
            self.hidden, self.linear = OwnDecoder(own(hidden_key), latent, self.shape), unchanged
        elif channels is not None:
            self.hidden = ConvDecoder(hidden_key, latent, shape, widths, style, channels)
            self.linear = Up(key, self.hidden.outputs, shape[-1], shape[:2], style.dtype)
        else:
            self.hidden = MLP(hidden_key, latent, widths, style)
            self.linear = Linear(key, self.hidden.outputs, math.prod(shape), style.dtype)
        self.rho = None if likelihood == "bernoulli" else nnx.Param(jnp.full((), -1.0, jnp.float32))

    def __call__(self, z, key=None):
        hidden, out = self.hidden(z, key)
        x = self.linear(hidden).reshape(*z.shape[:-1], *self.shape)
        if self.rho is None:
            return x, out
        # The scale is shared: one of its own would let a constant pixel buy an unbounded density.
        scale = jnp.full_like(x, jax.nn.softplus(self.rho[...]))
        family = Gaussian if self.likelihood == "gaussian" else Logistic
        return family(jax.nn.sigmoid(x) if self.bounded else x, scale), out

    @property
    def noisy(self):
        """Whether it draws noise that nothing is known of."""
        return self.hidden.noisy

    def image(self, parameters):
        """The mean of p(x|z): [..., B, *shape]; pixels in [0, 1], but for data that are not bounded.

        Of a 'logistic' it is the location, before the tails are folded into the outermost grey levels.
        """
        return jax.nn.sigmoid(parameters) if self.rho is None else parameters.mean

    def kernels(self):
        """{layer: the kernel that leads to it}, in the order of the network, but for that of the pixels."""
        return self.hidden.kernels()
