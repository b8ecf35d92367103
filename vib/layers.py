"""Layers that keep no random state: plain functions of their parameters, which a vmap stacks over the grid."""

import math
from functools import partial

import jax
import jax.numpy as jnp
from flax import nnx

from vib.errors import choose, require

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


class Linear(nnx.Module):
    """x W^T + b, with W [out, in]: the gradient of W then comes out in the order of W, which the optimiser reads."""

    def __init__(self, key, inputs, outputs, dtype="float32"):
        self.kernel = nnx.Param(jax.nn.initializers.glorot_uniform(1, 0)(key, (outputs, inputs)))
        self.bias = nnx.Param(jnp.zeros(outputs))
        self.dtype = choose("model.dtype", dtype, DTYPES)

    def __call__(self, x):
        x, kernel = x.astype(self.dtype), self.kernel[...].astype(self.dtype)
        product = jax.lax.dot_general(x, kernel, (((x.ndim - 1,), (1,)), ((), ())), preferred_element_type=jnp.float32)
        return product + self.bias[...]


class MLP(nnx.Module):
    """Hidden layers of the given widths. Calling it gives the last layer and {'h1': [..., width], ...}."""

    def __init__(self, key, inputs, widths, activation="relu", dtype="float32"):
        sizes = (inputs, *widths)
        keys = jax.random.split(key, len(widths)) if widths else []
        self.layers = nnx.List([Linear(*layer, dtype) for layer in zip(keys, sizes[:-1], widths, strict=True)])
        self.activation = choose("model.activation", activation, ACTIVATIONS)
        self.outputs = sizes[-1]

    def __call__(self, x):
        out = {}
        for i, layer in enumerate(self.layers):
            x = out[f"h{i + 1}"] = self.activation(layer(x))
        return x, out


class Encoder(nnx.Module):
    """Flattens x [B, *shape] and applies an MLP."""

    def __init__(self, key, shape, widths, activation="relu", dtype="float32"):
        self.mlp = MLP(key, math.prod(shape), widths, activation, dtype)
        self.outputs = self.mlp.outputs

    def __call__(self, x):
        return self.mlp(x.reshape(len(x), -1))


class ConvEncoder(nnx.Module):
    """Convolutions of stride 2 over x [B, H, W, C], then an MLP."""

    def __init__(self, key, shape, widths, activation="relu", dtype="float32", channels=(32, 64)):
        require(
            len(shape) == 3,
            f"model.architecture: 'conv' needs images [H, W, C], not {tuple(shape)}; use 'mlp'",
        )
        *conv_keys, key = jax.random.split(key, len(channels) + 1)
        sizes = zip((shape[-1], *channels[:-1]), channels, strict=True)
        layer = partial(nnx.Conv, kernel_size=(3, 3), strides=2, dtype=choose("model.dtype", dtype, DTYPES))
        pairs = zip(conv_keys, sizes, strict=True)
        self.convolutions = nnx.List([layer(*io, rngs=nnx.Rngs(k)) for k, io in pairs])
        height, width = (-(-side // 2 ** len(channels)) for side in shape[:2])
        self.mlp = MLP(key, height * width * channels[-1], widths, activation, dtype)
        self.outputs = self.mlp.outputs

    def __call__(self, x):
        out = {}
        for i, layer in enumerate(self.convolutions):
            x = out[f"c{i + 1}"] = self.mlp.activation(layer(x).astype(jnp.float32))
        x, hidden = self.mlp(x.reshape(len(x), -1))
        return x, out | hidden


class ConvDecoder(nnx.Module):
    """An MLP, then transposed convolutions of stride 2 up to features [..., H, W, channels]."""

    def __init__(self, key, latent, shape, widths, activation="relu", dtype="float32", channels=(64, 32)):
        require(
            len(shape) == 3,
            f"model.architecture: 'conv' needs images [H, W, C], not {tuple(shape)}; use 'mlp'",
        )
        *conv_keys, mlp_key, key = jax.random.split(key, len(channels) + 2)
        self.shape = tuple(shape)
        self.start = tuple(-(-side // 2 ** len(channels)) for side in shape[:2])
        self.mlp = MLP(mlp_key, latent, (*widths, math.prod(self.start) * channels[0]), activation, dtype)
        sizes = zip(channels, (*channels[1:], channels[-1]), strict=True)
        layer = partial(nnx.ConvTranspose, kernel_size=(3, 3), strides=2, dtype=choose("model.dtype", dtype, DTYPES))
        pairs = zip(conv_keys, sizes, strict=True)
        self.convolutions = nnx.List([layer(*io, rngs=nnx.Rngs(k)) for k, io in pairs])
        self.outputs = channels[-1]

    def __call__(self, z):
        x, out = self.mlp(z)
        x = x.reshape(*z.shape[:-1], *self.start, -1)
        for i, layer in enumerate(self.convolutions):
            x = out[f"c{i + 1}"] = self.mlp.activation(layer(x).astype(jnp.float32))
        height, width, _ = self.shape
        return x[..., :height, :width, :], out
