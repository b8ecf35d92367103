"""What the estimators take as labels and samples, and what they see of bad ones inside jit."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line

from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.information import binned, critic, discrete, encoder_bounds, kde, ksg, noisy, ross
from vib.information.checks import centred, held, labels, valid

T = np.random.default_rng(0).normal(size=(60, 2)).astype(np.float32)
Y = np.arange(60) % 2
T64, VARIANCE = T.astype(float), jnp.float32(0.1)
NOT_NUMBERS = ("y", "whole numbers")


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int32", "int64"])
def test_labels_are_int32_of_as_many_classes_as_seen(dtype):
    y, classes = labels(np.array([0, 2, 1], dtype), 3)
    assert (y.dtype, y.tolist(), classes, type(classes)) == (jnp.int32, [0, 2, 1], 3, int)


@pytest.mark.parametrize("classes", [4, np.int64(4), np.uint8(4)])
def test_classes_may_be_any_whole_number(classes):
    """A plain int comes back: the argument is static, and another type would be another compile."""
    y, found = labels([0, 2, 1], 3, classes)
    assert (y.tolist(), found, type(found)) == ([0, 2, 1], 4, int)


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        (np.array([0, 2**32 + 1]), 2, ("y", str(2**32 + 1), "0 .. 1")),  # 1 where only 32 bits are looked at
        (np.array([-2, -1]), 2, ("y", "-2 to -1", "0 .. 1")),
        (np.array([0.0, 1.0]), None, ("y", "float64", "whole numbers")),
        (np.array([0, 1]), 3.0, ("classes", "3.0", "number of labels")),
        (np.array([0, 1]), -1, ("classes", "-1", "number of labels")),
        (np.array([0, 1]), "2", ("classes", "2", "number of labels")),
        (["cat", "dog"], 2, NOT_NUMBERS),
        ([0, None], 2, NOT_NUMBERS),
        (np.int64(1), 2, ("y", "()", "2 samples")),
    ],
)
def test_labels_refuse_what_they_cannot_count(y, classes, words):
    with pytest.raises(InvalidInput) as error:
        labels(y, 2, classes)
    assert_one_line(error, *words)


@pytest.mark.parametrize("estimator", [binned, kde])
def test_estimators_refuse_them_too(estimator):
    for y, classes in ((np.where(Y, 2**32 + 1, 0), 2), (Y, 3.0), (Y.astype(str), 2)):
        with pytest.raises(InvalidInput) as error:
            estimator(T, y, classes=classes)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("value", ["1e-3x", (1, 2), None, True, np.ones(1), {}, 1j])
@pytest.mark.parametrize(
    ("field", "measure"),
    [
        ("noise_variance", lambda value: kde(T, Y, value)),
        ("chunk", lambda value: kde(T, Y, chunk=value)),
        ("width", lambda value: binned(T, Y, edges="width", width=value)),
        ("bins", lambda value: binned(T, Y, bins=value)),
        ("noise_std", lambda value: noisy(T[None], Y, value, jax.random.key(0))),
        ("points", lambda value: noisy(T[None], Y, 0.1, jax.random.key(0), points=value)),
        ("steps", lambda value: critic(T, Y, key=jax.random.key(0), steps=value)),
        ("k", lambda value: ksg(T, T, value)),
        ("k", lambda value: ross(T, Y, value)),
    ],
)
def test_an_option_of_another_type_is_refused_in_one_line(field, measure, value):
    with pytest.raises(InvalidInput) as error:
        measure(value)
    assert_one_line(error, field, "give a")


def test_labels_cost_by_their_number_not_by_their_size():
    y, classes = labels(np.array([10**12, -3, 10**12]), 3)
    assert (y.tolist(), classes) == ([1, 0, 1], 2)
    assert labels(["dog", "cat", "dog"], 3)[0].tolist() == [1, 0, 1]
    far = [kde(T, np.where(Y, 10**9, 0)).lower.information_y, binned(T, np.where(Y, "b", "a")).information_y]
    near = [kde(T, Y).lower.information_y, binned(T, Y).information_y]
    assert jax.tree.leaves(far) == jax.tree.leaves(near)


@pytest.mark.parametrize("offset", [0, 2**62, -(2**62)])
@pytest.mark.parametrize("edges", ["neuron", "layer", "quantile"])
def test_64_bits_do_not_wrap(edges, offset):
    t = np.tile(np.arange(4) * 2**32 + offset, 100)[:, None]
    np.testing.assert_allclose(binned(t, edges=edges).information_x.value, np.log(4), rtol=1e-6)


@pytest.mark.parametrize(
    "measure",
    [
        lambda t, more: ksg(t, more).value,
        lambda t, more: ross(t, Y, classes=2).value + more.sum(),
        lambda t, more: binned(t, Y, classes=2).information_x.value + more.sum(),
        lambda t, more: kde(t, Y, classes=2).lower.information_x.value + more.sum(),
        lambda t, more: encoder_bounds(Gaussian(t, 1 + 0 * T), t).lower.value + more.sum(),
        lambda t, more: kde(T64, noise_variance=VARIANCE).lower.information_x.value + more.sum(),
        lambda t, more: binned(T64, edges="width", width=VARIANCE).information_x.value + more.sum(),
        lambda t, more: noisy(t[None], Y, 0.1, jax.random.key(0), classes=2).information_x.value + more.sum(),
        lambda t, more: discrete(jnp.abs(t) / jnp.abs(t).sum()).value + more.sum(),
    ],
)
def test_a_known_array_among_unknown_ones(measure):
    """Arrays of JAX that a jitted function closes over are known, yet whatever JAX does with them is traced."""
    t = jnp.asarray(T)
    np.testing.assert_allclose(jax.jit(lambda more: measure(t, more))(t), measure(t, t), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.float64, np.longdouble])
def test_what_is_centred_keeps_its_differences(dtype):
    t = (np.arange(9, dtype=dtype) * 3 + (2**63 if dtype == np.uint64 else 2**50))[:, None]
    (found,) = centred(t)
    np.testing.assert_array_equal(held("t", found)[:, 0], 3 * np.arange(-4, 5))
    first, second = centred(t[:4], t[4:])  # of one space: by one shift
    np.testing.assert_array_equal(np.concatenate([first, second]), found)


def test_what_32_bits_cannot_hold_is_refused_in_one_line():
    two_far = np.where(np.arange(60) < 30, 0, 1e9) + np.arange(60)
    tiny, overflowing = T[:, 0].astype(float) * 1e-50, np.where(np.arange(60) < 30, 0, 1e300)
    for values in (two_far, tiny, overflowing):
        with pytest.raises(InvalidInput) as error:
            ksg(values[:, None], T)
        assert_one_line(error, "x: ", "32 bits", "rescale it")
    with pytest.raises(InvalidInput):  # nor in one of two columns, unless it is nothing beside the other
        ksg(np.c_[two_far, T[:, 0]], T)
    ksg(np.c_[np.tanh(np.linspace(-20, 20, 60)), T[:, 0]], T)
    with pytest.raises(InvalidInput) as error:
        kde(two_far[:, None])
    assert_one_line(error, "t: ", "32 bits")


def test_saturated_units_of_64_bits_are_as_fine_as_their_bins():
    """Values within 1e-9 of 1 are one in 32 bits, and in any bin."""
    t = np.tanh(np.linspace(-20, 20, 60))[:, None]
    found, expected = (binned(each).information_x.value for each in (t, t.astype(np.float32)))
    assert found == expected


def test_what_is_not_valid_is_seen_inside_jit():
    fine = jax.jit(partial(valid, classes=2))
    t, y = jnp.zeros((2, 1)), jnp.arange(2)
    found = [fine(*both) for both in [(t, y), (t.at[1].set(jnp.nan), y), (t, y + 1), (t, y - 1)]]
    assert [bool(one) for one in found] == [True, False, False, False]


@pytest.mark.parametrize("estimator", [binned, kde])
def test_nan_under_vmap_is_nan_in_its_member_alone(estimator):
    t, y = np.stack([T] * 3), np.stack([Y] * 3)
    t[0, 7, 1], y[1, 5] = np.nan, 2
    measure = partial(estimator, classes=2)
    leaves = jax.tree.leaves(jax.jit(jax.vmap(measure))(t, y))
    found = np.array(leaves[::3])  # the values, without their ceilings and whether they are resolved
    np.testing.assert_array_equal(np.isnan(found), [[True, True, False]] * len(found))
    np.testing.assert_allclose(found[:, 2], jax.tree.leaves(measure(T, Y))[::3], atol=1e-6)


@pytest.mark.parametrize("erased", [0.0, 1.0])
def test_empty_columns_of_a_table_are_no_nan(erased):
    """An erasure channel at its ends: a letter that is never sent, or two that never are."""
    p_x = np.array([0.25, 0.75])
    found = discrete(np.hstack([np.diag(p_x) * (1 - erased), p_x[:, None] * erased]))
    np.testing.assert_allclose(found.value, (1 - erased) * -(p_x * np.log(p_x)).sum(), atol=1e-6)
