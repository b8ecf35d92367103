"""The parts of a rate: by brute force, and for Gaussian codes whose parts are known in closed form."""

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.latent.anomaly import distance_to_aggregate
from vib.latent.decomposition import decomposition


def gaussian_codes(covariance, std, count, draws, seed=0):
    """Codes with means N(0, covariance), one std for all: (q, rows, z, log N(z; 0, I))."""
    random = np.random.default_rng(seed)
    mean = random.multivariate_normal(np.zeros(len(covariance)), covariance, count)
    rows = random.permutation(count)[:draws]
    z = mean[rows] + std * random.normal(size=(draws, len(covariance)))
    return Gaussian(mean, np.full_like(mean, std)), rows, z, norm.logpdf(z).sum(-1)


def any_codes(count=6, draws=40, latent=3, seed=0):
    random = np.random.default_rng(seed)
    q = Gaussian(random.normal(size=(count, latent)), random.uniform(0.2, 1.5, (count, latent)))
    rows = random.integers(count, size=draws)
    z = q.mean[rows] + q.std[rows] * random.normal(size=(draws, latent))
    return q, rows, z, random.normal(size=draws)


def brute_force(q, rows, z, log_r):
    """The three parts of each draw in float64, one loop a sum of the definition."""
    parts = []
    for row, point, r in zip(rows, z, log_r, strict=True):
        own = norm.logpdf(point, q.mean[row], q.std[row]).sum()
        whole = np.log(np.mean([np.exp(norm.logpdf(point, m, s).sum()) for m, s in zip(*q, strict=True)]))
        each = [np.log(norm.pdf(point[d], q.mean[:, d], q.std[:, d]).mean()) for d in range(len(point))]
        parts.append([own - whole, whole - sum(each), sum(each) - r])
    return np.array(parts)


def test_parts_and_their_errors_are_those_of_the_definition():
    given = any_codes()
    parts, found = brute_force(*given), decomposition(*given)
    np.testing.assert_allclose(found[:3], parts.mean(0), atol=3e-6)
    np.testing.assert_allclose(found.standard_error, parts.std(0, ddof=1) / np.sqrt(40), rtol=1e-4)
    assert found.marginal_kl_error == pytest.approx(parts[:, 1:].sum(1).std(ddof=1) / np.sqrt(40), rel=1e-4)
    assert found.marginal_kl == pytest.approx(found.total_correlation + found.dimension_wise, abs=1e-12)
    assert found.ceiling == pytest.approx(np.log(6))


def test_parts_sum_to_the_rate_of_the_draws():
    q, rows, z, log_r = any_codes(count=300, draws=1000, latent=5)
    rate = (norm.logpdf(z, q.mean[rows], q.std[rows]).sum(-1) - log_r).mean()
    assert sum(decomposition(q, rows, z, log_r)[:3]) == pytest.approx(rate, abs=2e-5)


COVARIANCE = np.array([[1.0, 0.6, 0.0], [0.6, 0.8, 0.0], [0.0, 0.0, 0.3]])


def test_gaussian_codes_have_the_parts_of_gaussians():
    """Of 4000 codes the aggregate is N(0, covariance + std^2 I) up to about 10^-2 nats: three terms in closed form."""
    std = 0.7
    found = decomposition(*gaussian_codes(COVARIANCE, std, 4000, 3000))
    whole = COVARIANCE + std**2 * np.eye(3)
    variances = np.diag(whole)
    information = np.linalg.slogdet(whole / std**2)[1] / 2
    correlation = (np.log(variances).sum() - np.linalg.slogdet(whole)[1]) / 2
    dimension_wise = ((variances - 1 - np.log(variances)) / 2).sum()
    expected = np.array([information, correlation, dimension_wise])
    apart = np.abs(np.array(found[:3]) - expected)
    # the sample's own covariance is off by 1 / sqrt(4000) as well
    assert np.all(apart < 4 * found.standard_error + 0.02), (found, expected)
    assert correlation > 0.1 and found.total_correlation > 5 * found.standard_error[1]
    assert found.marginal_kl == pytest.approx(
        (np.trace(whole) - 3 - np.linalg.slogdet(whole)[1]) / 2, abs=4 * np.hypot(*found.standard_error[1:]) + 0.02
    )


