"""Quality of samples: against closed forms, an independent root of matrices, and balls one by one."""

import numpy as np
import pytest
from conftest import assert_one_line
from scipy.linalg import sqrtm

from vib.errors import InvalidInput
from vib.latent import quality
from vib.latent.quality import covered, frechet


def exactly(mean, covariance, count, seed=0):
    """Points whose sample mean and covariance are exactly these: [count, features]."""
    x = np.random.default_rng(seed).normal(size=(count, len(mean)))
    x -= x.mean(0)
    x = x @ np.linalg.inv(np.linalg.cholesky(np.atleast_2d(np.cov(x, rowvar=False)))).T
    return x @ np.linalg.cholesky(covariance).T + mean


def covariance(width, seed):
    root = np.random.default_rng(seed).normal(size=(width, width))
    return root @ root.T + 0.1 * np.eye(width)


def test_frechet_of_independent_coordinates_is_the_closed_form():
    a, b = np.array([1.0, 2.0, 0.5]), np.array([0.3, 2.5, 3.0])
    one, other = exactly(np.zeros(3), np.diag(a**2), 50), exactly(np.array([1.0, -2.0, 0.0]), np.diag(b**2), 80, 1)
    assert frechet(one, other) == pytest.approx(5 + ((a - b) ** 2).sum(), rel=1e-10)


def test_frechet_of_full_covariances_is_that_of_another_root():
    a, b = covariance(5, 0), covariance(5, 1)
    mean = np.arange(5.0)
    one, other = exactly(np.zeros(5), a, 60), exactly(mean, b, 40, 1)
    expected = mean @ mean + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet(one, other) == pytest.approx(expected, rel=1e-8)
    assert frechet(other, one) == pytest.approx(expected, rel=1e-8)


def test_frechet_follows_scale_and_rotation_and_vanishes_for_equal_moments():
    a, b = exactly(np.zeros(4), covariance(4, 0), 50), exactly(np.ones(4), covariance(4, 1), 50, 1)
    turn = np.linalg.qr(covariance(4, 2))[0]
    assert frechet(3 * a @ turn, 3 * b @ turn) == pytest.approx(9 * frechet(a, b), rel=1e-8)
    again = exactly(np.zeros(4), covariance(4, 0), 70, 3)
    assert 0 <= frechet(a, again) < 1e-8 and 0 <= frechet(a, a) < 1e-8


def test_frechet_of_one_feature_and_of_fewer_examples_than_features():
    assert frechet(exactly(np.zeros(1), np.eye(1), 20), exactly(np.ones(1), 9 * np.eye(1), 20)) == pytest.approx(5)
    random = np.random.default_rng(0)
    a, b = random.normal(size=(6, 20)), random.normal(size=(8, 20))
    moments = [np.cov(x, rowvar=False) for x in (a, b)]
    # the root of a singular product: by singular values of the product of two roots
    roots = [vectors * np.sqrt(np.maximum(values, 0)) for values, vectors in map(np.linalg.eigh, moments)]
    cross = np.linalg.svd(roots[0].T @ roots[1], compute_uv=False).sum()
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + sum(map(np.trace, moments)) - 2 * cross
    assert frechet(a, b) == pytest.approx(expected, rel=1e-6)


def one_by_one(points, queries):
    """Share of queries in some ball, by loops."""
    inside = 0
    for query in queries:
        for i, point in enumerate(points):
            others = sorted(np.sqrt(((point - other) ** 2).sum()) for j, other in enumerate(points) if j != i)
            if np.sqrt(((point - query) ** 2).sum()) <= others[2]:
                inside += 1
                break
    return inside / len(queries)


@pytest.mark.parametrize("width", [1, 4])
def test_covered_is_what_loops_find(width):
    random = np.random.default_rng(0)
    points, queries = random.normal(size=(30, width)), 2 * random.normal(size=(40, width)) + 0.5
    share = covered(points, queries)
    assert share == one_by_one(points, queries) and 0 < share < 1


def test_covered_is_the_same_in_parts(monkeypatch):
    random = np.random.default_rng(0)
    points, queries = random.normal(size=(50, 3)), 2 * random.normal(size=(70, 3))
    whole = covered(points, queries)
    monkeypatch.setattr(quality, "ROWS", 7)
    assert covered(points, queries) == whole


def test_identical_sets_are_all_covered_however_far_out_and_however_often_each_occurs():
    x = np.random.default_rng(0).normal(size=(40, 8))
    for same in (x, x + 1e4, np.repeat(x[:5], 8, axis=0), np.ones((12, 8))):
        found = quality.quality(same, same)
        assert (found.precision, found.recall) == (1, 1)
        assert found.frechet < 1e-6


def test_large_whole_numbers_are_as_good_as_small_ones():
    real, samples = np.random.default_rng(0).integers(0, 99, (2, 40, 3))
    expected = quality.quality(real, samples)
    np.testing.assert_allclose(quality.quality(real + 2**60, samples + 2**60), expected, rtol=1e-9)


def test_dropped_modes_cost_recall_and_not_precision():
    random = np.random.default_rng(0)
    modes = 20 * np.eye(4)
    real = np.concatenate([mode + random.normal(size=(100, 4)) for mode in modes])
    samples = np.concatenate([mode + 0.9 * random.normal(size=(200, 4)) for mode in modes[:2]])
    few, all_of_them = quality.quality(real, samples), quality.quality(real, real[::-1])
    assert few.precision > 0.9 and few.recall <= 0.5 and few.recall > 0.4
    assert all_of_them.recall == 1 and few.frechet > all_of_them.frechet + 100


def test_noise_around_the_data_costs_precision_and_not_recall():
    random = np.random.default_rng(0)
    real = random.normal(size=(200, 4))
    samples = np.concatenate([random.normal(size=(200, 4)), 30 + random.normal(size=(200, 4))])
    found = quality.quality(real, samples)
    assert found.recall > 0.9 and 0.4 < found.precision <= 0.5


def test_samples_far_from_everything_and_samples_that_are_all_alike():
    real = np.random.default_rng(0).normal(size=(50, 4))
    assert quality.quality(real, real + 100)[1:] == (0, 0)
    alike = quality.quality(real, np.tile(real[:1], (50, 1)))
    assert alike.precision == 1 and alike.recall == 1 / 50  # the one example that all of them are


@pytest.mark.parametrize(
    ("real", "samples", "words"),
    [
        (np.zeros((9, 3)), np.zeros((9, 4)), ["samples", "(9, 4)", "[M, 3]"]),
        (np.zeros((9, 3)), np.zeros(9), ["samples", "(9,)"]),
        (np.zeros((9, 3)), np.zeros((4, 3)), ["samples", "4 are too few", "5"]),
        (np.zeros((9, 3)), np.full((9, 3), np.nan), ["samples", "NaN"]),
        (np.full((9, 3), np.inf), np.zeros((9, 3)), ["samples", "infinity"]),
    ],
)
def test_door(real, samples, words):
    with pytest.raises(InvalidInput) as error:
        quality.quality(real, samples)
    assert_one_line(error, *words)
