"""Layers: initial weights of the right size, and one wide product for an input that all betas share."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vib.errors import InvalidInput, choose, require
from vib.models.layers import MLP, NARROW, Linear


def test_linear_starts_uniform_within_the_glorot_bound():
    """Glorot & Bengio 2010, equation 16: sqrt(6 / (in + out)) = 0.1, whichever way the kernel lies; bias 0."""
    linear = Linear(jax.random.key(0), 400, 200)
    kernel = np.asarray(linear.kernel[...])
    assert kernel.shape == (200, 400)
    assert 0.0999 < np.abs(kernel).max() <= 0.1
    assert kernel.var() == pytest.approx(0.01 / 3, rel=0.02)  # 80,000 draws: 0.3 % standard error
    assert not np.any(np.asarray(linear.bias[...]))


def test_layers_of_one_key_differ():
    mlp = MLP(jax.random.key(0), 6, (6, 6))
    first, second = (np.asarray(layer.kernel[...]) for layer in mlp.layers)
    assert not np.any(first == second)


@pytest.mark.parametrize("inputs", [4, 2 * NARROW])
@pytest.mark.parametrize("leading", [(), (5,), (2, 5)])
def test_linear_applies_to_any_leading_axes(inputs, leading):
    linear = Linear(jax.random.key(0), inputs, 3)
    linear.bias[...] = jnp.arange(3.0)
    x = np.random.default_rng(0).normal(size=(*leading, inputs)).astype(np.float32)
    expected = np.einsum("...i,oi->...o", x, np.asarray(linear.kernel[...])) + np.arange(3)
    np.testing.assert_allclose(linear(x), expected, rtol=1e-5, atol=2e-6)  # float32
    np.testing.assert_allclose(linear(x, jnp.tanh), np.tanh(expected), rtol=1e-5, atol=2e-6)


def test_shared_input_makes_one_wide_product():
    """Along beta the kernels [beta, out, in] meet one x in a single two-dimensional product, not in a batch of them."""
    linear = jax.vmap(lambda key: Linear(key, 4, 3))(jax.random.split(jax.random.key(0), 6))
    x = np.ones((5, 4), np.float32)
    lowered = jax.jit(jax.vmap(lambda layer, x: layer(x), in_axes=(0, None))).lower(linear, x).as_text()
    (product,) = [line for line in lowered.splitlines() if "dot_general" in line]
    assert "batching_dims" not in product


def test_choose_gives_the_nearest_known_name_or_all_of_them():
    known = {"relu": 1, "tanh": 2}
    assert choose("model.activation", "tanh", known) == 2
    with pytest.raises(InvalidInput, match=r"^model.activation: unknown 'tahn'; did you mean 'tanh'\?$"):
        choose("model.activation", "tahn", known)
    with pytest.raises(InvalidInput, match="unknown 'xyz'; known: relu, tanh"):
        choose("model.activation", "xyz", known)
    require(True, "never told")
