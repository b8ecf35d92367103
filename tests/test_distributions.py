"""Densities, divergences and likelihoods against scipy, quadrature, Monte Carlo and exact decimals."""

from decimal import Decimal, localcontext

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.special
import scipy.stats
from jax.test_util import check_grads

from vib import distributions
from vib.distributions import Gaussian, Logistic

FLOAT64 = 1e-12  # relative, in x64 against float64
FLOAT32 = 1e-5  # relative: a few dozen roundings of 6e-8


@pytest.fixture
def gaussians():
    random = np.random.default_rng(1)
    mean, std = random.normal(size=(2, 5, 3)), random.uniform(0.2, 2, size=(2, 5, 3))
    return Gaussian(mean[0], std[0]), Gaussian(mean[1], std[1])


def test_log_prob_is_that_of_scipy(gaussians):
    q, p = gaussians
    with jax.enable_x64(True):
        found = distributions.log_prob(Gaussian(*map(jnp.asarray, q)), jnp.asarray(p.mean))
    np.testing.assert_allclose(found, scipy.stats.norm.logpdf(p.mean, q.mean, q.std).sum(-1), rtol=FLOAT64)


def test_kl_is_the_integral(gaussians):
    def integral(m, s, m0, s0):
        q, p = scipy.stats.norm(m, s), scipy.stats.norm(m0, s0)
        return scipy.integrate.quad(lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), m - 12 * s, m + 12 * s)[0]

    q, p = gaussians
    with jax.enable_x64(True):
        found = distributions.kl(*(Gaussian(*map(jnp.asarray, g)) for g in gaussians))
        normal = distributions.kl_standard_normal(Gaussian(*map(jnp.asarray, q)))
    np.testing.assert_allclose(found, np.vectorize(integral)(*q, *p).sum(-1), rtol=1e-7)  # the quadrature's own
    np.testing.assert_allclose(normal, np.vectorize(integral)(*q, 0, 1).sum(-1), rtol=1e-7)


def test_kl_is_the_mean_log_ratio_of_samples(gaussians):
    q, p = (Gaussian(*(jnp.asarray(a, jnp.float32) for a in g)) for g in gaussians)
    z = distributions.sample(q, jax.random.key(0), (100_000,))
    assert z.shape == (100_000, 5, 3)
    ratio = np.asarray(distributions.log_prob(q, z) - distributions.log_prob(p, z), np.float64)
    error = ratio.std(0) / np.sqrt(len(ratio))
    assert np.all(np.abs(ratio.mean(0) - distributions.kl(q, p)) < 5 * error)  # five standard errors


def test_samples_have_the_moments_of_q(gaussians):
    q = Gaussian(*(jnp.asarray(a, jnp.float32) for a in gaussians[0]))
    z = np.asarray(distributions.sample(q, jax.random.key(3), (40_000,)), np.float64)
    standardised = (z - np.asarray(q.mean)) / np.asarray(q.std)
    assert np.abs(standardised.mean(0)).max() < 5 / np.sqrt(len(z))  # five standard errors each
    assert np.abs(standardised.var(0) - 1).max() < 5 * np.sqrt(2 / len(z))


def test_kl_is_zero_only_at_equality():
    q = Gaussian(jnp.asarray([0.0, 0.0]), jnp.asarray([1.0, 1.0]))
    assert distributions.kl_standard_normal(q) == 0
    assert distributions.kl(q, Gaussian(q.mean, 2 * q.std)) > 0.1


def test_categorical_is_that_of_scipy_for_every_draw():
    random = np.random.default_rng(2)
    logits, label = random.normal(scale=5, size=(4, 6, 3)).astype(np.float32), random.integers(0, 3, 6)
    found = distributions.categorical(jnp.asarray(logits), jnp.asarray(label))
    exact = -scipy.special.log_softmax(logits.astype(np.float64), -1)[:, np.arange(6), label]
    np.testing.assert_allclose(found, exact, rtol=FLOAT32, atol=1e-6)  # absolute where the loss is nearly 0


def test_bernoulli_is_that_of_scipy_over_all_pixels():
    random = np.random.default_rng(3)
    logits, target = random.normal(scale=3, size=(4, 5, 2, 3, 1)), random.integers(0, 2, (5, 2, 3, 1))
    found = distributions.bernoulli(jnp.asarray(logits, jnp.float32), jnp.asarray(target, jnp.float32))
    exact = -scipy.stats.bernoulli.logpmf(target, scipy.special.expit(logits)).sum((-1, -2, -3))
    assert found.shape == (4, 5)
    np.testing.assert_allclose(found, exact, rtol=FLOAT32)


