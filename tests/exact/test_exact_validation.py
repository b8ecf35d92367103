"""What the exact frontiers cannot mean is told in one line that names the field, the value and the remedy."""

from functools import partial

import numpy as np
import pytest
from conftest import assert_one_line

from vib import exact
from vib.errors import InvalidInput

TABLE, BETAS = np.full((3, 2), 1 / 6), [0.1, 0.5]
UNIT = np.eye(3)
JOINT_SOLVERS = (exact.information_bottleneck, exact.deterministic_information_bottleneck)


@pytest.mark.parametrize("solve", [*JOINT_SOLVERS, lambda p_xy, betas: exact.critical_beta(p_xy)])
@pytest.mark.parametrize(
    ("p_xy", "words"),
    [
        (TABLE * [[1], [-1], [3]], ("p_xy", "-0.167", ">= 0")),
        (TABLE * 2, ("p_xy", "sums to 2", "divide it by its sum")),
        (TABLE * [[2], [0], [1]], ("p_xy", "row 1 ", "leave out inputs that never occur")),
        (TABLE * np.nan, ("p_xy", "NaN")),
        (TABLE[0], ("p_xy", "(2,)", "[inputs, labels]")),
        (TABLE[None], ("p_xy", "(1, 3, 2)", "[inputs, labels]")),
        (np.zeros((0, 2)), ("p_xy", "(0, 2)", "[inputs, labels]")),
        ([[0.5, 0.5], [1]], ("p_xy", "not an array of numbers")),
        (np.full((4, 1), 0.25), ("p_xy", "(4, 1)", "at least two inputs and two labels")),
        (np.full((1, 4), 0.25), ("p_xy", "(1, 4)", "at least two inputs and two labels")),
    ],
)
def test_joints(solve, p_xy, words):
    with pytest.raises(InvalidInput) as error:
        solve(p_xy, BETAS)
    assert_one_line(error, *words)


@pytest.mark.parametrize(
    "solve",
    [
        *(partial(solve, TABLE) for solve in JOINT_SOLVERS),
        partial(exact.gaussian_information_bottleneck, UNIT, 1),
        partial(exact.gaussian_active_dimensions, UNIT, 1),
        partial(exact.symmetric_source, 0.1),
        partial(exact.erasure, [0.5, 0.5], 0.1),
        partial(exact.deterministic_label, [0.5, 0.5]),
    ],
)
@pytest.mark.parametrize(
    ("betas", "words"),
    [
        ([0.1, -0.2], ("betas", "-0.2", ">= 0")),
        ([0.1, np.nan], ("betas", "NaN", "finite")),
        ([np.inf], ("betas", "infinity", "finite")),
        ([], ("betas", "(0,)", "[beta]")),
        (0.5, ("betas", "()", "[beta]")),
    ],
)
def test_betas(solve, betas, words):
    with pytest.raises(InvalidInput) as error:
        solve(betas)
    assert_one_line(error, *words)


@pytest.mark.parametrize(
    ("covariance", "dim_x", "words"),
    [
        ([[1, 0.5], [0.4, 1]], 1, ("covariance", "0.5 at [0, 1]", "0.4 at [1, 0]", "symmetric")),
        ([[1e-12, 5e-13], [4e-13, 1e-12]], 1, ("covariance", "5e-13 at [0, 1]", "symmetric")),
        ([[1, 2], [2, 1]], 1, ("covariance", "-1", "positive definite")),
        ([[1, 1], [1, 1]], 1, ("covariance", "eigenvalue", "positive definite")),
        ([[1, 1e-6], [1e-6, 1e-12]], 1, ("covariance", "eigenvalue", "positive definite")),
        ([[1, 0], [0, 0]], 1, ("covariance", "variance 0 of coordinate 1", "variances > 0")),
        ([[-2, 0], [0, 1]], 1, ("covariance", "variance -2 of coordinate 0", "variances > 0")),
        (UNIT[:2], 1, ("covariance", "(2, 3)", "square")),
        (UNIT * np.nan, 1, ("covariance", "NaN")),
        (UNIT[0], 1, ("covariance", "(3,)")),
        (UNIT, 3, ("dim_x", "3", "1 to 2")),
        (UNIT, 0, ("dim_x", "0", "1 to 2")),
        (UNIT, 1.5, ("dim_x", "1.5", "whole number")),
        (UNIT, True, ("dim_x", "True", "whole number")),
    ],
)
def test_covariances(covariance, dim_x, words):
    for solve in (exact.gaussian_critical_betas, partial(exact.gaussian_information_bottleneck, betas=BETAS)):
        with pytest.raises(InvalidInput) as error:
            solve(covariance, dim_x)
        assert_one_line(error, *words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact.symmetric_source(1.0, BETAS), ("crossover", "1.0", "between 0 and 1")),
        (lambda: exact.symmetric_source_information("a", 1), ("crossover", "'a'", "between 0 and 1")),
        (lambda: exact.symmetric_source_information(0.1, -1), ("rate", "-1", ">= 0")),
        (lambda: exact.erasure([0.5, 0.6], 0.1, BETAS), ("p_x", "sums to 1.1", "divide")),
        (lambda: exact.erasure([0.5, 0.5], 0, BETAS), ("probability", "0", "between 0 and 1")),
        (lambda: exact.deterministic_label([1.5, -0.5], BETAS), ("p_y", "-0.5", ">= 0")),
        (lambda: exact.reciprocal_beta([2, 0]), ("beta", "0", "> 0")),
        (lambda: exact.reciprocal_beta(np.nan), ("beta", "nan", "> 0")),
        (
            lambda: exact.information_at(exact.deterministic_information_bottleneck(TABLE, BETAS), 1),
            ("curve", "NaN", "information_bottleneck"),
        ),
    ],
)
def test_the_rest(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
