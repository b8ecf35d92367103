"""The discrete solver against frontiers known in closed form, and the closed forms against other routes to them."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.stats import entropy

from vib import data
from vib.exact import (
    critical_beta,
    deterministic_label,
    erasure,
    information_bottleneck,
    symmetric_source,
    symmetric_source_information,
)

BETAS = np.concatenate([[0, 1e-12, 1e-9, 1e-6, 1e-3], np.linspace(0.01, 1.5, 60)])
CLOSE = 1e-9


def lagrangian(curve):
    return curve.betas * curve.rate - curve.information


def assert_same(found, exact, critical, tolerance=CLOSE):
    """Equal Lagrangians everywhere; equal places but where the rate jumps or bends, which is ill-conditioned."""
    np.testing.assert_array_equal(found.betas, exact.betas)
    np.testing.assert_allclose(lagrangian(found), lagrangian(exact), rtol=0, atol=tolerance)
    assert (found.gap >= 0).all() and found.gap.max() <= 1.2e-9
    away = np.abs(found.betas - critical) > 0.02
    np.testing.assert_allclose(found.rate[away], exact.rate[away], rtol=0, atol=tolerance)
    np.testing.assert_allclose(found.information[away], exact.information[away], rtol=0, atol=tolerance)


@pytest.mark.parametrize("crossover", [0.02, 0.1, 0.3, 0.9])
def test_symmetric_source(crossover):
    """Mrs Gerber's curve, for two labels certified."""
    p_xy = np.array([[1 - crossover, crossover], [crossover, 1 - crossover]]) / 2
    critical = (1 - 2 * crossover) ** 2
    found, exact = information_bottleneck(p_xy, BETAS), symmetric_source(crossover, BETAS)
    assert_same(found, exact, critical)
    assert found.certified.all() and exact.certified.all() and not exact.gap.any()
    np.testing.assert_allclose(critical_beta(p_xy), critical, atol=1e-12)
    at = symmetric_source_information(crossover, exact.rate)
    np.testing.assert_allclose(at, exact.information, rtol=0, atol=1e-13)


def test_symmetric_source_is_what_a_search_over_channels_finds():
    """Minimised over the crossover d of T by a one-dimensional search; far rates are flat."""
    crossover, beta = 0.2, 0.15

    def value(d):
        through = crossover + (1 - 2 * crossover) * d
        rate, information = (np.log(2) - entropy([p, 1 - p]) for p in (d, through))
        return beta * rate - information

    best = minimize_scalar(value, bounds=(0, 0.5), method="bounded", options={"xatol": 1e-12})
    curve = symmetric_source(crossover, [beta])
    np.testing.assert_allclose(lagrangian(curve), best.fun, rtol=0, atol=1e-14)
    np.testing.assert_allclose(curve.rate, np.log(2) - entropy([best.x, 1 - best.x]), atol=1e-6)
    most = np.log(2) - entropy([crossover, 1 - crossover])
    ends = symmetric_source_information(crossover, [0, np.log(2), 5])
    np.testing.assert_allclose(ends, [0, most, most], atol=1e-14)


def test_independent_symmetric_source_keeps_nothing():
    curve = symmetric_source(0.5, BETAS)
    assert not curve.rate.any() and not curve.information.any()


@pytest.mark.parametrize(("p_x", "probability"), [((0.5, 0.5), 0.3), ((0.2, 0.3, 0.5), 0.6)])
def test_erasure(p_x, probability):
    """I(T;Y) = (1 - e) I(X;T): everything below beta = 1 - e, then nothing."""
    p_xy = np.concatenate([np.diag(p_x) * (1 - probability), probability * np.array(p_x)[:, None]], 1)
    found = information_bottleneck(p_xy, BETAS)
    assert_same(found, erasure(p_x, probability, BETAS), 1 - probability)
    np.testing.assert_allclose(critical_beta(p_xy), 1 - probability, atol=1e-12)
    np.testing.assert_allclose(found.information, (1 - probability) * found.rate, atol=CLOSE)


def test_label_that_is_a_function_of_x():
    """Straight to (H(Y), H(Y)), whatever else X holds; certified by data processing."""
    p_xy = np.array([[0.1, 0, 0], [0, 0.3, 0], [0.15, 0, 0], [0, 0, 0.25], [0, 0.2, 0]])
    found, exact = information_bottleneck(p_xy, BETAS), deterministic_label(p_xy.sum(0), BETAS)
    assert_same(found, exact, 1, 1e-14)
    assert found.certified.all() and found.gap.max() < 1e-14
    np.testing.assert_allclose(exact.rate[0], entropy([0.25, 0.5, 0.25]), atol=1e-15)
    assert critical_beta(p_xy) == pytest.approx(1, abs=1e-12)


def test_corner_of_the_twelve_bit_task():
    p_xy = data.load("szt").exact.p_xy
    found = information_bottleneck(p_xy, [0, 1e-3, 0.5, 0.99, 1, 2])
    np.testing.assert_allclose(found.rate[:4] / np.log(2), 0.9991571, rtol=0, atol=5e-8)
    np.testing.assert_allclose(found.information[:4], found.rate[:4], rtol=0, atol=1e-14)
    assert not found.rate[4:].any() and not found.information[4:].any()
    assert found.certified.all() and found.gap.max() < 1e-14
