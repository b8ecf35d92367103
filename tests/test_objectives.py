"""Objectives: closed forms, a linear-Gaussian model that is solved exactly, and finite differences."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special
import scipy.stats
from jax.test_util import check_grads
from stand_in import StandIn

from vib import distributions, models
from vib.distributions import Gaussian
from vib.models.marginals import StandardNormal
from vib.objectives import (
    Batch,
    Conditioned,
    Distortion,
    Expansion,
    Exponential,
    Lagrangian,
    Power,
    TotalCorrelation,
    linear,
    terms,
)

KEY, LAGRANGIAN = jax.random.key(0), Lagrangian()


def made(make, *arguments, **options):
    """A model of that key: compiled, because a model made eagerly is dozens of small programs."""
    return jax.jit(lambda key: make(key, *arguments, **options))(KEY)


@partial(jax.jit, static_argnames="objective")
def loss_of(model, batch, beta, objective=LAGRANGIAN):
    return objective.loss(model, batch, beta, KEY)


class Table(StandIn):
    """Example i has rate rates[i]; a draw's distortion is the noise of z itself."""

    def __init__(self, rates):
        self.rates = rates

    def encode(self, x, key=None):
        return Gaussian(jnp.zeros((len(x), 1)), jnp.ones((len(x), 1))), {}

    def decode(self, z, key=None):
        return z, {}

    def distortion(self, parameters, target):
        return parameters[..., 0]

    def rate(self, q, z, y):
        return jnp.asarray(self.rates)


def batch_of(count):
    x = np.zeros((count, 1), np.float32)
    return Batch(x, np.zeros(count, np.int32), x)


def test_u_is_applied_to_the_mean_rate():
    """u(R) = R^2 on rates 0 and 4 gives 4; on single examples it would give 8."""
    model, beta = Table([0.0, 4.0]), 10.0
    loss, measured = Lagrangian(jnp.square).loss(model, batch_of(2), beta, KEY)
    assert loss - measured.distortion.mean() == pytest.approx(beta * 4)
    assert linear(3.0) == 3.0


def every_kind():
    us = [Lagrangian(u) for u in (linear, Power(1.0), Power(2.0), Exponential(1.0), Exponential(2.0))]
    conditioned = [Conditioned(betas=betas) for betas in ((0.1, 1.0), (0.1, 2.0))]
    return [*us, Lagrangian(samples=2), Distortion(), TotalCorrelation(), Expansion(), *conditioned]


def test_objectives_are_equal_where_kind_and_numbers_are():
    """As jit tells programs apart: of named tuples Power(1.0) and Exponential(1.0) would be one and the same."""
    same = np.array([[one == other for other in every_kind()] for one in every_kind()])
    np.testing.assert_array_equal(same, np.eye(len(same)))
    assert list(map(hash, every_kind())) == list(map(hash, every_kind()))
    assert Power(1.0) != Exponential(1.0) and Power(1.0) == Power(1.0)


@pytest.mark.parametrize("objective", [Lagrangian(samples=2), Lagrangian(Power(1.0)), Distortion(), TotalCorrelation()])
def test_loss_is_what_the_objective_makes_of_the_means_that_are_measured(objective):
    x = np.random.default_rng(0).integers(0, 2, (9, 5)).astype(np.float32)
    model, batch = made(models.vae, (5,), latent=2, widths=(4,), decoder_widths=()), Batch(x, np.zeros(9, int), x)
    found, draws = terms(model, batch, KEY, objective.samples)
    means = {name: value.mean() for name, value in (found._asdict() | objective.extras(draws)).items()}
    for beta in (0.3, 2.0):
        loss, measured = loss_of(model, batch, beta, objective)
        assert loss == pytest.approx(float(objective.weigh(means, beta)), rel=1e-5)  # float32
        np.testing.assert_allclose(measured, found, rtol=1e-5)
    grid = {name: np.full((2, 3), value) for name, value in means.items()}
    np.testing.assert_allclose(objective.weigh(grid, np.array([0.3, 1.0, 2.0]))[1, 2], loss, rtol=1e-5)


@pytest.mark.parametrize("samples", [1, 4, 25])
def test_distortion_is_the_mean_over_independent_draws(samples):
    """The noise of 4000 examples, averaged over draws, has variance 1 / samples (within five standard errors)."""
    measured, draws = terms(Table(np.zeros(4000)), batch_of(4000), KEY, samples)
    assert draws.parameters.shape == (samples, 4000, 1) and measured.distortion.shape == (4000,)
    assert np.var(measured.distortion) * samples == pytest.approx(1, abs=5 * np.sqrt(2 / 4000))


