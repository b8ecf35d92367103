"""SAP against correlation coefficients, every possible cut, and codes that mix all factors evenly."""

from itertools import combinations_with_replacement

import numpy as np
import pytest

from vib.latent.disentanglement import sap


def every_cut(code, factor):
    """Balanced accuracy of the best thresholds by trying them all; classes in order of their means."""
    classes = np.unique(factor)
    classes = classes[np.argsort([code[factor == c].mean() for c in classes], kind="stable")]
    values = np.unique(code)
    cuts = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2, [np.inf]])
    best = 0
    for chosen in combinations_with_replacement(cuts, len(classes) - 1):
        guess = classes[np.searchsorted(chosen, code)]
        best = max(best, np.mean([(guess == c)[factor == c].mean() for c in classes]))
    return best


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("classes", [2, 3, 4])
def test_thresholds_are_the_best_of_all(seed, classes):
    random = np.random.default_rng(seed)
    factor = np.concatenate([np.arange(classes), random.integers(0, classes, 14 - classes)])
    z = np.stack([random.normal(size=14), random.integers(0, 4, 14) + 0.0, factor % 2 + random.normal(size=14)], axis=1)
    found = sap(z, factor[:, None], categorical=[0])
    expected = [every_cut(np.float32(code), factor) for code in z.T]
    np.testing.assert_allclose(found.predictability[:, 0], expected, atol=1e-12)


@pytest.mark.parametrize("scale", [1, 1e-18, 1e18])
def test_ordered_factors_are_squared_correlations(scale):
    random = np.random.default_rng(0)
    factors = random.integers(0, 9, (300, 2)) * [1, 5]
    z = np.float32((factors @ random.normal(size=(2, 3)) + random.normal(size=(300, 3))) * scale)
    found = sap(z, factors)
    expected = np.corrcoef((z / np.float64(scale)).T, factors.T)[:3, 3:] ** 2
    np.testing.assert_allclose(found.predictability, expected, rtol=1e-9)
    first, second = np.sort(expected, axis=0)[[-1, -2]]
    np.testing.assert_allclose(found.gaps, first - second, rtol=1e-9)
    np.testing.assert_allclose(found.score, (first - second).mean(), rtol=1e-9)


def test_even_mixtures_have_no_gap():
    """Every pair of values once; each code is a sum or a difference of both factors, and explains half of either."""
    factors = np.stack(np.meshgrid(np.arange(6), np.arange(6)), axis=-1).reshape(-1, 2)
    found = sap(factors @ np.array([[1, 1], [1, -1]]), factors)
    np.testing.assert_allclose(found.predictability, 0.5, atol=1e-12)
    np.testing.assert_allclose(found.score, 0, atol=1e-12)


def test_a_category_known_to_one_code_alone():
    """Its gap ends at the chance of the next code, and at 1 where that is constant."""
    shape = np.repeat(np.arange(3), 4)
    order = np.array([2.0, 0.0, 1.0])[shape]
    unrelated = np.tile([0.0, 0.0, 1.0, 1.0], 3)
    found = sap(np.stack([order, unrelated], axis=1), shape[:, None], categorical=(0,))
    np.testing.assert_allclose(found.predictability[:, 0], [1, 1 / 3], atol=1e-12)
    assert sap(np.stack([order, np.zeros(12)], axis=1), shape[:, None], categorical=(0,)).score == 1
