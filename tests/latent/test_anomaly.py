"""Separation against scikit-learn, closed forms and counting; its intervals by repetition; the encoder mixture."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.integrate import quad
from scipy.special import logsumexp
from scipy.stats import norm
from sklearn.metrics import average_precision_score, roc_auc_score

from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.latent.anomaly import aupr, auroc, distance_to_aggregate

DRAWS = {
    "normal": lambda random, count, shift: random.normal(size=count) + shift,
    "ties": lambda random, count, shift: random.poisson(2 + shift, count),
}


@pytest.mark.parametrize("draw", DRAWS)
@pytest.mark.parametrize(("n", "m"), [(1, 1), (300, 40), (7, 90)])
def test_both_are_those_of_scikit_learn(draw, n, m):
    random = np.random.default_rng(n)
    inliers, outliers = DRAWS[draw](random, n, 0), DRAWS[draw](random, m, 1)
    truth, scores = np.arange(n + m) >= n, np.concatenate([inliers, outliers])
    np.testing.assert_allclose(auroc(inliers, outliers).value, roc_auc_score(truth, scores), rtol=1e-12)
    np.testing.assert_allclose(aupr(inliers, outliers).value, average_precision_score(truth, scores), rtol=1e-12)


def test_two_normals_are_as_far_apart_as_in_closed_form():
    """AUROC: Phi(d / sqrt 2). AUPR: the integral of precision over recall."""
    random, d, count = np.random.default_rng(0), 1.3, 100_000
    inliers, outliers = random.normal(size=count), random.normal(size=count // 4) + d
    assert abs(auroc(inliers, outliers).value - norm.cdf(d / np.sqrt(2))) < 0.005
    expected = quad(lambda t: norm.pdf(t - d) * norm.sf(t - d) / (norm.sf(t - d) + 4 * norm.sf(t)), -6, 8)[0]
    assert abs(aupr(inliers, outliers).value - expected) < 0.01


def test_what_separates_wholly_and_what_not_at_all():
    low, high = np.arange(5.0), np.arange(5.0, 15.0)
    assert auroc(low, high).value == aupr(low, high).value == 1
    assert auroc(high, low).value == 0
    assert auroc(0 * low, 0 * high).value == 0.5
    assert aupr(0 * low, 0 * high).value == aupr(0 * low, 0 * high).chance == 10 / 15
    for found in (auroc(low, high), aupr(low, high)):
        assert 0.6 < found.low < found.high == 1  # so few never make it certain
    assert auroc(low, high)[1:3] == pytest.approx([1 - edge for edge in auroc(high, low)[2:0:-1]])


def test_monotone_changes_matter_not():
    random = np.random.default_rng(0)
    inliers, outliers = random.normal(size=50), random.normal(size=30) + 1
    for measure in (auroc, aupr):
        np.testing.assert_allclose(measure(inliers, outliers), measure(np.exp(inliers), np.exp(outliers)))


@pytest.mark.parametrize(
    ("n", "m", "shift", "width"),
    [(50, 50, 1, 1), (200, 20, 2, 1), (20, 200, 1, 1), (50, 50, 3.5, 1), (200, 200, 2, 0.1), (300, 40, 0, 8)],
)
def test_intervals_hold_the_truth(n, m, shift, width):
    """Of 100 repeats 89 % or more, where 95 % are meant: three standard errors below."""
    truth = norm.cdf(shift / np.hypot(1, width))
    point = [norm.sf, lambda t: norm.sf(t, shift, width)]
    share = m / n
    precision = quad(
        lambda t: norm.pdf(t, shift, width) * share * point[1](t) / (share * point[1](t) + point[0](t)),
        max(-8, shift - 8 * width), shift + 8 * width, limit=200, points=[0, shift],
    )[0]  # fmt: skip
    random, held = np.random.default_rng(0), []
    for _ in range(100):
        inliers, outliers = random.normal(size=n), shift + width * random.normal(size=m)
        found = auroc(inliers, outliers), aupr(inliers, outliers)
        held.append([one.low <= known <= one.high for one, known in zip(found, (truth, precision), strict=True)])
    assert (np.mean(held, 0) >= 0.89).all(), np.mean(held, 0)


def test_the_same_call_gives_the_same_interval():
    scores = np.random.default_rng(0).normal(size=(2, 40))
    assert aupr(*scores) == aupr(*scores)


def test_distance_is_that_of_the_full_mixture():
    random = np.random.default_rng(0)
    mean, std, z = random.normal(size=(600, 3)), random.uniform(0.3, 1, (600, 3)), 2 * random.normal(size=(50, 3))
    log_q = norm.logpdf(z[:, None], mean[None], std[None]).sum(-1)
    expected = np.log(600) - logsumexp(log_q, axis=1)
    np.testing.assert_allclose(distance_to_aggregate(Gaussian(mean, std), z), expected, rtol=2e-5)
    with jax.enable_x64(True):
        q = Gaussian(jnp.asarray(mean), jnp.asarray(std))
        np.testing.assert_allclose(distance_to_aggregate(q, jnp.asarray(z)), expected, rtol=1e-12)


@pytest.mark.parametrize("std", [1e-30, 1e-6, 1e-3, 1e20])
def test_distance_of_sharp_and_of_wide_codes(std):
    """Codes a few std away from one of the reference, which is far away from the others."""
    random = np.random.default_rng(0)
    mean = random.normal(size=(600, 3)) * max(std, 1) * (std > 1e-10)  # float32 has nothing around 1 as fine as 1e-30
    z = (mean[:50] + 2 * std * random.normal(size=(50, 3))).astype(np.float32)
    mean, std = mean.astype(np.float32), np.full((600, 3), std, np.float32)
    log_q = norm.logpdf(*(part.astype(float) for part in (z[:, None], mean[None], std[None]))).sum(-1)
    expected = np.log(600) - logsumexp(log_q, axis=1)
    np.testing.assert_allclose(distance_to_aggregate(Gaussian(mean, std), z), expected, rtol=2e-5, atol=2e-5)


def test_distance_integrates_to_one():
    random = np.random.default_rng(0)
    q = Gaussian(random.normal(size=(30, 1)), random.uniform(0.2, 1, (30, 1)))
    z = np.linspace(-9, 9, 20_001)[:, None]
    np.testing.assert_allclose(np.exp(-distance_to_aggregate(q, z)).sum() * (z[1, 0] - z[0, 0]), 1, rtol=1e-4)


S, Q = np.arange(5.0), Gaussian(np.zeros((4, 2)), np.ones((4, 2)))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: auroc([], S), ("inliers", "no scores")),
        (lambda: aupr(S, []), ("outliers", "no scores")),
        (lambda: auroc(S, S * [1, 1, np.nan, 1, 1]), ("outliers: [nan] at [2]", "finite")),
        (lambda: aupr(np.append(S, np.inf), S), ("inliers: [inf] at [5]", "finite")),
        (lambda: auroc(S[:, None], S), ("inliers", "(5, 1)")),
        (lambda: distance_to_aggregate(Q, np.zeros((3, 1))), ("z: 1 wide", "q_reference of 2")),
        (lambda: distance_to_aggregate(Q._replace(std=0 * Q.std), np.zeros((3, 2))), ("q_reference.std: 0", "> 0")),
        (
            lambda: distance_to_aggregate(Q._replace(std=np.full((4, 2), 1e-38)), Q.mean),
            ("q_reference.std: 1e-38", "rescale"),
        ),
        (lambda: distance_to_aggregate(Q, np.full((3, 2), np.nan)), ("z", "NaN")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