def softplus_inverse(std):
    return np.log(np.expm1(std))


def forward(model, x):
    """Mean and std of q(z|x) and what a linear decoder makes of the mean, in numpy float64; relu, one hidden layer."""

    def apply(linear, x):
        return x @ np.asarray(linear.kernel[...], np.float64).T + np.asarray(linear.bias[...], np.float64)

    hidden = np.maximum(apply(model.encoder.mlp.layers[0], x), 0)
    mean, rho = np.split(apply(model.head.linear, hidden), 2, axis=-1)
    return mean, np.logaddexp(0, rho + model.head.std_shift), apply(model.decoder.linear, mean)


@pytest.mark.parametrize("kind", ["vib", "vae"])
def test_vib_and_vae_are_one_objective_with_two_targets(kind):
    """A std of 6e-6 leaves z at its mean, so that numpy knows the distortion; its rate is known for any std."""
    random = np.random.default_rng(0)
    x, y = random.integers(0, 2, (9, 5)).astype(np.float32), random.integers(0, 3, 9)
    options = {"latent": 2, "widths": (7,), "decoder_widths": (), "std_shift": -12.0}
    if kind == "vib":
        model, target = made(models.vib, (5,), 3, **options), y
    else:
        model, target = made(models.vae, (5,), likelihood="bernoulli", **options), x
    mean, std, logits = forward(model, x.astype(np.float64))
    rate = (0.5 * (mean**2 + std**2 - 1) - np.log(std)).sum(-1)
    if kind == "vib":
        distortion = -scipy.special.log_softmax(logits, -1)[np.arange(9), y]
    else:
        distortion = -scipy.stats.bernoulli.logpmf(x, scipy.special.expit(logits)).sum(-1)
    loss, measured = loss_of(model, Batch(x, y, target), 0.3)
    np.testing.assert_allclose(measured.rate, rate, rtol=1e-5)  # float32
    np.testing.assert_allclose(measured.distortion, distortion, rtol=1e-4)  # float32 and the noise of z
    assert loss == pytest.approx(distortion.mean() + 0.3 * rate.mean(), rel=1e-4)


def test_deterministic_encoder_has_no_rate_and_pays_none():
    x = np.random.default_rng(0).normal(size=(8, 5)).astype(np.float32)
    y = np.arange(8) % 3
    model = made(models.classifier, (5,), 3, latent=2, widths=(4,))
    losses = []
    for beta in (0.0, 100.0):
        loss, measured = loss_of(model, Batch(x, y, y), beta, Distortion())
        assert np.isnan(measured.rate).all() and np.isfinite(measured.distortion).all()
        assert loss == pytest.approx(float(measured.distortion.mean()), rel=1e-6)  # float32
        losses.append(loss)
    assert losses[0] == losses[1]
    logits = model.decode(model.encode(x)[0].mean)[0]
    np.testing.assert_allclose(measured.distortion, distributions.categorical(logits, y), rtol=1e-5)
    gradient = jax.jit(jax.grad(lambda m: loss_of(m, Batch(x, y, y), 100.0, Distortion())[0]))(model)
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(gradient))


class Smooth(StandIn):
    """A VIB in the precision of its weights."""

    distortion = staticmethod(distributions.categorical)
    rate = StandardNormal(2).rate

    def __init__(self, weights):
        self.weights = weights

    def encode(self, x, key=None):
        return Gaussian(x @ self.weights[0], jax.nn.softplus(x @ self.weights[1])), {}

    def decode(self, z, key=None):
        return jnp.tanh(z) @ self.weights[2], {}


def test_gradient_is_the_difference_quotient():
    """In float64: the noise is fixed by the key, so that the loss is a smooth function of the weights."""
    random = np.random.default_rng(1)

    def loss(weights):
        return Lagrangian(jnp.square, samples=3).loss(Smooth(weights), Batch(x, y, y), 0.1, KEY)[0]

    with jax.enable_x64(True):
        x, y = jnp.asarray(random.normal(size=(7, 4))), jnp.asarray(random.integers(0, 3, 7))
        weights = [jnp.asarray(random.normal(size=shape)) for shape in ((4, 2), (4, 2), (2, 3))]
        check_grads(jax.jit(loss), (weights,), 1, modes="rev", rtol=1e-6, atol=1e-8, eps=1e-6)


# A linear-Gaussian model: p(z) = N(0, I), p(x|z) = N(W z + b, diag(noise^2)), q(z|x) = N(A x + c, diag(std^2)).


