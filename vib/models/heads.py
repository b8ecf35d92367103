"""From the last hidden layer to the code: q(z|x)."""

import math

import jax
import jax.numpy as jnp
from flax import nnx

from vib.distributions import Categorical, Gaussian, sample
from vib.errors import require
from vib.models.layers import Linear

SYMBOL_STD = 2.0  # of the weights of a SymbolHead at the start


class Head(nnx.Module):
    """q(z|x) a Gaussian from the last hidden layer: mean and std = softplus(rho + std_shift), or a std given for all.

    A deterministic one has std 0; without a latent width z is then the last hidden layer itself.
    """

    categorical = False

    def __init__(self, key, inputs, latent, dtype, std_shift=0.0, std=None, deterministic=False):
        bare = latent is None
        require(deterministic or not bare, "model.latent: only kinds 'classifier' and 'autoencoder' can do without it")
        require(bare or latent >= 1, f"model.latent: {latent} is below 1; give an integer >= 1")
        require(math.isfinite(std_shift), f"model.std_shift: {std_shift} is not finite; give a number such as -5.0")
        fits = std is None or (math.isfinite(std) and std > 0)
        require(fits, f"model.std: {std} is not valid; give a number > 0, or None for one that is learned")
        self.std_shift, self.std, self.deterministic = std_shift, 0.0 if deterministic else std, deterministic
        self.outputs = inputs if bare else latent
        self.linear = None if bare else Linear(key, inputs, latent * (1 if self.std is not None else 2), dtype)

    def __call__(self, hidden):
        """Gaussian [B, latent] of hidden [B, width]."""
        code = self.linear(hidden) if self.linear else hidden
        if self.std is not None:
            return Gaussian(code, jnp.full_like(code, self.std))
        mean, rho = jnp.split(code, 2, axis=-1)
        return Gaussian(mean, jax.nn.softplus(rho + self.std_shift))

    def draws(self, q, key, samples):
        """Draws z [samples, B, latent] of codes q [B, latent], and None: all weigh the same."""
        if self.deterministic:
            return jnp.broadcast_to(q.mean, (samples, *q.mean.shape)), None
        return sample(q, key, (samples,)), None


class SymbolHead(nnx.Module):
    """q(t|x) over `symbols`: with one-hot x and no hidden layer a free table, a row an input."""

    deterministic, categorical = False, True

    def __init__(self, key, inputs, symbols, dtype):
        require(symbols is not None and symbols >= 2, f"model.latent: {symbols} symbols; give 2 or more")
        self.outputs, self.linear = symbols, Linear(key, inputs, symbols, dtype)
        # decided from the start: inputs that begin in one symbol are not told apart again
        self.linear.kernel[...] = SYMBOL_STD * jax.random.normal(key, self.linear.kernel.shape)

    def __call__(self, hidden):
        """Categorical [B, symbols] of hidden [B, width]."""
        return Categorical(self.linear(hidden))

    def draws(self, q, key, samples):
        """Every symbol, z [symbols, 1, symbols], and its weight q(t|x) [symbols, B]: nothing is drawn."""
        del key, samples
        return jnp.eye(self.outputs)[:, None], jnp.moveaxis(jax.nn.softmax(q.logits), -1, 0)
