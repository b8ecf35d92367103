"""Bounds of a stochastic layer against the full matrix in NumPy, closed forms and quadrature."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import logsumexp
from scipy.stats import norm

from vib.distributions import Gaussian, sample
from vib.errors import InvalidInput
from vib.information import FLAGS, encoder_bounds, flag, known

FLOAT32 = 1e-5
COUNT = 64  # one shape for what needs no other, as compiling takes longer than measuring


def layer(count, latent, std, seed=0):
    """q(z|x) = N(x, std) at x ~ N(0, 1), and one draw of each."""
    x = np.random.default_rng(seed).normal(size=(count, latent))
    q = Gaussian(jnp.asarray(x, jnp.float32), jnp.full((count, latent), std, jnp.float32))
    return q, sample(q, jax.random.key(seed))


def brute(q, z):
    """Both bounds from the full matrix log q(z_i|x_j), float64."""
    mean, std, z = (np.asarray(array, np.float64) for array in (*q, z))
    log_q = norm.logpdf(z[:, None], mean[None], std[None]).sum(-1)
    own, count = np.diag(log_q), len(z)
    others = np.where(np.eye(count, dtype=bool), -np.inf, log_q)
    lower = (own - logsumexp(log_q, axis=1)).mean() + np.log(count)
    return lower, (own - logsumexp(others, axis=1)).mean() + np.log(count - 1)


@pytest.mark.parametrize(("count", "latent"), [(2, 1), (31, 3), (32, 3), (65, 5)])
def test_both_are_the_full_matrix(count, latent):
    random = np.random.default_rng(count)
    mean, std = random.normal(size=(count, latent)), random.uniform(0.2, 1, (count, latent))
    z = mean + std * random.normal(size=(count, latent))
    with jax.enable_x64(True):
        found = encoder_bounds(Gaussian(jnp.asarray(mean), jnp.asarray(std)), jnp.asarray(z))
        assert found.lower.value.dtype == found.upper.value.dtype == jnp.float64
        values, ceilings = ([float(getattr(side, name)) for side in found] for name in ("value", "ceiling"))
    np.testing.assert_allclose(values, brute(Gaussian(mean, std), z), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(ceilings, [np.log(count), np.inf], rtol=1e-12)
    assert [side.kind for side in found] == ["lower", "upper"]


def test_in_float32_too():
    q, z = layer(COUNT, 2, 0.5)
    found = encoder_bounds(q, z)
    assert found.lower.value.dtype == found.upper.value.dtype == jnp.float32
    np.testing.assert_allclose([side.value for side in found], brute(q, z), rtol=FLOAT32, atol=FLOAT32)


@pytest.mark.parametrize(("latent", "std", "gap"), [(1, 1.0, 0.02), (1, 0.3, 0.03), (2, 0.3, 0.1), (4, 0.5, 0.6)])
def test_the_truth_lies_between_in_expectation(latent, std, gap):
    """Means over 10 repeats of 512, three standard errors; no further apart than `gap` besides."""
    truth = known.encoder(latent, std).information
    found = [encoder_bounds(*layer(512, latent, std, seed)) for seed in range(10)]
    lower, upper = (np.array([getattr(bounds, side).value for bounds in found]) for side in ("lower", "upper"))
    error = max(values.std(ddof=1) for values in (lower, upper)) / np.sqrt(10)
    assert lower.mean() - 3 * error < truth < upper.mean() + 3 * error
    assert 0 < upper.mean() - lower.mean() < gap


def test_inputs_that_are_all_there_are_give_the_information_itself():
    """A grid of 8 x 8 inputs as q(z|x); 3 standard errors of 20 draws."""
    case = known.grid(8, 2, 0.2)
    (means,) = case.sample(np.random.default_rng(0), 64)
    q = Gaussian(jnp.asarray(means[0], jnp.float32), jnp.full((64, 2), 0.2, jnp.float32))
    values = np.array([encoder_bounds(q, sample(q, jax.random.key(seed))).lower.value for seed in range(20)])
    assert abs(values.mean() - case.information) < 3 * values.std(ddof=1) / np.sqrt(20) < 0.1


def test_lower_stops_at_log_count_and_says_so():
    """A true 37 nats, of which the upper bound says hundreds."""
    latent = 8
    std = 1 / np.sqrt(np.expm1(2 * 37 / latent))
    q, z = layer(512, latent, std)
    lower, upper = encoder_bounds(q, z)
    np.testing.assert_allclose(lower.value, np.log(512), atol=FLOAT32)
    assert FLAGS[int(flag(lower.value, lower.ceiling, lower.kind, saturating=True))] == "unresolved"
    assert upper.value > 400
    weak = encoder_bounds(*layer(512, 2, 0.5)).lower
    assert FLAGS[int(flag(weak.value, weak.ceiling, weak.kind, saturating=True))] == "fine"


@pytest.mark.parametrize("std", [1e-3, 1e-6, 1e-12, 1e-18])
def test_tiny_std_stays_finite(std):
    lower, upper = encoder_bounds(*layer(COUNT, 2, std))
    np.testing.assert_allclose(lower.value, np.log(COUNT), atol=FLOAT32)
    assert lower.value <= lower.ceiling and np.isfinite(upper.value) and upper.value > 1 / std


def test_an_input_that_does_not_matter_keeps_nothing():
    q = Gaussian(jnp.ones((COUNT, 2)), jnp.full((COUNT, 2), 0.3))
    for side in encoder_bounds(q, sample(q, jax.random.key(0))):
        np.testing.assert_allclose(side.value, 0, atol=FLOAT32)


def test_jit_and_vmap_are_the_plain_call():
    members = [layer(COUNT, 2, 0.5, seed) for seed in range(3)]
    q, z = jax.tree.map(lambda *parts: jnp.stack(parts), *members)
    together = jax.vmap(encoder_bounds)(q, z)
    measure = jax.jit(encoder_bounds)
    for i, member in enumerate(members):
        alone, compiled = encoder_bounds(*member), measure(*member)
        for side in ("lower", "upper"):
            value = getattr(alone, side).value
            np.testing.assert_allclose(getattr(together, side).value[i], value, atol=FLOAT32)
            np.testing.assert_allclose(getattr(compiled, side).value, value, atol=FLOAT32)


def test_what_jit_cannot_look_at_becomes_nan():
    q, z = layer(COUNT, 2, 0.5)
    measure = jax.jit(encoder_bounds)
    for wrong in ((q._replace(mean=q.mean.at[3, 0].set(jnp.nan)), z), (q, z.at[0, 0].set(jnp.inf))):
        assert all(np.isnan(side.value) for side in measure(*wrong))


def test_memory_is_as_stated():
    x = jax.ShapeDtypeStruct((4096, 10), jnp.float32)
    compiled = jax.jit(lambda x, z: encoder_bounds(Gaussian(x, x), z)).lower(x, x).compile()
    assert compiled.memory_analysis().temp_size_in_bytes < 4 * 32 * 4096 * 4


Q, Z = layer(20, 2, 0.5)


@pytest.mark.parametrize(
    ("q", "z", "words"),
    [
        (Q, Z[:9], ("z", "(9, 2)", "one draw for each")),
        (Q, Z[0], ("z", "(2,)", "[N, width]")),
        (Q._replace(std=0 * Q.std), Z, ("q.std", "0.0", "> 0")),
        (Q._replace(std=-Q.std), Z, ("q.std", "-0.5", "> 0")),
        (Q._replace(mean=Q.mean * np.nan), Z, ("q.mean", "NaN")),
        (jax.tree.map(lambda a: a[:1], Q), Z[:1], ("q.mean", "1 samples", "at least 2")),
    ],
)
def test_mistakes_are_told_in_one_line(q, z, words):
    with pytest.raises(InvalidInput) as error:
        encoder_bounds(q, z)
    assert_one_line(error, *words)
