"""Importance weighting of linear-Gaussian VAEs, whose log p(x) is known, and of another marginal by quadrature."""

import jax
import numpy as np
import pytest
from conftest import assert_one_line
from linear_gaussian import FEATURES, NOISE, known, member
from scipy.special import logsumexp
from scipy.stats import norm

from vib import models
from vib.errors import InvalidInput
from vib.latent.likelihood import DRAWS_AT_ONCE, log_likelihood

TRUTH, KEY = known(), jax.random.key(3)
X = TRUTH.sample(30)


@pytest.mark.parametrize("draws", [1, 7, DRAWS_AT_ONCE, 2 * DRAWS_AT_ONCE + 30])
def test_with_the_posterior_as_q_every_weight_is_the_truth(draws):
    """p(x|z) r(z) / q(z|x) = p(x) at any z, so a draw too many or too few would show as well."""
    found = log_likelihood(member(TRUTH), X, X, KEY, draws)
    np.testing.assert_allclose(found, TRUTH.log_p(X), atol=2e-5)


def test_with_another_q_it_rises_with_draws_to_the_truth():
    """Mean over 300 examples at 1, 4, 16, 64 draws."""
    x = TRUTH.sample(300)
    wrong = member(TRUTH, shift=0.3, widen=1.6)
    found = [log_likelihood(wrong, x, x, KEY, draws, chunk=100).mean() for draws in (1, 4, 16, 64)]
    assert np.all(np.diff([*found, TRUTH.log_p(x).mean()]) > 0.004), found
    assert log_likelihood(wrong, X, X, KEY, 3000).mean() == pytest.approx(TRUTH.log_p(X).mean(), abs=0.01)


def test_one_draw_is_the_bound_in_the_mean():
    """-(distortion + rate) in closed form, within 4 standard errors of the draws."""
    x, shift, widen = TRUTH.sample(3000), 0.2, 1.4
    mean, std = TRUTH.posterior(x)
    mean, std = mean + shift, std * widen
    square = ((x - mean @ TRUTH.weights.T - TRUTH.offset) ** 2).sum(1) + (std**2 * (TRUTH.weights**2).sum(0)).sum()
    distortion = square / (2 * NOISE**2) + FEATURES * np.log(2 * np.pi * NOISE**2) / 2
    rate = ((mean**2 + std**2 - 1) / 2 - np.log(std)).sum(1)
    apart = log_likelihood(member(TRUTH, shift, widen), x, x, KEY, 1, chunk=100) + distortion + rate
    assert abs(apart.mean()) < 4 * apart.std() / np.sqrt(len(x))


def test_chunks_do_not_matter():
    wrong, x = member(TRUTH, shift=0.3), X[:20]
    whole = log_likelihood(wrong, x, x, KEY, 60, chunk=20)
    assert whole.shape == (20,)
    np.testing.assert_allclose(log_likelihood(wrong, x, x, KEY, 60, chunk=7), whole, atol=2e-5)


def test_every_draw_is_another():
    """The noise of log w falls as 1 / sqrt(draws), over examples that are one and the same."""
    x = np.tile(X[:1], (200, 1))
    few, many = (log_likelihood(member(TRUTH, widen=1.3), x, x, KEY, draws, chunk=100).std() for draws in (100, 1600))
    assert 3 < few / many < 5.3


def test_a_marginal_made_by_the_encoder():
    """A VampPrior of three pseudo-inputs: the integral over a grid of z."""
    truth = known(1)
    model = member(truth, widen=1.2, marginal="vampprior", components=3, examples=truth.sample(3, seed=1))
    x = truth.sample(5, seed=2)
    axis = np.linspace(-9, 9, 361)
    z = np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)
    centres, std = truth.posterior(np.asarray(model.marginal.pseudo_inputs[...]))
    log_r = logsumexp(norm.logpdf(z[:, None], centres, 1.2 * std).sum(-1), axis=1) - np.log(3)
    means = z @ truth.weights.T + truth.offset
    log_joint = np.stack([norm.logpdf(each, means, NOISE).sum(-1) for each in x]) + log_r
    expected = logsumexp(log_joint, axis=1) + 2 * np.log(axis[1] - axis[0])
    np.testing.assert_allclose(log_likelihood(model, x, x, KEY, 5000), expected, atol=0.05)


def test_target_and_input_are_two_things():
    """Inputs scaled to [-1, 1], targets in [0, 1], Bernoulli: one draw with no noise to speak of."""
    model = models.vae(jax.random.key(0), (2, 2, 1), latent=1, widths=(), decoder_widths=(), std_shift=-30.0)
    target = np.array([[[[1.0], [0]], [[0], [1]]]])
    z = model.encode(2 * target - 1)[0].mean
    p = 1 / (1 + np.exp(-np.asarray(model.decode(z)[0])))
    own = np.log(np.where(target == 1, p, 1 - p)).sum()
    std = float(model.encode(2 * target - 1)[0].std[0, 0])
    found = log_likelihood(model, 2 * target - 1, target, KEY, 1)
    # log p(x|z) + log r(z) - log q(z|x) at the mean itself: in float32 z + std e is z, and 2 pi cancels
    excess = found[0] - (own - z[0, 0] ** 2 / 2 + np.log(std))
    assert excess == pytest.approx(0, abs=1e-3)


AUTOENCODER = member(TRUTH, deterministic=True)
CLASSIFIER = models.vib(jax.random.key(0), (FEATURES,), 3, latent=2, widths=())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: log_likelihood(AUTOENCODER, X, X, KEY), ("member", "deterministic", "'vae'")),
        (lambda: log_likelihood(CLASSIFIER, X, X, KEY), ("member", "decodes to labels")),
        (lambda: log_likelihood(member(TRUTH), X, X, KEY, 0), ("draws: 0", ">= 1")),
        (lambda: log_likelihood(member(TRUTH), X, X, KEY, 2.5), ("draws: 2.5", "whole")),
        (lambda: log_likelihood(member(TRUTH), X, X, KEY, 2, chunk=0), ("chunk: 0", ">= 1")),
        (lambda: log_likelihood(member(TRUTH), X, X[:9], KEY), ("target: shape (9, 6)", "(30, 6)")),
        (lambda: log_likelihood(member(TRUTH), X, X[:, :4], KEY), ("target: shape (30, 4)", "6")),
        (lambda: log_likelihood(member(TRUTH), X[:, :4], X, KEY), ("x: shape (30, 4)",)),
        (lambda: log_likelihood(member(TRUTH), X[:0], X[:0], KEY), ("inputs: none",)),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