def linear_gaussian(encode, shift, std, decode, bias, noise):
    model = models.vib(KEY, (3,), 3, latent=2, widths=(), decoder_widths=(), likelihood="gaussian", std_shift=0.0)
    head, decoder = model.head.linear, model.decoder
    head.kernel[...] = jnp.asarray(np.concatenate([encode, np.zeros((2, 3))]), jnp.float32)
    head.bias[...] = jnp.asarray(np.concatenate([shift, softplus_inverse(std)]), jnp.float32)
    decoder.linear.kernel[...], decoder.linear.bias[...] = jnp.asarray(decode), jnp.asarray(bias)
    decoder.rho[...] = jnp.asarray(softplus_inverse(noise))
    return model


def with_moments(mean, covariance, count):
    """Points whose empirical mean and covariance are exactly these, so that a mean of quadratics is exact as well."""
    points = np.random.default_rng(2).normal(size=(count, len(mean)))
    points -= points.mean(0)
    points @= np.linalg.inv(np.linalg.cholesky(points.T @ points / count)).T
    return points @ np.linalg.cholesky(covariance).T + mean


@pytest.fixture(scope="module")
def exact():
    """The model at its exact posterior: W with columns orthogonal under the noise makes it diagonal."""
    noise, bias = np.array([0.3, 0.7, 1.1]), np.array([0.5, -1.0, 2.0])
    orthogonal = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 2)))[0]
    decode = noise[:, None] * orthogonal * [1.5, 0.8]
    precision = np.eye(2) + decode.T @ np.diag(noise**-2) @ decode
    variance = np.linalg.inv(precision)
    np.testing.assert_allclose(variance, np.diag(np.diag(variance)), atol=1e-12)
    encode = variance @ decode.T @ np.diag(noise**-2)
    model = linear_gaussian(encode, -encode @ bias, np.sqrt(np.diag(variance)), decode, bias, noise)
    evidence = scipy.stats.multivariate_normal(bias, decode @ decode.T + np.diag(noise**2))
    return model, evidence, np.sqrt(np.diag(variance))


def test_exact_posterior_gives_the_evidence_at_every_draw(exact):
    """log p(x|z) + log r(z) - log q(z|x) = log p(x) for whatever z, if q is the posterior."""
    model, evidence, std = exact
    x = np.random.default_rng(4).normal(size=(20, 3)).astype(np.float32)
    q, _ = model.encode(x)
    np.testing.assert_allclose(q.std, np.broadcast_to(std, (20, 2)), rtol=1e-5)
    z = distributions.sample(q, KEY, (5,))
    log_x_given_z = -model.decoder.distortion(model.decode(z)[0], x)
    log_r = distributions.log_prob(Gaussian(jnp.zeros(2), jnp.ones(2)), z)
    log_q = distributions.log_prob(q, z)
    expected = np.broadcast_to(evidence.logpdf(x), (5, 20))
    np.testing.assert_allclose(log_x_given_z + log_r - log_q, expected, atol=2e-4)  # float32 sums of about 50


def test_exact_posterior_makes_the_loss_the_evidence(exact):
    """At beta = 1 the loss is -log p(x): 100,000 draws leave a standard error of 0.005."""
    model, evidence, _ = exact
    x = np.random.default_rng(5).normal(size=(25, 3)).astype(np.float32)
    loss, _ = loss_of(model, Batch(x, x, x), 1.0, Lagrangian(samples=4000))
    assert loss == pytest.approx(-evidence.logpdf(x).mean(), abs=0.025)


def test_rate_is_the_information_and_the_mismatch_of_the_marginal():
    """E KL(q(z|x) || r) = I(X;Z) + KL(q(z) || r), in closed form for Gaussian X and a linear encoder."""
    random = np.random.default_rng(6)
    encode, shift, std = random.normal(size=(2, 3)), np.array([0.4, -0.2]), np.array([0.5, 0.9])
    root = random.normal(size=(3, 3))
    mean, covariance = random.normal(size=3), root @ root.T
    x = with_moments(mean, covariance, 50)
    q_mean, q_covariance = encode @ mean + shift, encode @ covariance @ encode.T + np.diag(std**2)
    log_volume = np.linalg.slogdet(q_covariance)[1]
    information = 0.5 * (log_volume - 2 * np.log(std).sum())
    mismatch = 0.5 * (np.trace(q_covariance) + q_mean @ q_mean - 2 - log_volume)
    model = linear_gaussian(encode, shift, std, np.zeros((3, 2)), np.zeros(3), np.ones(3))
    _, measured = loss_of(model, Batch(x.astype(np.float32), x, x), 1.0)
    assert np.mean(measured.rate) == pytest.approx(information + mismatch, rel=1e-5)  # float32
    assert mismatch > 0.1
