"""Holes of aggregate posteriors whose density is known."""

import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import logsumexp
from scipy.stats import norm

from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.latent.holes import QUANTILE, holes

CODES = Gaussian(np.array([[-2.0, 0], [1, 1], [3, -1]]), np.array([[0.5, 1.0], [1, 0.7], [0.6, 0.6]]))


def log_q(z, q=CODES):
    """The density of the mixture, in float64."""
    return logsumexp(norm.logpdf(z[:, None], q.mean, q.std).sum(-1), axis=1) - np.log(len(q.mean))


def draws(count, seed, q=CODES):
    random = np.random.default_rng(seed)
    rows = random.integers(len(q.mean), size=count)
    return q.mean[rows] + q.std[rows] * random.normal(size=(count, q.mean.shape[1]))


def normal(count, std, seed, latent=2):
    """Draws of N(0, std^2 I) and their log density."""
    z = std * np.random.default_rng(seed).normal(size=(count, latent))
    return z, norm.logpdf(z, 0, std).sum(-1)


def error_of(share, *counts):
    return np.sqrt(share * (1 - share) * sum(1 / count for count in counts))


def test_a_prior_equal_to_the_aggregate_falls_into_holes_one_time_in_a_hundred():
    z = draws(6000, 0)
    found = holes(CODES, z, log_q(z), draws(6000, 1))
    assert abs(found.share - QUANTILE) < 4 * error_of(QUANTILE, 6000, 6000)
    np.testing.assert_allclose(found.log_ratio, 0, atol=1e-4)
    assert found.standard_error == pytest.approx(error_of(found.share, 6000))
    np.testing.assert_array_equal(found.hole, log_q(z) < found.threshold)


@pytest.mark.parametrize("std", [0.5, 1.0, 2.0, 4.0])
def test_a_normal_aggregate_in_closed_form(std):
    """One code N(0, I_2): a radius r has the tail exp(-r^2 / 2), so a prior of N(0, std^2 I) has 0.01^(1 / std^2)."""
    q = Gaussian(np.zeros((1, 2)), np.ones((1, 2)))
    found = holes(q, *normal(5000, std, 0), normal(20000, 1, 1)[0])
    expected = QUANTILE ** (1 / std**2)
    # the threshold's own error, 10 % of 1 %, moves the share by its relative change / std^2
    error = np.hypot(error_of(expected, 5000), expected / std**2 * error_of(QUANTILE, 20000) / QUANTILE)
    assert abs(found.share - expected) <= 4 * error
    assert found.threshold == pytest.approx(np.log(QUANTILE / (2 * np.pi)), abs=4 / np.sqrt(QUANTILE * 20000))


def test_a_wide_prior_by_direct_counting():
    """N(0, 4^2 I) against three codes: density, quantile and count in float64, of other draws."""
    z, log_r = normal(5000, 4, 0)
    found = holes(CODES, z, log_r, draws(20000, 1))
    threshold = np.quantile(log_q(draws(200_000, 2)), QUANTILE)
    expected = (log_q(normal(200_000, 4, 3)[0]) < threshold).mean()
    assert 0.2 < expected < 0.8 and abs(found.share - expected) < 4 * error_of(expected, 5000) + 0.01
    np.testing.assert_allclose(found.log_ratio, log_q(z) - log_r, atol=1e-3)
    far = np.linalg.norm(z, axis=1) > 9
    assert far.any() and found.hole[far].all()


def test_a_prior_within_the_aggregate_has_no_hole():
    q = Gaussian(np.zeros((1, 2)), np.full((1, 2), 3.0))
    assert holes(q, *normal(1000, 1, 0), normal(5000, 3, 1)[0]).share == 0


FEW, LOG_R = normal(20, 1, 0)
SHARP = Gaussian(*np.float32([CODES.mean, np.full((3, 2), 1e-20)]))
ONE_FAR = np.float32([*np.tile(CODES.mean, (33, 1)), [9, 9]])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: holes(CODES, FEW, LOG_R, draws(99, 0)), ("z_held_out: 99", "100 or more")),
        (lambda: holes(CODES, FEW, LOG_R[:3], draws(100, 0)), ("log_r: shape (3,)", "20 draws")),
        (lambda: holes(CODES, FEW, LOG_R + np.nan, draws(100, 0)), ("log_r", "NaN")),
        (lambda: holes(CODES, FEW[:, :1], LOG_R, draws(100, 0)), ("z_prior: 1 wide", "q of 2")),
        (lambda: holes(CODES, FEW, LOG_R, draws(100, 0)[:, :1]), ("z_held_out: 1 wide", "q of 2")),
        (lambda: holes(CODES, FEW + np.nan, LOG_R, draws(100, 0)), ("z_prior", "NaN")),
        (lambda: holes(CODES._replace(std=0 * CODES.std), FEW, LOG_R, draws(100, 0)), ("q.std: 0.0", "> 0")),
        (
            lambda: holes(SHARP, np.float32(FEW), LOG_R, ONE_FAR),
            ("q.std: 1% of z_held_out", "larger"),
        ),
        (lambda: holes(CODES.mean, FEW, LOG_R, draws(100, 0)), ("q:", "give a Gaussian")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
