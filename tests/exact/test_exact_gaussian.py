"""The Gaussian frontier against a search over all linear codes, and against the scalar formula."""

import numpy as np
import pytest
from scipy.optimize import minimize

from vib.exact import (
    gaussian_active_dimensions,
    gaussian_critical_betas,
    gaussian_information_bottleneck,
    information_at,
)


def random_covariance(size, seed):
    root = np.random.default_rng(seed).normal(size=(size, size))
    return root @ root.T + 0.3 * np.eye(size)


def searched(covariance, dim_x, beta, seed):
    """The least beta I(X;T) - I(T;Y) over T = A X + noise with any square A, by a quasi-Newton search."""
    of_x, cross, of_y = covariance[:dim_x, :dim_x], covariance[:dim_x, dim_x:], covariance[dim_x:, dim_x:]
    left = of_x - cross @ np.linalg.solve(of_y, cross.T)

    def value(flat):
        a = flat.reshape(dim_x, dim_x)
        rate, lost = (np.linalg.slogdet(a @ part @ a.T + np.eye(dim_x))[1] / 2 for part in (of_x, left))
        return beta * rate - (rate - lost)

    start = np.random.default_rng(seed).normal(size=dim_x**2)
    return minimize(value, start, method="BFGS", options={"gtol": 1e-9, "maxiter": 2000}).fun


@pytest.mark.parametrize(("dim_x", "dim_y", "seed"), [(1, 2, 0), (2, 2, 1), (3, 2, 2)])
def test_no_linear_code_is_better_and_one_is_as_good(dim_x, dim_y, seed):
    covariance = random_covariance(dim_x + dim_y, seed)
    critical = gaussian_critical_betas(covariance, dim_x)
    betas = np.concatenate([critical * 0.7, critical * 0.97, critical * 1.03, [0.01]])
    betas = betas[betas < 1]
    curve = gaussian_information_bottleneck(covariance, dim_x, betas)
    for beta, found in zip(betas, betas * curve.rate - curve.information, strict=True):
        best = min(searched(covariance, dim_x, beta, start) for start in range(2))
        assert -1e-12 < best - found < 1e-7
    assert not curve.gap.any() and curve.certified.all()


def test_scalar_frontier():
    """Of a correlation rho: I(T;Y) = -log(1 - rho^2 (1 - exp(-2 R))) / 2, of slope beta."""
    rho, betas = 0.8, np.array([0.001, 0.1, 0.3, 0.6, 0.64, 0.65, 1, 4])
    curve = gaussian_information_bottleneck([[1, rho], [rho, 1]], 1, betas)
    np.testing.assert_allclose(curve.information, -np.log1p(-(rho**2) * -np.expm1(-2 * curve.rate)) / 2, atol=1e-13)
    kept = rho**2 * np.exp(-2 * curve.rate)
    slope = kept / (1 - rho**2 + kept)
    np.testing.assert_allclose(slope[:4], betas[:4], rtol=1e-12)
    np.testing.assert_allclose([curve.rate[4:], curve.information[4:]], 0, atol=1e-15)
    np.testing.assert_allclose(gaussian_critical_betas([[1, rho], [rho, 1]], 1), [rho**2], rtol=1e-14)


def test_critical_betas_are_where_dimensions_are_lost():
    """Independent pairs in awkward units: squared correlations, the extra direction of X has none."""
    rho = np.array([0.5, 0.9, 0.7])
    covariance = np.eye(7)
    for i, value in enumerate(rho):
        covariance[i, 4 + i] = covariance[4 + i, i] = value
    mix = np.zeros((7, 7))
    random = np.random.default_rng(0)
    mix[:4, :4], mix[4:, 4:] = random.normal(size=(4, 4)), random.normal(size=(3, 3))
    covariance = mix @ covariance @ mix.T
    critical = gaussian_critical_betas(covariance, 4)
    np.testing.assert_allclose(critical, [0.81, 0.49, 0.25], rtol=1e-10)
    betas = np.array([0, 0.1, 0.24, 0.26, 0.48, 0.5, 0.8, 0.82, 2])
    np.testing.assert_array_equal(gaussian_active_dimensions(covariance, 4, betas), [3, 3, 3, 2, 2, 1, 1, 0, 0])
    curve = gaussian_information_bottleneck(covariance, 4, np.sort(np.append(betas, np.geomspace(1e-9, 1, 500))))
    total = -np.log1p(-(rho**2)).sum() / 2
    assert np.isinf(curve.rate[0]) and abs(curve.information[0] - total) < 1e-10
    assert (np.diff(curve.rate) <= 0).all() and (np.diff(curve.information) <= 0).all()
    assert (curve.information <= np.minimum(curve.rate, total) + 1e-10).all()
    np.testing.assert_allclose(information_at(curve, curve.rate), curve.information, rtol=0, atol=1e-3)
    np.testing.assert_allclose(information_at(curve, 1e3), total, atol=1e-10)


@pytest.mark.parametrize("seed", range(4))
def test_units_and_order_of_the_coordinates_do_not_matter(seed):
    random, betas = np.random.default_rng(seed), [0.05, 0.3, 0.6, 0.9]
    covariance = random_covariance(5, seed)
    std = np.sqrt(np.diag(covariance))
    units = 10 ** random.permutation(np.linspace(-6, 6, 5)) / std
    order = np.append(random.permutation(3), 3 + random.permutation(2))
    other = (covariance * np.outer(units, units))[np.ix_(order, order)]
    critical, curve = gaussian_critical_betas(covariance, 3), gaussian_information_bottleneck(covariance, 3, betas)
    np.testing.assert_allclose(gaussian_critical_betas(other, 3), critical, rtol=1e-11)
    found = gaussian_information_bottleneck(other, 3, betas)
    np.testing.assert_allclose(found.rate, curve.rate, rtol=0, atol=1e-11)
    np.testing.assert_allclose(found.information, curve.information, rtol=0, atol=1e-11)
    np.testing.assert_allclose(gaussian_critical_betas([[1e12, 0.9], [0.9, 1e-12]], 1), [0.81], rtol=1e-14)


def test_independent_gaussians():
    curve = gaussian_information_bottleneck(np.diag([1.0, 2, 3]), 2, [0, 0.5])
    assert not curve.rate.any() and not curve.information.any()
