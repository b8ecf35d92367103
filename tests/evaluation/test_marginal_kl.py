"""The marginal KL against closed forms: its interval holds the truth as often as it says."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.optimize import brentq
from scipy.stats import binom
from test_frontier import linear_grid

from vib.distributions import Gaussian, log_prob, sample
from vib.errors import InvalidInput
from vib.evaluation.marginal_kl import interval, marginal_kl

REPEATS, COUNT, LATENT = 300, 250, 2


def linear_code(truth, information):
    """(weight, std) of z = weight x + N(0, std), x ~ N(0, I), with KL(q(z) || N(0, I)) and I(X;Z) of so many nats."""
    variance = brentq(lambda v: LATENT * 0.5 * (v - 1 - np.log(v)) - truth, 1, 50)
    std = np.sqrt(variance * np.exp(-2 * information / LATENT))
    return np.sqrt(variance - std**2), std


@pytest.fixture(scope="module")
def repeats():
    """repeats(truth, information, inputs used) -> {name: [REPEATS]}: intervals of fresh inputs and draws."""

    def once(weight, std, key):
        x_key, z_key = jax.random.split(key)
        q = Gaussian(weight * jax.random.normal(x_key, (COUNT, LATENT)), jnp.full((COUNT, LATENT), std))
        z = sample(q, z_key, (2,))
        return interval(q, z, log_prob(Gaussian(0.0, jnp.ones(LATENT)), z))

    every = jax.jit(lambda weight, std, keys: jax.lax.map(lambda key: once(weight, std, key), keys))
    keys = jax.random.split(jax.random.key(0), REPEATS)
    return lambda truth, information: jax.tree.map(np.asarray, every(*linear_code(truth, information), keys))


@pytest.mark.parametrize("information", [0.35, 2.0])
@pytest.mark.parametrize("truth", [0.01, 0.1, 1.0])
def test_the_interval_holds_the_truth_in_95_of_100_repeats(repeats, truth, information):
    found = repeats(truth, information)
    held = (found["marginal_kl_lower"] <= truth) & (truth <= found["marginal_kl_upper"])
    assert held.sum() >= binom.ppf(1e-3, REPEATS, 0.95)
    # the errors are those over repeats; a bound of little information lies where the truth does
    said = found["marginal_kl_upper_error"]
    assert 0.85 < said.mean() / (found["marginal_kl_upper"] - 2 * said).std() < 1.4
    if information < 1:
        assert (found["marginal_kl_upper"] - found["marginal_kl_lower"]).mean() < 4 * said.mean() + 0.02


def test_resolved_is_what_is_precise_enough(repeats):
    """A marginal KL of 1 nat in a rate of 1.35 has an error of 0.1 from 250 inputs; one of 0.1 in 2.1 nats, of 0.03."""
    assert not repeats(1.0, 0.35)["marginal_kl_resolved"].any()
    assert repeats(0.1, 2.0)["marginal_kl_resolved"].all()


def test_resolved_says_no_at_the_ceiling_and_of_nan():
    x = np.random.default_rng(0).normal(size=(300, 2)).astype(np.float32)
    found = marginal_kl(linear_grid(1e-3, 1.0), x)
    assert not np.asarray(found["marginal_kl_resolved"]).any() and np.isfinite(found["marginal_kl_lower"]).all()
    assert not np.asarray(marginal_kl(linear_grid(1.0, np.nan), x)["marginal_kl_resolved"]).any()


@pytest.mark.parametrize(("std", "weight"), [(1.0, 0.5), (0.7, 1.2)])
def test_every_member_holds_the_closed_form(std, weight):
    """q(z) = N(0, weight^2 + std^2), KL(q(z) || N(0, I)); half an interval more, as these are but four of them."""
    x = np.random.default_rng(0).normal(size=(2000, 2)).astype(np.float32)
    variance = weight**2 + std**2
    truth = variance - 1 - np.log(variance)
    found = marginal_kl(linear_grid(std, weight), x)
    assert np.asarray(found["marginal_kl_resolved"]).all()
    assert (found["marginal_kl_lower"] - found["marginal_kl_lower_error"] < truth).all()
    assert (found["marginal_kl_upper"] + found["marginal_kl_upper_error"] > truth).all()
    assert (found["marginal_kl_upper"] - found["marginal_kl_lower"] < 0.1).all()


def test_one_input_has_no_mixture_without_it():
    with pytest.raises(InvalidInput) as error:
        marginal_kl(linear_grid(1.0, 0.5), np.zeros((1, 2), np.float32))
    assert_one_line(error, "x", "1 inputs", "2 or more")