def test_independent_dimensions_have_no_total_correlation():
    found = decomposition(*gaussian_codes(np.diag([1.0, 0.5]), 0.8, 4000, 3000))
    assert abs(found.total_correlation) < 4 * found.standard_error[1] + 0.005


def test_codes_equal_to_the_prior_have_three_zeros():
    q = Gaussian(np.zeros((50, 3)), np.ones((50, 3)))
    z = np.random.default_rng(0).normal(size=(200, 3))
    found = decomposition(q, np.arange(200) % 50, z, norm.logpdf(z).sum(-1))
    np.testing.assert_allclose(found[:3], 0, atol=2e-6)


def test_codes_far_apart_tell_which_they_are_and_no_more():
    """log N nats, and all parts at least zero but for noise."""
    q, rows, z, log_r = gaussian_codes(np.eye(2) * 100, 1e-3, 200, 200)
    found = decomposition(q, rows, z, log_r)
    assert found.index_code == pytest.approx(np.log(200), abs=1e-3) and found.index_code <= found.ceiling + 1e-5
    for seed in range(5):
        found = decomposition(*gaussian_codes(COVARIANCE, 0.4, 100, 100, seed))
        assert np.all(np.array(found[:3]) > -4 * found.standard_error) and found.index_code <= found.ceiling


def test_error_is_that_of_repeats():
    """Over 60 repeats of the draws from one set of codes."""
    q, _, _, _ = any_codes(count=50)
    random, found, said = np.random.default_rng(1), [], []
    for _ in range(60):
        rows = random.integers(50, size=100)
        z = q.mean[rows] + q.std[rows] * random.normal(size=(100, 3))
        one = decomposition(q, rows, z, norm.logpdf(z).sum(-1))
        found.append([*one[:3], one.marginal_kl])
        said.append([*one.standard_error, one.marginal_kl_error])
    np.testing.assert_allclose(np.std(found, axis=0), np.mean(said, axis=0), rtol=0.35)


def test_density_of_the_aggregate():
    q, _, z, _ = any_codes(count=20)
    each = [multivariate_normal(m, np.diag(s**2)).logpdf(z) for m, s in zip(*q, strict=True)]
    np.testing.assert_allclose(-distance_to_aggregate(q, z), logsumexp(each, axis=0) - np.log(20), atol=1e-4)


Q, ROWS, DRAWN, LOG_R = any_codes()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: decomposition(Q, ROWS, DRAWN[:9], LOG_R), ("z: shape (9, 3)", "40 rows")),
        (lambda: decomposition(Q, ROWS, DRAWN[:, :2], LOG_R), ("z: shape (40, 2)", "(6, 3)")),
        (lambda: decomposition(Q, ROWS, DRAWN, LOG_R[:5]), ("log_r: shape (5,)", "40 rows")),
        (lambda: decomposition(Q, ROWS, DRAWN, LOG_R[:, None]), ("log_r: shape (40, 1)", "40 rows")),
        (lambda: decomposition(Q, ROWS, DRAWN, np.where(ROWS > 0, LOG_R, np.nan)), ("log_r", "NaN")),
        (lambda: decomposition(Q, ROWS / 1.0, DRAWN, LOG_R), ("rows: float64", "whole numbers")),
        (lambda: decomposition(Q, ROWS > 0, DRAWN, LOG_R), ("rows: bool", "whole numbers")),
        (lambda: decomposition(Q, ROWS[:, None], DRAWN, LOG_R), ("rows", "(40, 1)")),
        (lambda: decomposition(Q, ROWS + 3, DRAWN, LOG_R), ("rows: 3 to 8", "0 to 5")),
        (lambda: decomposition(Q, ROWS[:1], DRAWN[:1], LOG_R[:1]), ("z: 1 samples", "at least 2")),
        (lambda: decomposition(Q._replace(std=0 * Q.std), ROWS, DRAWN, LOG_R), ("q.std: 0.0", "> 0")),
        (lambda: decomposition(Q._replace(mean=Q.mean * jnp.nan), ROWS, DRAWN, LOG_R), ("q.mean", "NaN")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
