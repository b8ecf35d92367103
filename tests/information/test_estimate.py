"""Estimates pass through jit and vmap with their kind; values that cannot be right are flagged."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.information import FLAGS, Bounds, Estimate, Information, checks, flag

NAN, INFINITE = float("nan"), float("inf")


def test_kind_survives_jit_and_vmap():
    def measure(value):
        one = Estimate(value, value + 1, "lower")
        return Bounds(Information(one, None), Information(Estimate(2 * value, value + 1, "upper"), None))

    found = jax.jit(jax.vmap(jax.vmap(measure)))(jnp.arange(6.0).reshape(2, 3))
    assert (found.lower.information_x.kind, found.upper.information_x.kind) == ("lower", "upper")
    assert found.lower.information_y is None
    np.testing.assert_array_equal(found.lower.information_x.resolved, np.ones((2, 3), bool))
    np.testing.assert_array_equal(found.upper.information_x.value, 2 * np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(found.lower.information_x.ceiling, np.arange(6.0).reshape(2, 3) + 1)


@pytest.mark.parametrize(
    ("value", "ceiling", "name"),
    [
        (1.0, 2.0, "fine"),
        (0.0, 2.0, "fine"),
        (2.0, 2.0, "fine"),
        (2.0005, 2.0, "fine"),
        (2.002, 2.0, "above_ceiling"),
        (-0.0005, 2.0, "fine"),
        (-0.002, 2.0, "below_zero"),
        (1e9, INFINITE, "fine"),
        (1e9, NAN, "fine"),
        (NAN, 2.0, "not_finite"),
        (-INFINITE, 2.0, "not_finite"),
        (INFINITE, INFINITE, "not_finite"),
    ],
)
def test_flags(value, ceiling, name):
    for kind in ("lower", "upper", "estimate", "exact"):
        assert FLAGS[int(flag(value, ceiling, kind))] == name


def test_an_estimate_that_saturates_is_unresolved_near_its_ceiling():
    values = np.array([1.0, 1.89, 1.91, 2.0, 2.1, -1.0, NAN], np.float32)
    names = ["fine", "fine", "unresolved", "unresolved", "above_ceiling", "below_zero", "not_finite"]
    for kind in ("lower", "estimate"):
        assert [FLAGS[code] for code in flag(values, 2.0, kind, saturating=True)] == names
    unresolved = FLAGS.index("unresolved")
    assert unresolved not in flag(values, 2.0, "upper", saturating=True)
    assert unresolved not in flag(values, 2.0, "lower")


def test_what_an_estimator_does_not_resolve_is_not_fine():
    values, resolved = np.array([1.0, 1.0, 3.0, -1.0, NAN], np.float32), np.array([True, False, False, False, False])
    names = ["fine", "unresolved", "above_ceiling", "below_zero", "not_finite"]
    assert [FLAGS[code] for code in flag(values, 2.0, "estimate", resolved=resolved)] == names


def test_tolerance_is_that_of_the_estimate():
    assert FLAGS[int(flag(-0.05, 1.0, "estimate", 0.1))] == "fine"
    assert FLAGS[int(flag(-0.15, 1.0, "estimate", 0.1))] == "below_zero"
    assert FLAGS[int(flag(1.05, 1.0, "estimate", 0.1))] == "fine"


def test_flags_are_small_whole_numbers_of_the_common_shape():
    codes = jax.jit(lambda values: flag(values, jnp.ones((3, 1)), "exact"))(jnp.asarray([0.5, 2.0]))
    assert codes.dtype == jnp.int8
    np.testing.assert_array_equal(codes, [[0, 2]] * 3)


def test_an_unknown_kind_is_told():
    with pytest.raises(InvalidInput) as error:
        flag(1.0, 2.0, "uper")
    assert_one_line(error, "kind", "'uper'", "'upper'")


@pytest.mark.parametrize(
    ("t", "words"),
    [
        (np.zeros(3), ("t: shape (3,)", "[N, width]")),
        (np.zeros((2, 3, 4)), ("t: shape (2, 3, 4)", "[N, width]")),
        (np.zeros((3, 0)), ("t: shape (3, 0)", "[N, width]")),
        (np.zeros((1, 3)), ("t: 1 samples", "2")),
        (np.full((3, 2), np.nan), ("t: holds NaN",)),
        (np.array([[0.0], [np.inf]]), ("t: holds", "infinity")),
        (np.zeros((3, 2), complex), ("t: complex", "real")),
        (np.array([["a"], ["b"]]), ("t:", "real")),
    ],
)
def test_samples_that_are_none(t, words):
    with pytest.raises(InvalidInput) as error:
        checks.samples("t", t)
    assert_one_line(error, *words)


@pytest.mark.parametrize(
    ("dtype", "kept"),
    [(np.float16, np.float32), (jnp.bfloat16, np.float32), (np.int32, np.float32), (bool, np.float32)],
)
def test_samples_become_floats(dtype, kept):
    assert checks.held("t", checks.samples("t", np.ones((2, 3), dtype))).dtype == kept
    with jax.enable_x64(True):
        for wide in (float, int):
            assert checks.held("t", checks.samples("t", np.ones((2, 3), wide))).dtype == np.float64


@pytest.mark.parametrize(
    ("y", "classes", "words"),
    [
        (np.zeros(4, int), None, ("y: shape (4,)", "3 samples")),
        (np.zeros((3, 1), int), None, ("y: shape (3, 1)", "3 samples")),
        (np.zeros(3), None, ("y: float", "whole numbers")),
        (np.array(["a", 1, None]), None, ("y: Python objects", "astype(str)")),
        (np.array([0, -1, 1]), 2, ("y: labels from -1 to 1", "0 .. 1")),
        (np.array([0, 2, 1]), 2, ("y: labels from 0 to 2", "0 .. 1")),
        (np.array([0, 0, 0]), 0, ("classes", ": 0;")),
    ],
)
def test_labels_that_are_none(y, classes, words):
    with pytest.raises(InvalidInput) as error:
        checks.labels(y, 3, classes)
    assert_one_line(error, *words)


def test_the_number_of_labels_is_needed_inside_jit():
    with pytest.raises(InvalidInput) as error:
        jax.jit(lambda y: checks.labels(y, 3)[0])(jnp.zeros(3, int))
    assert_one_line(error, "classes", "jit")
    assert checks.labels(np.array([0, 2, 0]), 3)[1] == 2
