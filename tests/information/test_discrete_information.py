"""The mutual information of a table against closed forms and sums in float64."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.information import discrete

LOG2 = np.log(2)


def entropy(p):
    p = p[p > 0]
    return -np.sum(p * np.log(p))


def exact(table):
    return entropy(table.sum(1)) + entropy(table.sum(0)) - entropy(table.ravel())


@pytest.mark.parametrize("error", [0.0, 1e-6, 0.11, 0.5, 1.0])
def test_binary_symmetric_channel(error):
    table = 0.5 * np.array([[1 - error, error], [error, 1 - error]])
    found = discrete(table)
    assert found.kind == "exact"
    assert found.value == pytest.approx(LOG2 - entropy(np.array([error, 1 - error])), abs=2e-7)
    assert found.ceiling == pytest.approx(LOG2, abs=2e-7)


@pytest.mark.parametrize("outputs", [2, 300])
def test_binary_erasure_channel(outputs):
    """The input of 'outputs' letters is kept with probability 0.3: 0.3 log outputs."""
    table = np.concatenate([0.3 * np.eye(outputs), np.full((outputs, 1), 0.7)], 1) / outputs
    found = discrete(table)
    assert found.value == pytest.approx(0.3 * np.log(outputs), abs=2e-6)
    assert found.ceiling == pytest.approx(min(np.log(outputs), exact(table) + entropy(np.r_[0.3, 0.7])), abs=2e-6)


@pytest.mark.parametrize("shape", [(1, 4), (50, 70)])
def test_random_tables_with_empty_cells(shape):
    random = np.random.default_rng(0)
    table = random.dirichlet(np.full(np.prod(shape), 0.1)).reshape(shape)
    table[random.random(shape) < 0.3] = 0
    table /= table.sum()
    assert jax.jit(discrete)(table).value == pytest.approx(exact(table), abs=5e-6)
    with jax.enable_x64(True):
        found = jax.jit(discrete)(table)
        assert found.value.dtype == np.float64
        assert float(found.value) == pytest.approx(exact(table), abs=1e-12)
        assert float(found.ceiling) == pytest.approx(min(entropy(table.sum(1)), entropy(table.sum(0))), abs=1e-12)


def test_independence_is_zero():
    p, q = np.random.default_rng(1).dirichlet(np.ones(6), 2)
    assert discrete(np.outer(p, q)).value == pytest.approx(0, abs=2e-7)


def test_probabilities_whose_product_float32_cannot_hold():
    table = np.array([[1e-25, 0], [0, 1 - 1e-25]])
    assert discrete(table).value == pytest.approx(entropy(np.diag(table)), rel=1e-5)


def test_symmetry_jit_and_vmap():
    tables = np.random.default_rng(2).dirichlet(np.ones(12), (2, 3)).reshape(2, 3, 3, 4).astype(np.float32)
    found = jax.jit(jax.vmap(jax.vmap(discrete)))(tables).value
    alone = np.array([[discrete(table).value for table in row] for row in tables])
    swapped = np.array([[discrete(table.T).value for table in row] for row in tables])
    np.testing.assert_allclose(found, alone, atol=2e-7)
    np.testing.assert_allclose(found, swapped, atol=2e-7)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (np.ones(4) / 4, ("p_xy: shape (4,)", "[X, Y]")),
        (np.zeros((0, 2)), ("p_xy: shape (0, 2)",)),
        (np.array([[1.5, -0.5]]), ("p_xy: -0.5", ">= 0")),
        (np.ones((2, 2)), ("p_xy: sums to 4", "sum")),
        (np.full((2, 2), np.nan), ("p_xy: nan",)),
    ],
)
def test_tables_that_are_none(table, words):
    with pytest.raises(InvalidInput) as error:
        discrete(table)
    assert_one_line(error, *words)


def test_a_negative_probability_inside_jit_shows():
    assert jnp.isnan(jax.jit(discrete)(jnp.array([[1.5, -0.5]])).value)
