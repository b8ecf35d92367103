"""Convolutions of stride 2 as matrix products over patches.

Under a vmap over weights XLA makes a grouped convolution of an ordinary one, which a CPU computes 50 times slower than
the batched product here, and takes a minute to compile.
"""

import math

import jax
import jax.numpy as jnp
from flax import nnx

from vib.errors import choose, require
from vib.models.layers import DTYPES, MLP, PLAIN

SIDE = 4  # of a kernel: each output of Up then sees 2 x 2 inputs, alike at all places
START = jax.nn.initializers.variance_scaling


class Down(nnx.Module):
    """A 4 x 4 convolution of stride 2, zero outside: [B, H, W, inputs] to [B, H / 2, W / 2, outputs], rounded up."""

    def __init__(self, key, inputs, outputs, dtype="float32"):
        self.kernel = nnx.Param(START(1.0, "fan_in", "normal", 1, 0)(key, (outputs, SIDE * SIDE * inputs)))
        self.bias = nnx.Param(jnp.zeros(outputs))
        self.dtype = choose("model.dtype", dtype, DTYPES)

    def __call__(self, x):
        count, height, width, inputs = x.shape
        high, wide = half(height), half(width)
        blocks = jnp.pad(x, [(0, 0), (1, 2 * high + 1 - height), (1, 2 * wide + 1 - width), (0, 0)])
        blocks = blocks.reshape(count, high + 1, 2, wide + 1, 2, inputs).swapaxes(2, 3)
        blocks = blocks.reshape(count, high + 1, wide + 1, 4 * inputs)
        patches = [blocks[:, i : i + high, j : j + wide] for i in (0, 1) for j in (0, 1)]
        return product(jnp.concatenate(patches, axis=-1), self.kernel[...], self.dtype) + self.bias[...]


class Up(nnx.Module):
    """The transpose of Down: [..., h, w, inputs] to [..., *size, outputs], size (2 h, 2 w) or 1 less."""

    def __init__(self, key, inputs, outputs, size, dtype="float32"):
        # each output sums over 2 x 2 places
        self.kernel = nnx.Param(START(0.25, "fan_in", "normal", 1, 0)(key, (SIDE * SIDE * outputs, inputs)))
        self.bias = nnx.Param(jnp.zeros(outputs))
        self.size, self.dtype = tuple(size), choose("model.dtype", dtype, DTYPES)

    def __call__(self, x):
        # with all leading axes in one a CPU is more than twice as fast
        count, (high, wide, inputs), (height, width) = math.prod(x.shape[:-3]), x.shape[-3:], self.size
        parts = product(x.reshape(count, high, wide, inputs), self.kernel[...], self.dtype)
        parts = parts.reshape(count, high, wide, 2, 2, -1)
        # the 2 x 2 blocks of 2 x 2 that an input writes to overlap with those of its neighbours
        blocks = sum(
            jnp.pad(parts[:, :, :, i, j], [(0, 0), (i, 1 - i), (j, 1 - j), (0, 0)]) for i in (0, 1) for j in (0, 1)
        )
        blocks = blocks.reshape(count, high + 1, wide + 1, 2, 2, -1).swapaxes(2, 3)
        canvas = blocks.reshape(count, 2 * high + 2, 2 * wide + 2, -1)[:, 1 : height + 1, 1 : width + 1]
        return canvas.reshape(*x.shape[:-3], height, width, -1) + self.bias[...]


class ConvEncoder(nnx.Module):
    """Convolutions of stride 2 over x [B, H, W, C], then an MLP."""

    noisy = False  # but for the noise that its style tells

    def __init__(self, key, shape, widths, style=PLAIN, channels=(32, 64)):
        sizes = check_images(shape, channels)
        *conv_keys, key = jax.random.split(key, len(channels) + 1)
        pairs = zip(conv_keys, (shape[-1], *channels[:-1]), channels, strict=True)
        self.convolutions = nnx.List([Down(*io, style.dtype) for io in pairs])
        self.mlp = MLP(key, math.prod(sizes[-1]) * channels[-1], widths, style)
        self.outputs, self.style = self.mlp.outputs, style

    def __call__(self, x, key=None):
        out = {}
        for i, layer in enumerate(self.convolutions):
            out[f"c{i + 1}"] = self.mlp.activation(layer(x))
            x = self.mlp.style.noisy(out[f"c{i + 1}"], key, len(self.mlp.layers) + i)
        x, hidden = self.mlp(x.reshape(len(x), -1), key)
        return x, out | hidden

    def kernels(self):
        """{layer: the kernel that leads to it}, in the order of the network."""
        return {f"c{i + 1}": layer.kernel[...] for i, layer in enumerate(self.convolutions)} | self.mlp.kernels()


class ConvDecoder(nnx.Module):
    """An MLP, then transposed convolutions of stride 2 up to features [..., H / 2, W / 2, channels[0]].

    `channels` are those of the encoder. The last step to pixels is left to the caller: Up(key, outputs, C, shape[:2]).
    """

    noisy = False

    def __init__(self, key, latent, shape, widths, style=PLAIN, channels=(32, 64)):
        sizes = check_images(shape, channels)
        *conv_keys, key = jax.random.split(key, len(channels))
        self.start = (*sizes[-1], channels[-1])
        self.mlp = MLP(key, latent, (*widths, math.prod(self.start)), style)
        steps = zip(conv_keys, channels[:0:-1], channels[-2::-1], sizes[-2::-1], strict=True)
        self.convolutions = nnx.List([Up(*step, style.dtype) for step in steps])
        self.outputs = channels[0]

    def __call__(self, z, key=None):
        del key  # noise inside layers is for classifiers
        x, out = self.mlp(z)
        x = x.reshape(*z.shape[:-1], *self.start)
        for i, layer in enumerate(self.convolutions):
            x = out[f"c{i + 1}"] = self.mlp.activation(layer(x))
        return x, out

    def kernels(self):
        """{layer: the kernel that leads to it}, in the order of the network."""
        return self.mlp.kernels() | {f"c{i + 1}": layer.kernel[...] for i, layer in enumerate(self.convolutions)}


def product(x, kernel, dtype):
    """x [..., in] times kernel [out, in]: [..., out], rounded to dtype before, summed in float32."""
    contracted = (((x.ndim - 1,), (1,)), ((), ()))
    return jax.lax.dot_general(x.astype(dtype), kernel.astype(dtype), contracted, preferred_element_type=jnp.float32)


def half(side):
    """ceil(side / 2)."""
    return -(-side // 2)


def check_images(shape, channels):
    """The sizes (height, width) after each convolution. Raises InvalidInput for what is no image, or no layer."""
    require(len(shape) == 3, f"model.architecture: 'conv' needs images [H, W, C], not {tuple(shape)}; use 'mlp'")
    whole = len(channels) > 0 and all(isinstance(count, int) and count >= 1 for count in channels)
    require(whole, f"model.channels: {tuple(channels)} must be one or more integers > 0")
    sizes = [tuple(shape[:2])]
    for _ in channels:
        sizes.append(tuple(map(half, sizes[-1])))
    return sizes[1:]
