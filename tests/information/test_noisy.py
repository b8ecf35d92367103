"""The layer of a noisy network against quadrature: its first layer, linear chains, 12-bit inputs, and its limits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import logsumexp

from vib.errors import InvalidInput
from vib.information import FLAGS, flag, known, noisy

FLOAT32 = 1e-5


def chain(points, dim, before, std, draws, repeats=6, **options):
    """Mean and standard error of I(X;T) over repeats of a chain whose inputs fill a grid, and its exact value."""
    case = known.grid(points, dim, std, before, draws)
    values = []
    for repeat in range(repeats):
        (means,) = case.sample(np.random.default_rng(repeat), points**dim)
        values.append(noisy(means, None, std, jax.random.key(repeat), **options).information_x.value)
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(repeats), case.information


@pytest.mark.parametrize(("points", "dim", "std"), [(2, 1, 0.5), (16, 1, 0.1), (16, 2, 0.2), (6, 3, 0.5)])
def test_first_layer_is_exact_but_for_the_points(points, dim, std):
    mean, error, truth = chain(points, dim, 0.0, std, draws=1, repeats=20)
    assert abs(mean - truth) < 3.5 * error < 0.05


def test_draws_that_agree_change_nothing():
    """h(T|x) is then the closed form, whatever the number of draws."""
    means = np.random.default_rng(0).normal(size=(1, 100, 3)).astype(np.float32)
    y = np.arange(100) % 3
    one, many = (noisy(np.repeat(means, draws, 0), y, 0.3, jax.random.key(5)) for draws in (1, 6))
    np.testing.assert_allclose(one.information_x.value, many.information_x.value, atol=1e-4)
    np.testing.assert_allclose(one.information_y.value, many.information_y.value, atol=1e-4)


@pytest.mark.parametrize(
    ("points", "dim", "before", "std", "bias"),
    [
        (16, 1, 0.1, 0.3, 0.01),
        (16, 1, 0.3, 0.3, 0.02),
        (16, 1, 0.3, 0.1, 0.06),
        (8, 3, 0.1, 0.3, 0.03),
        (8, 3, 0.3, 0.3, 0.08),
    ],
)
def test_second_layer_of_a_linear_chain(points, dim, before, std, bias):
    """8 draws; besides the bias that the docstring tells of, four standard errors of the mean of 6 repeats."""
    mean, error, truth = chain(points, dim, before, std, draws=8)
    assert -4 * error < mean - truth < bias + 4 * error, (mean, error, truth)


def plain_mixture(means, std, random):
    """I(X;T) from the mixtures of the draws as they are, every one evaluated once."""
    draws, count, dim = means.shape
    ratios = []
    for d in range(draws):
        t = means[d] + std * random.normal(size=(count, dim))
        log_p = -0.5 * (((t[:, None, None] - means[None]) / std) ** 2).sum(-1)  # [point, draws, N]
        own = logsumexp(log_p[np.arange(count), :, np.arange(count)], axis=1)
        ratios.append(own - logsumexp(log_p, axis=(1, 2)) + np.log(count))
    return np.mean(ratios)


def test_the_jackknife_takes_most_of_the_bias_out():
    case = known.grid(16, 1, 0.1, 0.3, 8)
    plain = [plain_mixture(*case.sample(random, 16), 0.1, random) for random in map(np.random.default_rng, range(30))]
    mean, error, truth = chain(16, 1, 0.3, 0.1, draws=8, repeats=12)
    assert np.mean(plain) - truth > 0.15
    assert abs(mean - truth) < 0.06 + 3 * error


def test_a_wide_noise_before_in_many_directions_reads_too_much_and_is_unresolved():
    case = known.grid(2, 8, 0.05, 1.0, 8)
    (means,) = case.sample(np.random.default_rng(0), 256)
    found = noisy(means, None, 0.05, jax.random.key(0)).information_x
    assert case.information < 3.5
    assert FLAGS[int(flag(found.value, found.ceiling, found.kind, saturating=True))] == "unresolved"


def test_knowledge_of_the_label_by_quadrature():
    """The label is one of two inputs, 50 copies of each: I(T;Y) = I(X;T) of the two; three standard errors."""
    case = known.grid(2, 1, 0.5, 0.5, 8)
    y = np.repeat([0, 1], 50)
    values = []
    for seed in range(8):
        means = (2.0 * y - 1)[None, :, None] + 0.5 * np.random.default_rng(seed).normal(size=(8, 100, 1))
        values.append(noisy(means, y, 0.5, jax.random.key(seed)).information_y)
    found = np.array([each.value for each in values])
    assert abs(found.mean() - case.information) < 3 * found.std(ddof=1) / np.sqrt(8) < 0.05
    np.testing.assert_allclose(values[0].ceiling, np.log(2), rtol=1e-6)


def test_noisy_tanh_neuron_on_12_bits():
    """Every pattern as often; the truth is an integral over the 4096 means of T."""
    bits = (np.arange(4096)[:, None] >> np.arange(12) & 1) * 2 - 1
    random = np.random.default_rng(0)
    means, std = np.tanh(bits @ random.normal(0, 0.4, 12))[None, :, None], 0.15
    grid = np.linspace(-2.5, 2.5, 2001)
    density = np.exp(-0.5 * ((grid[:, None] - means[0, :, 0]) / std) ** 2).mean(1) / np.sqrt(2 * np.pi) / std
    truth = -np.trapezoid(density * np.log(density), grid) - 0.5 * np.log(2 * np.pi * np.e * std**2)
    values = np.array([noisy(means, None, std, jax.random.key(seed)).information_x.value for seed in range(6)])
    assert abs(values.mean() - truth) < 3.5 * values.std(ddof=1) / np.sqrt(6) < 0.06


def test_what_does_not_vary_keeps_nothing():
    still = np.full((4, 30, 2), 0.7, np.float32)
    found = noisy(still, np.arange(30) % 2, 0.1, jax.random.key(0))
    np.testing.assert_allclose([each.value for each in found], 0, atol=FLOAT32)
    varied = np.random.default_rng(0).normal(size=(4, 30, 2)).astype(np.float32)
    one_class = noisy(varied, np.zeros(30, int), 0.1, jax.random.key(0)).information_y
    np.testing.assert_allclose([one_class.value, one_class.ceiling], 0, atol=FLOAT32)
    assert noisy(varied, None, 0.1, jax.random.key(0)).information_y is None


@pytest.mark.parametrize("std", [1e-2, 1e-6, 1e-12])
def test_tiny_noise_stays_at_the_ceilings(std):
    means = np.repeat(np.random.default_rng(0).normal(size=(1, 40, 2)), 4, 0).astype(np.float32)
    found = noisy(means, np.arange(40) % 4, std, jax.random.key(0), points=100)
    for each, ceiling in zip(found, (np.log(40), np.log(4)), strict=True):
        np.testing.assert_allclose(each.ceiling, ceiling, rtol=1e-6)
        np.testing.assert_allclose(each.value, ceiling, atol=0.05)
        assert each.value <= each.ceiling + FLOAT32 and each.kind == "estimate"


def test_jit_vmap_and_float64_are_the_plain_call():
    random = np.random.default_rng(0)
    means, y = random.normal(size=(3, 4, 50, 2)).astype(np.float32), random.integers(0, 2, 50)
    keys = jax.random.split(jax.random.key(0), 3)

    def call(means, key):
        return noisy(means, y, 0.5, key, classes=2, points=128)

    together = jax.vmap(call)(means, keys)
    for i in range(3):
        alone, compiled = call(means[i], keys[i]), jax.jit(call)(means[i], keys[i])
        for side in ("information_x", "information_y"):
            value = getattr(alone, side).value
            np.testing.assert_allclose(getattr(together, side).value[i], value, atol=FLOAT32)
            np.testing.assert_allclose(getattr(compiled, side).value, value, atol=FLOAT32)
    with jax.enable_x64(True):
        double = call(jnp.asarray(means[0], jnp.float64), keys[0]).information_x
        assert double.value.dtype == double.ceiling.dtype == jnp.float64
        single = call(jnp.asarray(means[0]), keys[0]).information_x.value
        assert single.dtype == jnp.float32
    assert abs(float(double.value) - float(single)) < 0.4  # other noise: a difference of two means of 128


def test_a_noise_std_that_jit_cannot_look_at():
    means = np.random.default_rng(0).normal(size=(4, 50, 2)).astype(np.float32)
    call = jax.jit(lambda std: noisy(means, None, std, jax.random.key(0)).information_x.value)
    np.testing.assert_allclose(call(0.5), noisy(means, None, 0.5, jax.random.key(0)).information_x.value, atol=FLOAT32)
    assert np.isnan(call(jnp.nan))


def test_memory_is_as_stated():
    means, x = jax.ShapeDtypeStruct((8, 4096, 10), jnp.float32), jax.ShapeDtypeStruct((4096,), jnp.float32)
    call = jax.jit(lambda means, x: noisy(means, (x > 0).astype(int), 0.1, jax.random.key(0), classes=2))
    assert call.lower(means, x).compile().memory_analysis().temp_size_in_bytes < 4 * 8 * 8 * 4096 * 4


MEANS, LABELS = np.zeros((2, 20, 3)), np.arange(20) % 2


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((MEANS[0], LABELS, 0.1), {}, ("means", "(20, 3)", "[draws, N >= 2, width]")),
        ((MEANS[:, :1], None, 0.1), {}, ("means", "(2, 1, 3)", "N >= 2")),
        ((MEANS + np.nan, LABELS, 0.1), {}, ("means", "NaN")),
        ((MEANS, LABELS, 0.0), {}, ("noise_std", "0.0", "> 0")),
        ((MEANS, LABELS, -1.0), {}, ("noise_std", "-1.0", "> 0")),
        ((MEANS, LABELS, np.nan), {}, ("noise_std", "nan", "> 0")),
        ((MEANS, LABELS[:5], 0.1), {}, ("y", "(5,)", "20 samples")),
        ((MEANS, LABELS, 0.1), {"classes": 1}, ("y", "from 0 to 1")),
        ((MEANS, LABELS, 0.1), {"points": 0}, ("points", "0", ">= 1")),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, options, words):
    with pytest.raises(InvalidInput) as error:
        noisy(*arguments, jax.random.key(0), **options)
    assert_one_line(error, *words)