@pytest.mark.parametrize("logit", [-200.0, 200.0])
def test_bernoulli_stays_exact_for_extreme_logits(logit):
    """A probability of exp(-200) is 0 in float32, its logarithm is not."""
    found = distributions.bernoulli(jnp.full((2, 1), logit), jnp.asarray([[0.0], [1.0]]))
    np.testing.assert_array_equal(found, [max(logit, 0), max(-logit, 0)])


def test_gaussian_likelihood_is_that_of_scipy():
    random = np.random.default_rng(4)
    mean, target, std = random.normal(size=(4, 5, 3)), random.normal(size=(5, 3)), np.array([0.01, 0.5, 3])
    parameters = Gaussian(jnp.asarray(mean, jnp.float32), jnp.asarray(std, jnp.float32))
    found = distributions.gaussian(parameters, jnp.asarray(target, jnp.float32))
    exact = -scipy.stats.norm.logpdf(target, mean, std).sum(-1)
    np.testing.assert_allclose(found, exact, rtol=1e-4)  # (target - mean) / 0.01 magnifies the rounding of both


def logistic(mean, scale, target, levels):
    return distributions.discretised_logistic(Logistic(mean, scale), target, levels)


@pytest.mark.parametrize("levels", [2, 17, 256])
def test_masses_of_the_levels_sum_to_one(levels):
    mean, scale = (jnp.asarray(axis.reshape(-1, 1, 1)) for axis in np.meshgrid([-3, 0, 0.31, 1, 4], [1e-3, 0.05, 2]))
    grid = jnp.linspace(0, 1, levels)[:, None]
    nats = logistic(jnp.broadcast_to(mean, (15, levels, 1)), scale, grid, levels)
    np.testing.assert_allclose(np.exp(-np.asarray(nats, np.float64)).sum(-1), 1, atol=1e-4)  # 256 float32 masses each


def exact_mass(mean, scale, target, levels):
    """-log of the mass of one level as a difference of cumulatives, with more digits than the tails have zeros."""
    with localcontext() as context:
        context.prec = 320
        half = Decimal(1) / (2 * (levels - 1))

        def cumulative(t):
            return 1 / (1 + ((Decimal(mean) - t) / Decimal(scale)).exp())

        upper = cumulative(Decimal(target) + half) if target < 1 else 1
        lower = cumulative(Decimal(target) - half) if target > 0 else 0
        mass = upper - lower
        context.prec = 30
        return float(-(+mass).ln())


def test_logistic_is_exact_to_its_far_tails():
    """All values are exact in binary, so that float32 and the decimals start from the same numbers."""
    grid = np.meshgrid([-4.0, -0.5, 0.25, 0.75, 1.5, 4.0], [0.015625, 0.125, 16.0], [0.0, 0.5, 1.0])
    mean, scale, target = (axis.reshape(-1, 1) for axis in grid)
    found = logistic(*(jnp.asarray(axis, jnp.float32) for axis in (mean, scale, target)), 17)
    exact = [exact_mass(*values, 17) for values in np.concatenate([mean, scale, target], 1).tolist()]
    np.testing.assert_allclose(found, exact, rtol=FLOAT32, atol=1e-6)  # absolute where the loss is nearly 0


def test_logistic_and_its_gradient_are_finite_anywhere():
    """As many features as there are means, scales and targets: grey levels of 0, 128 and 255."""
    grid = np.meshgrid([-1e6, -10, 0.5, 10, 1e6], [1e-3, 1, 1e3], [0, 128 / 255, 1])
    mean, scale, target = (jnp.asarray(axis.reshape(-1, 1), jnp.float32) for axis in grid)
    assert np.isfinite(logistic(mean, scale, target, 256)).all()
    gradients = jax.grad(lambda m, s: logistic(m, s, target, 256).sum(), (0, 1))(mean, scale)
    assert np.isfinite(gradients).all()


def test_logistic_gradient_is_the_difference_quotient():
    random = np.random.default_rng(5)
    with jax.enable_x64(True):
        target = jnp.asarray(random.integers(0, 17, (4, 3)) / 16)
        start = (jnp.asarray(random.uniform(size=(4, 3))), jnp.asarray(random.uniform(0.05, 1, (4, 3))))
        check_grads(lambda m, s: logistic(m, s, target, 17).sum(), start, 1, modes="rev", rtol=1e-6, eps=1e-6)
