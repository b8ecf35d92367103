"""Layers that keep no random state: plain functions of their parameters, which a vmap stacks over the grid."""

import math
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from flax import nnx

from vib.errors import choose

ACTIVATIONS = {
    "relu": jax.nn.relu,
    "leaky_relu": jax.nn.leaky_relu,
    "elu": jax.nn.elu,
    "gelu": jax.nn.gelu,
    "silu": jax.nn.silu,
    "softplus": jax.nn.softplus,
    "softsign": jax.nn.soft_sign,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "identity": lambda x: x,
}
DTYPES = {"float32": jnp.float32, "bfloat16": jnp.bfloat16}
NARROW = 32  # units: below, a product with the examples last is up to 2.6 times faster on a CPU; above 48 no faster


def fan_out_normal(key, shape):
    """Normal of std 1 / sqrt(out), cut at two of them, for a kernel [out, in] (Shwartz-Ziv & Tishby; Saxe et al.)."""
    return jax.nn.initializers.truncated_normal(shape[0] ** -0.5)(key, shape)


INITIALISATIONS = {
    "glorot_uniform": jax.nn.initializers.glorot_uniform(1, 0),
    "lecun_normal": jax.nn.initializers.lecun_normal(1, 0),
    "he_normal": jax.nn.initializers.he_normal(1, 0),
    "fan_out_normal": fan_out_normal,
}


class Style(NamedTuple):
    """What the hidden layers of a model have in common."""

    activation: str = "relu"
    initialisation: str = "glorot_uniform"  # of hidden kernels of MLPs; outputs and convolutions have their own
    noise_std: float = 0.0  # of Gaussian noise added to every hidden layer (Goldfeld et al. 2019, section 3)
    dtype: str = "float32"

    def function(self):
        """The activation function. Raises InvalidInput."""
        return choose("model.activation", self.activation, ACTIVATIONS)

    def noisy(self, x, key, layer):
        """x with the noise of a hidden layer; x itself where there is no key or no noise."""
        if key is None or not self.noise_std:
            return x
        return x + self.noise_std * jax.random.normal(jax.random.fold_in(key, layer), x.shape)


PLAIN = Style()


class Linear(nnx.Module):
    """activation(x W^T + b), W [out, in]: its gradient then comes out in the order of W, which the optimiser reads."""

    def __init__(self, key, inputs, outputs, dtype="float32", initialisation="glorot_uniform"):
        initialise = choose("model.initialisation", initialisation, INITIALISATIONS)
        self.kernel = nnx.Param(initialise(key, (outputs, inputs)))
        self.bias = nnx.Param(jnp.zeros(outputs))
        self.dtype = choose("model.dtype", dtype, DTYPES)

    def __call__(self, x, activation=ACTIVATIONS["identity"]):
        x, kernel = x.astype(self.dtype), self.kernel[...].astype(self.dtype)
        product, last = partial(jax.lax.dot_general, preferred_element_type=jnp.float32), x.ndim - 1
        if max(kernel.shape) > NARROW:
            return activation(product(x, kernel, (((last,), (1,)), ((), ()))) + self.bias[...])
        # [out, ..., B]: XLA folds the transposition into the next product, if only the activation comes before it.
        columns = product(kernel, x, (((1,), (last,)), ((), ()))) + self.bias[...].reshape(-1, *[1] * last)
        return jnp.moveaxis(activation(columns), 0, -1)


class MLP(nnx.Module):
    """Hidden layers of the given widths. Calling it gives the last layer and {'h1': [..., width], ...}.

    With a key, noise of style.noise_std is added to every layer, and the activations are those before their own noise.
    """

    noisy = False  # but for the noise that its style tells

    def __init__(self, key, inputs, widths, style=PLAIN):
        sizes = (inputs, *widths)
        keys = jax.random.split(key, len(widths)) if widths else []
        layer = partial(Linear, dtype=style.dtype, initialisation=style.initialisation)
        self.layers = nnx.List([layer(*io) for io in zip(keys, sizes[:-1], widths, strict=True)])
        self.style, self.activation = style, style.function()
        self.outputs = sizes[-1]

    def __call__(self, x, key=None):
        out = {}
        for i, layer in enumerate(self.layers):
            out[f"h{i + 1}"] = layer(x, self.activation)
            x = self.style.noisy(out[f"h{i + 1}"], key, i)
        return x, out

    def kernels(self):
        """{layer: the kernel that leads to it}, in the order of the network."""
        return {f"h{i + 1}": layer.kernel[...] for i, layer in enumerate(self.layers)}


class Encoder(nnx.Module):
    """Flattens x [B, *shape] and applies an MLP."""

    noisy = False  # but for the noise that its style tells

    def __init__(self, key, shape, widths, style=PLAIN):
        self.mlp = MLP(key, math.prod(shape), widths, style)
        self.outputs, self.style = self.mlp.outputs, style

    def __call__(self, x, key=None):
        return self.mlp(x.reshape(len(x), -1), key)

    def kernels(self):
        """{layer: the kernel that leads to it}, in the order of the network."""
        return self.mlp.kernels()
