"""Draws of the prior, of the aggregate posterior and of a mixture fitted to it: their moments, and who has none."""

import warnings

import jax
import numpy as np
import pytest
from conftest import assert_one_line
from sklearn.exceptions import ConvergenceWarning

from vib import models
from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.latent import sampling

KEY = jax.random.key(0)


def member(**options):
    return models.vib(jax.random.key(1), (6,), 3, latent=2, widths=(4,), **options)


def assert_moments(z, mean, covariance):
    """Within 4 standard errors, those of the covariance as for a Gaussian."""
    count, variances = len(z), np.diag(covariance)
    assert np.all(np.abs(z.mean(0) - mean) < 4 * np.sqrt(variances / count)), z.mean(0)
    error = np.sqrt((covariance**2 + np.outer(variances, variances)) / count)
    assert np.all(np.abs(np.cov(z.T) - covariance) < 4 * error), np.cov(z.T)


def test_prior_is_that_of_the_member():
    model = member(marginal="learned_normal")
    model.marginal.mean[...], model.marginal.rho[...] = np.array([1.0, -2]), np.log(np.expm1(np.array([0.5, 3])))
    assert_moments(sampling.prior(model, KEY, 5000), [1, -2], np.diag([0.25, 9]))
    assert_moments(sampling.prior(member(), KEY, 5000), [0, 0], np.eye(2))


def test_prior_made_by_the_encoder():
    """Of pseudo-inputs: the mixture of their codes."""
    pseudo = np.random.default_rng(0).normal(size=(3, 6)).astype(np.float32)
    model = member(marginal="vampprior", components=3, examples=pseudo)
    q = Gaussian(*map(np.asarray, model.encode(pseudo)[0]))
    covariance = np.cov(q.mean.T, ddof=0) + np.diag((q.std**2).mean(0))
    assert_moments(sampling.prior(model, KEY, 5000), q.mean.mean(0), covariance)


def codes(count=2000, seed=0):
    random = np.random.default_rng(seed)
    mean = random.normal(size=(count, 2)) @ [[1.0, 0.8], [0, 0.5]] + [3, 0]
    return Gaussian(mean.astype(np.float32), random.uniform(0.1, 0.9, (count, 2)).astype(np.float32))


def test_aggregate_has_the_moments_of_its_mixture():
    q = codes()
    z, rows = sampling.aggregate(q, KEY, 2000)
    assert z.shape == (2000, 2) and sorted(rows) == list(range(2000))
    assert_moments(z, q.mean.mean(0), np.cov(q.mean.T, ddof=0) + np.diag((q.std**2).mean(0)))
    assert_moments((z - q.mean[rows]) / q.std[rows], [0, 0], np.eye(2))


def test_rows_repeat_only_where_they_must():
    q = codes(count=50)
    assert len(set(sampling.aggregate(q, KEY, 49)[1])) == 49
    rows = sampling.aggregate(q, KEY, 5000)[1]
    counts = np.bincount(rows, minlength=50)
    assert len(counts) == 50 and ((counts - 100) ** 2 / 100).sum() < 49 + 4 * np.sqrt(2 * 49)


def test_codes_without_noise_are_drawn_as_they_are():
    q = codes(count=50)._replace(std=np.zeros((50, 2), np.float32))
    z, rows = sampling.aggregate(q, KEY, 30)
    np.testing.assert_array_equal(z, q.mean[rows])


def test_fitted_mixture_finds_two_clusters():
    """30 % around (-4, 0) and 70 % around (4, 2), whose own covariance is tilted."""
    random = np.random.default_rng(0)
    tilted, share = np.array([[0.5, 0.3], [0.3, 0.4]]), 0.7
    right = np.arange(4000) < share * 4000
    mean = np.where(right[:, None], random.multivariate_normal([4, 2], tilted, 4000), [-4.0, 0])
    q = Gaussian(*np.float32([mean, np.full_like(mean, 0.2)]))
    z = sampling.fitted_mixture(q, KEY, 4000, components=2)
    assert z.shape == (4000, 2) and z.dtype == np.float32
    there = z[:, 0] > 0
    assert abs(there.mean() - share) < 4 * np.sqrt(share * (1 - share) / 4000)
    # draws of a fit to as many draws have twice the variance of draws of the truth: every other one is enough for 4
    assert_moments(z[there][::2], [4, 2], tilted + 0.04 * np.eye(2))
    assert_moments(z[~there][::2], [-4, 0], 0.04 * np.eye(2))
    assert 0.6 < there[:2000].mean() < 0.8  # not one cluster after the other


@pytest.mark.parametrize("place", [1e8, -3e12])
def test_codes_far_from_zero_are_drawn_as_near_it(place):
    near = Gaussian(*(part.astype(float) for part in codes(count=200)))
    far = near._replace(mean=near.mean + place)
    for draw in (lambda q: sampling.aggregate(q, KEY, 200)[0], lambda q: sampling.fitted_mixture(q, KEY, 200, 2)):
        np.testing.assert_allclose(draw(far) - place, draw(near), atol=1e-2 if place < 0 else 1e-6)


@pytest.mark.parametrize("kind", [np.float32, float])
def test_a_mixture_of_few_different_codes(kind):
    """Of three codes without noise to speak of: draws are theirs, within the 1e-4 that is added to the variances."""
    mean = np.repeat(np.array([[-1.0, 0], [0, 2], [1, 1]], kind), 70, axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that there are but three
        z = sampling.fitted_mixture(Gaussian(mean, np.full_like(mean, 1e-20)), KEY, 200, 50)
    assert np.abs(z[:, None] - mean[::70]).max(-1).min(1).max() < 5 * 1e-2


def test_keys_tell_draws_apart():
    q = codes(count=100)
    for draw in (lambda key: sampling.aggregate(q, key, 20)[0], lambda key: sampling.fitted_mixture(q, key, 20, 2)):
        np.testing.assert_array_equal(draw(KEY), draw(KEY))
        assert (draw(KEY) != draw(jax.random.key(1))).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sampling.prior(member(marginal="pairwise"), KEY, 3), ("member", "Pairwise", "nothing to draw")),
        (
            lambda: sampling.prior(member(code="categorical", marginal="categorical"), KEY, 3),
            ("member", "LearnedCategorical"),
        ),
        (lambda: sampling.fitted_mixture(codes(20), KEY, 5, 21), ("components: 21", "20 codes", "1 to 20")),
        (lambda: sampling.fitted_mixture(codes(20), KEY, 5, 0), ("components: 0", "1 to 20")),
        (lambda: sampling.fitted_mixture(codes(1), KEY, 5, 1), ("q: 1 codes", "two or more")),
        (lambda: sampling.fitted_mixture(codes(20), KEY, 0, 2), ("count: 0", "1 or more")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
