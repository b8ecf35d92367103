"""The layer of a noisy network against quadrature: its first layer, linear chains, 12-bit inputs, and its limits."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import logsumexp

from vib.errors import InvalidInput
from vib.information import FLAGS, flag, known, noisy

FLOAT32 = 1e-5
# one shape for what needs no other, as compiling takes longer than measuring
SHAPE, OPTIONS = (4, 40, 2), {"classes": 4, "points": 128}
VARIED = np.random.default_rng(0).normal(size=SHAPE).astype(np.float32)
FOUR = np.arange(40) % 4


def chain(points, dim, before, std, draws, repeats=6, **options):
    """Mean and standard error of I(X;T) over repeats of a chain whose inputs fill a grid, and its exact value."""
    case = known.grid(points, dim, std, before, draws)
    values = []
    for repeat in range(repeats):
        (means,) = case.sample(np.random.default_rng(repeat), points**dim)
        values.append(noisy(means, None, std, jax.random.key(repeat), **options).information_x.value)
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(repeats), case.information


@pytest.mark.parametrize(("points", "dim", "std"), [(16, 1, 0.1), (16, 2, 0.2), (6, 3, 0.5)])
def test_first_layer_is_exact_but_for_the_points(points, dim, std):
    mean, error, truth = chain(points, dim, 0.0, std, draws=1, repeats=20)
    assert abs(mean - truth) < 3.5 * error < 0.05


def test_draws_that_agree_change_nothing():
    """h(T|x) is then the closed form, whatever the number of draws."""
    one, many = (noisy(np.repeat(VARIED[:1], n, 0), FOUR, 0.3, jax.random.key(5), **OPTIONS) for n in (1, 4))
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
    # far below its ceiling too
    case = known.grid(6, 3, 0.1, 0.3, 8)
    found = noisy(*case.sample(np.random.default_rng(0), 216), None, 0.1, jax.random.key(0)).information_x
    assert case.information + 0.5 < found.value < found.ceiling - 1 and not found.resolved


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
    still = noisy(np.full(SHAPE, 0.7, np.float32), FOUR, 0.1, jax.random.key(0), **OPTIONS)
    np.testing.assert_allclose([each.value for each in still], 0, atol=FLOAT32)
    one_class = noisy(VARIED, 0 * FOUR, 0.1, jax.random.key(0), **OPTIONS).information_y
    np.testing.assert_allclose([one_class.value, one_class.ceiling], 0, atol=FLOAT32)


def test_without_labels_there_is_no_information_about_them():
    assert jax.eval_shape(lambda means: noisy(means, None, 0.5, jax.random.key(0)), VARIED).information_y is None


@pytest.mark.parametrize("std", [1e-2, 1e-6, 1e-12])
def test_tiny_noise_stays_at_the_ceilings(std):
    means = np.repeat(VARIED[:1], 4, 0)
    found = noisy(means, FOUR, std, jax.random.key(0), **OPTIONS)
    for each, ceiling in zip(found, (np.log(40), np.log(4)), strict=True):
        np.testing.assert_allclose(each.ceiling, ceiling, rtol=1e-6)
        np.testing.assert_allclose(each.value, ceiling, atol=0.05)
        assert each.value <= each.ceiling + FLOAT32 and each.kind == "estimate"


def test_jit_and_vmap_are_the_plain_call():
    means = np.random.default_rng(1).normal(size=(3, *SHAPE)).astype(np.float32)
    keys = jax.random.split(jax.random.key(0), 3)

    def call(means, key, std):
        return noisy(means, FOUR, std, key, **OPTIONS)

    together, compiled = jax.vmap(call, (0, 0, None))(means, keys, 0.5), jax.jit(call)
    for i in range(3):
        alone, inside = call(means[i], keys[i], 0.5), compiled(means[i], keys[i], 0.5)
        for side in ("information_x", "information_y"):
            value = getattr(alone, side).value
            np.testing.assert_allclose(getattr(together, side).value[i], value, atol=FLOAT32)
            np.testing.assert_allclose(getattr(inside, side).value, value, atol=FLOAT32)
    # what jit cannot look at
    assert np.isnan(compiled(means[0], keys[0], jnp.nan).information_x.value)


def test_float64_stays_and_float32_too():
    with jax.enable_x64(True):
        double = noisy(jnp.asarray(VARIED, jnp.float64), FOUR, 0.5, jax.random.key(0), **OPTIONS).information_x
        assert double.value.dtype == double.ceiling.dtype == jnp.float64
        call = partial(noisy, y=FOUR, noise_std=0.5, key=jax.random.key(0), **OPTIONS)
        assert jax.eval_shape(call, jnp.asarray(VARIED)).information_x.value.dtype == jnp.float32
    single = noisy(VARIED, FOUR, 0.5, jax.random.key(0), **OPTIONS).information_x
    assert abs(float(double.value) - float(single.value)) < 0.4  # other noise: a difference of two means of 128


def test_memory_is_as_stated():
    means, y = jax.ShapeDtypeStruct((8, 4096, 10), jnp.float32), jax.ShapeDtypeStruct((4096,), jnp.int32)
    call = jax.jit(lambda means, y, key: noisy(means, y, 0.1, key, classes=2))
    assert call.lower(means, y, jax.random.key(0)).compile().memory_analysis().temp_size_in_bytes < 4 * 8 * 8 * 4096 * 4


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
        ((MEANS, LABELS, 0.1), {"points": 0}, ("points", "0", "at least 1")),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, options, words):
    with pytest.raises(InvalidInput) as error:
        noisy(*arguments, jax.random.key(0), **options)
    assert_one_line(error, *words)
