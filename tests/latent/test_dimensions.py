"""Rates by dimension, activity and collapse by hand, and dimensions of cubes and spheres that are known."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.integrate import quad
from scipy.stats import norm, ortho_group

from vib import distributions
from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.latent.dimensions import active_units, collapsed, intrinsic_dimension, rate_per_dimension


def posteriors(count=500, latent=4, seed=0):
    random = np.random.default_rng(seed)
    mean, std = random.normal(size=(count, latent)), random.uniform(0.2, 1.2, (count, latent))
    return Gaussian(*(jnp.asarray(part, jnp.float32) for part in (mean, std)))


def test_rates_of_the_dimensions_sum_to_the_rate():
    q = posteriors()
    rates = rate_per_dimension(q)
    assert rates.shape == (4,)
    np.testing.assert_allclose(rates.sum(), distributions.kl_standard_normal(q).mean(), rtol=1e-5)


def test_a_rate_is_its_integral():
    q = Gaussian(jnp.array([[0.7, 0.0]]), jnp.array([[0.4, 1.0]]))
    density = norm(0.7, 0.4)
    expected = quad(lambda z: density.pdf(z) * (density.logpdf(z) - norm.logpdf(z)), -5, 5)[0]
    np.testing.assert_allclose(rate_per_dimension(q), [expected, 0], atol=1e-6)


def test_active_are_those_that_move_with_the_input():
    """Means of variance 1, 0.0121, 0.0081 and 0; std plays no part."""
    x = np.tile([-1.0, 1.0], 50)[:, None]
    mean = x * [1, 0.11, 0.09, 0] + [0, 5, 5, 5]
    q = Gaussian(mean, np.full_like(mean, 0.01))
    assert active_units(q).tolist() == [True, True, False, False]
    assert active_units(q, threshold=0.005).tolist() == [True, True, True, False]
    far = Gaussian(np.arange(8).reshape(4, 2) // 2 + 2**60, np.ones((4, 2)))  # variance 5 / 4
    assert active_units(far, threshold=1.2).all() and not active_units(far, threshold=1.3).any()


def test_collapse_counts_examples_not_their_mean():
    """A mean of m costs m^2 / 2 nats: one example in a hundred may carry any rate, two may not."""
    mean = np.full((200, 4), 0.1)  # 0.005 nats
    mean[:2, 1], mean[:3, 2], mean[:, 3] = 9, 9, 0.15
    q = Gaussian(mean, np.ones_like(mean))
    assert collapsed(q).tolist() == [True, True, False, False]
    assert rate_per_dimension(q)[1] > 0.3  # though collapsed
    assert collapsed(q, epsilon=0.02).tolist() == [True, True, False, True]
    assert collapsed(q, delta=0).tolist() == [True, False, False, False]


def cube(count, dimension, random):
    return random.uniform(size=(count, dimension))


def sphere(count, dimension, random):
    x = random.normal(size=(count, dimension + 1))
    return x / np.linalg.norm(x, axis=1, keepdims=True)


@pytest.mark.parametrize("shape", [cube, sphere])
@pytest.mark.parametrize("dimension", [1, 2, 4])
def test_a_known_dimension_is_found_in_more(shape, dimension):
    """Turned into 10 dimensions; 2000 codes, 4 standard errors of 1.4 d / sqrt(0.9 N)."""
    random = np.random.default_rng(dimension)
    x = shape(2000, dimension, random)
    x = np.pad(x, ((0, 0), (0, 10 - x.shape[1]))) @ ortho_group.rvs(10, random_state=0) + 3
    found = intrinsic_dimension(x)
    assert abs(found.value - dimension) < 4 * 1.4 * dimension / np.sqrt(1800)
    assert found.left_out < 5  # 2000 on a line: some meet in float32


def test_neither_order_nor_scale_matters():
    x = cube(2000, 10, np.random.default_rng(0)).astype(np.float32)
    plain = intrinsic_dimension(x).value
    for changed in (x[::-1], x * 2.0**-20):
        np.testing.assert_allclose(intrinsic_dimension(changed).value, plain, rtol=1e-4)


def test_copies_count_once():
    x = cube(2000, 10, np.random.default_rng(0)).astype(np.float32)
    plain, twice = intrinsic_dimension(x), intrinsic_dimension(np.concatenate([x, x[:700], -0.0 * x[:1], 0 * x[:1]]))
    assert plain.left_out == 0 and twice.left_out == 701
    np.testing.assert_allclose(twice.value, plain.value, rtol=5e-3)


Q = posteriors(30)
LATTICE = np.stack(np.meshgrid(*[np.arange(6.0)] * 2), -1).reshape(-1, 2)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: rate_per_dimension(Q.mean), ("q:", "give a Gaussian")),
        (lambda: rate_per_dimension(Q._replace(std=0 * Q.std)), ("q.std: 0.0", "> 0")),
        (lambda: rate_per_dimension(jax.tree.map(lambda x: x[0], Q)), ("q.mean", "(4,)")),
        (lambda: active_units(jax.tree.map(lambda x: x[:1], Q)), ("q.mean: 1 samples", "at least 2")),
        (lambda: active_units(Q, threshold=-1), ("threshold: -1", ">= 0")),
        (lambda: collapsed(Q, epsilon=0), ("epsilon: 0", "> 0")),
        (lambda: collapsed(Q, delta=1), ("delta: 1", "< 1")),
        (lambda: intrinsic_dimension(np.ones((100, 3))), ("z: 1 different codes of 100", "20 or more")),
        (lambda: intrinsic_dimension(LATTICE), ("z:", "lattice")),
        (lambda: intrinsic_dimension(LATTICE * np.nan), ("z:", "NaN")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
