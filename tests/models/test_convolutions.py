"""Convolutions: the products over patches are XLA's convolution and its transpose, at any size."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vib.models.convolutions import ConvDecoder, ConvEncoder, Down, Up

KEY = jax.random.key(0)


def dense(kernel, axes):
    """A kernel [block row, block column, row, column, in or out, ...] in the order of the places it covers."""
    return kernel.transpose(0, 2, 1, 3, *axes).reshape(4, 4, *(kernel.shape[axis] for axis in axes))


@pytest.mark.parametrize(("height", "width"), [(8, 8), (7, 5), (1, 4)])
def test_down_is_the_convolution_of_xla(height, width):
    down = Down(KEY, 3, 5)
    down.bias[...] = jnp.arange(5.0)
    x = np.random.default_rng(0).normal(size=(2, height, width, 3)).astype(np.float32)
    kernel = dense(down.kernel[...].T.reshape(2, 2, 2, 2, 3, 5), (4, 5))
    margins = [(1, 1 + side % 2) for side in (height, width)]
    expected = jax.lax.conv_general_dilated(x, kernel, (2, 2), margins, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    assert expected.shape == (2, -(-height // 2), -(-width // 2), 5)
    np.testing.assert_allclose(down(x), expected + np.arange(5), atol=1e-5)  # float32


@pytest.mark.parametrize("size", [(8, 8), (7, 5)])
def test_up_is_the_adjoint_of_down(size):
    """<Down x, z> = <x, Up z> with one kernel and no bias."""
    down = Down(KEY, 3, 5)
    x = jax.random.normal(KEY, (2, *size, 3))
    z = jax.random.normal(jax.random.key(1), (2, *(-(-side // 2) for side in size), 5))
    up = Up(KEY, 5, 3, size)
    up.kernel[...] = down.kernel[...].T
    assert up(z).shape == x.shape
    np.testing.assert_allclose(jnp.vdot(down(x), z), jnp.vdot(x, up(z)), rtol=1e-5)  # float32


def test_layers_keep_the_size_of_their_inputs_at_the_start():
    x = jax.random.normal(KEY, (4, 32, 32, 16))
    down, up = Down(KEY, 16, 64)(x), Up(KEY, 16, 8, (64, 64))(x)
    for y in (down, up):
        assert float(y[:, 4:-4, 4:-4].std()) == pytest.approx(1, rel=0.1)  # 1024 weights or more


@pytest.mark.parametrize("shape", [(1, 1, 1), (7, 5, 2), (28, 28, 1), (32, 32, 3), (64, 64, 3)])
@pytest.mark.parametrize("channels", [(6,), (8, 4, 2)])
def test_sizes_of_encoder_and_decoder(shape, channels):
    """Halved and rounded up on the way in, doubled and cropped to the same sizes on the way out."""
    x = jnp.zeros((2, *shape))
    hidden, inner = jax.eval_shape(lambda: ConvEncoder(KEY, shape, (5,), channels=channels)(x))
    decoded, outer = jax.eval_shape(lambda: ConvDecoder(KEY, 3, shape, (5,), channels=channels)(jnp.zeros((4, 2, 3))))
    assert hidden.shape == (2, 5)
    assert decoded.shape == (4, *inner["c1"].shape)
    there = [inner[f"c{i}"].shape for i in range(len(channels) - 1, 0, -1)]
    assert [outer[f"c{i + 1}"].shape[1:] for i in range(len(there))] == there
