"""The information matrix against scikit-learn and hand-built tables; MIG and modularity in closed form."""

import numpy as np
import pytest
from conftest import assert_one_line
from sklearn.metrics import mutual_info_score

from vib.errors import InvalidInput
from vib.latent.disentanglement import information_matrix, mig, modularity
from vib.latent.disentanglement.gap import _modularity

FLOAT32 = 1e-5


def of_histogram(z, factors, bins):
    """The same by NumPy's own edges and scikit-learn's counts, code by code."""
    cells = [np.digitize(code, np.histogram_bin_edges(code, bins)[1:-1]) for code in z.T]
    return np.array([[mutual_info_score(cell, factor) for factor in factors.T] for cell in cells])


@pytest.mark.parametrize(("count", "bins"), [(2, 20), (1024, 20), (1025, 20), (3000, 7), (5000, 33)])
def test_matrix_is_that_of_histograms(count, bins):
    random = np.random.default_rng(count)
    factors = np.stack([random.permutation(count) % values for values in (2, 3, 40)], axis=1)
    z = np.float32(factors @ random.normal(size=(3, 5)) + random.normal(size=(count, 5)))
    found = information_matrix(z, factors, bins)
    np.testing.assert_allclose(found.information, of_histogram(z, factors, bins), atol=FLOAT32)
    np.testing.assert_allclose(found.entropy, [mutual_info_score(f, f) for f in factors.T], rtol=FLOAT32)


@pytest.mark.parametrize("scale", [1, 0.1, 1 / 3, 1e-30, 1e30])
def test_codes_on_the_edges_fall_as_in_numpy(scale):
    """Values on a lattice lie on edges of bins: which side they are on is pinned, to the last bit."""
    random = np.random.default_rng(0)
    whole = random.integers(0, 41, (2000, 4)) - [0, 20, 7, 100]
    z, factors = np.float32(whole * scale), random.integers(0, 41, (2000, 2)) // [1, 5] + whole[:, :2] // 3
    np.testing.assert_allclose(information_matrix(z, factors).information, of_histogram(z, factors, 20), atol=FLOAT32)


def test_of_independent_codes_it_has_the_known_bias():
    """(bins - 1)(values - 1) / 2N in the mean, for bins that are all in use."""
    random = np.random.default_rng(0)
    z, factors = random.uniform(size=(4000, 64)), np.arange(4000)[:, None] % 9
    np.testing.assert_allclose(np.mean(information_matrix(z, factors).information), 19 * 8 / 8000, rtol=0.05)


def test_a_constant_code_knows_exactly_nothing():
    factors = np.arange(3000)[:, None] % [7, 11]
    z = np.stack([np.full(3000, 0.1), factors[:, 0]], axis=1)
    assert (np.asarray(information_matrix(z, factors).information[0]) == 0).all()


def test_values_of_factors_are_names():
    random = np.random.default_rng(0)
    z, factors = random.normal(size=(500, 2)), random.integers(0, 4, (500, 2))
    names = np.array([-3, 10**12, 7, 8])
    for one, other in zip(information_matrix(z, factors), information_matrix(z, names[factors]), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-6)


def test_an_overflowing_range_is_told():
    with pytest.raises(InvalidInput) as error:
        information_matrix(np.float32([[-3e38], [3e38], [0]]), np.array([[0], [1], [1]]))
    assert_one_line(error, "z: the range", "rescale")


def test_gap_of_known_tables():
    """A factor of 4 values; one code knows it, one knows half of it, one tells a noisy bit (3 right of 4)."""
    factor = np.repeat(np.arange(4), 8)
    noisy = (factor // 2 + np.tile([0, 0, 0, 1], 8)) % 2
    bit = np.log(2) - (0.75 * np.log(4 / 3) + 0.25 * np.log(4))
    z, factors = np.stack([noisy, factor, factor // 2, np.zeros(32)], axis=1), np.stack([factor, factor // 2], axis=1)
    found = mig(z, factors)
    expected = [[bit, bit], [np.log(4), np.log(2)], [np.log(2), np.log(2)], [0, 0]]
    np.testing.assert_allclose(found.information, expected, atol=1e-6)
    np.testing.assert_allclose(found.gaps, [0.5, 0], atol=1e-6)
    np.testing.assert_allclose(found.score, 0.25, atol=1e-6)
    assert found.best[0] == 1
    np.testing.assert_allclose(mig(z[:, [0, 2]], factors).gaps[1], 1 - bit / np.log(2), atol=1e-6)


def test_more_values_than_bins_stay_below_one():
    factor = np.arange(4000) % 40
    found = mig(np.stack([factor, np.zeros(4000)], axis=1), factor[:, None])
    np.testing.assert_allclose(found.score, np.log(20) / np.log(40), atol=1e-6)


def test_modularity_of_a_known_matrix():
    found = _modularity(np.float32([[2, 0, 0], [1, 1, 1], [0, 0, 0], [4e-30, 2e-30, 0], [0, 1, 3]]))
    # 1 - sum of squares of the others over the largest squared and F - 1 = 2
    expected = [1, 0, 0, 1 - 0.25 / 2, 1 - 1 / 9 / 2]
    np.testing.assert_allclose(found.dimensions, expected, rtol=1e-6)
    np.testing.assert_allclose(found.score, np.sum(expected) / 4, rtol=1e-6)  # the third says nothing


def test_modularity_reads_the_matrix():
    random = np.random.default_rng(0)
    factors = random.integers(0, 5, (2000, 3))
    z = factors @ random.normal(size=(3, 4))
    found = modularity(z, factors)
    np.testing.assert_array_equal(found.information, information_matrix(z, factors).information)
    squared = np.asarray(found.information) ** 2
    others = squared.sum(1) - squared.max(1)
    np.testing.assert_allclose(found.dimensions, 1 - others / squared.max(1) / 2, rtol=FLOAT32)
