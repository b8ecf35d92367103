"""ksg and ross against brute force and scikit-learn, at their limits, under jit and vmap, and with wrong arguments."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import digamma, entr
from scipy.stats import norm
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from vib.errors import InvalidInput
from vib.information import known, ksg, ross

FLOAT32 = 2e-5
COUNT = 192  # one shape for what needs no other, as compiling takes longer than measuring


def sampled(distribution, count, repeats=1):
    """`repeats` independent samples of a known distribution."""
    return [distribution.sample(np.random.default_rng(repeat), count) for repeat in range(repeats)]


def distances(x):
    return np.abs(x[:, None] - x[None]).max(-1)


def brute_ksg(x, y, k):
    """Kraskov et al. 2004, estimator 1, point by point, for data without ties; widest columns of one mean deviation."""
    x, y = (part / np.abs(part - part.mean(0)).mean(0).max() for part in (x, y))
    terms = []
    for i, (near_x, near_y) in enumerate(zip(distances(x), distances(y), strict=True)):
        others = np.arange(len(x)) != i
        radius = np.sort(np.maximum(near_x, near_y)[others])[k - 1]
        counts = [(near[others] < radius).sum() for near in (near_x, near_y)]
        terms.append(digamma(k) - sum(digamma(count + 1) for count in counts) + digamma(len(x)))
    return np.mean(terms)


def brute_ross(t, y, k):
    """Ross 2014, point by point: m counts the neighbours in all the data up to the k-th of the own class."""
    kept = np.flatnonzero(np.bincount(y)[y] > 1)
    t, y = t[kept], y[kept]
    terms = []
    for i, near in enumerate(distances(t)):
        own = np.sort(near[(y == y[i]) & (np.arange(len(t)) != i)])
        wanted = min(k, len(own))
        m = (np.delete(near, i) <= own[wanted - 1]).sum()
        terms.append(digamma(wanted) - digamma(m) - digamma(len(own) + 1) + digamma(len(t)))
    return np.mean(terms)


@pytest.mark.parametrize(("count", "k"), [(5, 4), (64, 1), (200, 10)])
def test_ksg_is_the_brute_force(count, k):
    ((x, y),) = sampled(known.gaussian(2, 0.7), count)
    with jax.enable_x64(True):
        found = ksg(jnp.asarray(x), jnp.asarray(y), k)
        assert found.value.dtype == jnp.float64
        np.testing.assert_allclose(found.value, brute_ksg(x, y, k), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("count", "k"), [(6, 3), (200, 10)])
def test_ross_is_the_brute_force_with_small_classes(count, k):
    ((t, y),) = sampled(known.mixture([-1, 0, 1], 0.5), count)
    y[:3] = 3, 4, 4  # the only one of its class, and two of another
    with jax.enable_x64(True):
        found = ross(jnp.asarray(t), jnp.asarray(y), k)
        np.testing.assert_allclose(found.value, brute_ross(t, y, k), rtol=1e-12, atol=1e-12)


def test_in_float32_too():
    ((x, y),) = sampled(known.gaussian(2, 0.7), COUNT)
    label = np.searchsorted([-0.5, 0.5], y[:, 0])
    for found, expected in (
        (ksg(x.astype(np.float32), y.astype(np.float32)), brute_ksg(x, y, 3)),
        (ross(x.astype(np.float32), label), brute_ross(x, label, 3)),
    ):
        assert found.value.dtype == jnp.float32 and found.kind == "estimate"
        np.testing.assert_allclose(found.value, expected, atol=FLOAT32)


def test_both_are_those_of_scikit_learn():
    """It adds noise of 1e-10 of the scale, and floors its radii a rounding lower: a count here and there."""
    ((x, y),) = sampled(known.gaussian(1, 0.9), 1024)
    x, y = (part / np.abs(part - part.mean(0)).mean(0) for part in (x, y))  # it scales by the standard deviation
    ((t, label),) = sampled(known.mixture([0, 1, 2, 3], 0.4), 1024)
    with jax.enable_x64(True):
        continuous, discrete = ksg(jnp.asarray(x), jnp.asarray(y)).value, ross(jnp.asarray(t), jnp.asarray(label)).value
    theirs = mutual_info_regression(x, y[:, 0], n_neighbors=3, random_state=0)[0]
    np.testing.assert_allclose(continuous, theirs, atol=1e-3)
    theirs = mutual_info_classif(t, label, n_neighbors=3, random_state=0)[0]
    np.testing.assert_allclose(discrete, theirs, atol=1e-3)


def test_equal_variables_are_at_the_ceiling():
    x = np.random.default_rng(0).normal(size=(COUNT, 2))
    found = ksg(x, x)
    np.testing.assert_allclose(found.value, found.ceiling, atol=FLOAT32)


def test_ross_reaches_the_entropy_of_separate_classes():
    random = np.random.default_rng(0)
    y = random.permutation(np.repeat([0, 1, 2], COUNT // 3))
    found = ross(y[:, None] + 0.01 * random.normal(size=(COUNT, 2)), y)
    np.testing.assert_allclose(found.value, found.ceiling, atol=FLOAT32)
    # digamma(n) and log(n) differ by about 1 / (2 n)
    np.testing.assert_allclose(found.value, np.log(3) + 1 / COUNT, atol=1 / COUNT**2 + FLOAT32)


def test_constant_data_keep_nothing():
    random = np.random.default_rng(0)
    x, y, still = random.normal(size=(COUNT, 2)), random.integers(0, 3, COUNT), np.full((COUNT, 2), 0.1)
    for found in (ksg(x, still), ksg(still, x), ksg(still, still), ross(still, y), ross(x, 0 * y, classes=3)):
        assert found.value == 0 and found.resolved


@pytest.mark.parametrize("seed", range(6))
def test_ties_never_give_nan_nor_more_than_the_ceiling(seed):
    random = np.random.default_rng(seed)
    count = (5, COUNT)[seed % 2]
    x, y = random.integers(-2, 3, (2, count, 2)) / 3
    label = random.integers(0, 3, count)
    for found in (ksg(x, y), ross(x, label, classes=3)):
        assert np.isfinite(found.value) and found.value <= found.ceiling + FLOAT32


@pytest.mark.parametrize("place", [0, 100, 1e4, 1e8])
def test_a_constant_column_does_not_matter(place):
    """Nor where it is, though its mean is rounded."""
    ((x, y),) = sampled(known.gaussian(1, 0.9), COUNT)
    wide = np.c_[x, np.full((COUNT, 1), place)].astype(np.float32)
    assert ksg(wide, y).value == ksg(np.c_[x, 0 * x], y).value


def test_a_drowned_column_warns(caplog):
    ((x, y),) = sampled(known.gaussian(2, 0.7), COUNT)
    for estimator, second in ((ksg, y), (ross, np.arange(COUNT) % 2)):
        estimator(x * [1, 90], second)
        assert not caplog.records
        estimator(np.c_[x * [1, 150], 0 * y], second)
        assert "column 1" in caplog.text and "as wide as 0" in caplog.text
        caplog.clear()


def test_binary_inputs_of_a_noisy_unit():
    """10 bits that a tanh unit with noise of its own weighs: the truth by quadrature; few pairs are close."""
    weights, noise = np.linspace(-1, 1, 10), 0.2
    units = np.tanh(((np.arange(1024)[:, None] >> np.arange(10) & 1) * 2 - 1) @ weights)
    at = np.linspace(-3, 3, 3001)
    density = norm.pdf((at[:, None] - units) / noise).mean(1) / noise
    truth = entr(density).sum() * (at[1] - at[0]) - 0.5 * np.log(2 * np.pi * np.e * noise**2)
    found = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        x = random.integers(0, 2, (1000, 10))
        y = np.tanh((2 * x - 1) @ weights)[:, None] + noise * random.normal(size=(1000, 1))
        found.append(ksg(x, 7 * y).value)
    assert abs(np.mean(found) - truth) < 0.05


def test_jit_and_vmap_are_the_plain_call():
    many = sampled(known.gaussian(2, 0.7), COUNT, 3)
    x, y = (jnp.asarray(np.stack(part), jnp.float32) for part in zip(*many, strict=True))
    label = (y[:, :, 0] > 0).astype(int)
    for estimator, second in ((ksg, y), (lambda t, y: ross(t, y, classes=3), label)):
        alone = [estimator(x[i], second[i]) for i in range(3)]
        together = jax.vmap(estimator)(x, second)
        compiled = jax.jit(estimator)(x[0], second[0])
        np.testing.assert_allclose(together.value, [found.value for found in alone], atol=FLOAT32)
        np.testing.assert_allclose(together.ceiling, [found.ceiling for found in alone], atol=FLOAT32)
        np.testing.assert_array_equal(together.resolved, [found.resolved for found in alone])
        np.testing.assert_allclose(compiled.value, alone[0].value, atol=FLOAT32)
        assert compiled.kind == together.kind == "estimate"


def test_what_jit_cannot_look_at_becomes_nan():
    x, y = np.zeros((64, 2), np.float32), np.zeros(64, int)
    wrong = x.copy()
    wrong[3, 1] = np.nan
    assert np.isnan(jax.jit(ksg)(wrong, x).value)
    measure = jax.jit(partial(ross, classes=64))
    for t, label in ((wrong, y), (x, y + 64), (x, np.arange(64))):
        assert np.isnan(measure(t, label).value)


@pytest.mark.parametrize("call", [ksg, lambda x, y: ross(x, (y[:, 0] > 0).astype(int), classes=2)])
def test_memory_is_as_stated(call):
    x = jax.ShapeDtypeStruct((4096, 10), jnp.float32)
    used = jax.jit(call).lower(x, x).compile().memory_analysis().temp_size_in_bytes
    assert used < 6 * 64 * 4096 * 4  # one more, for the copies of x and the counts


NORMAL = np.random.default_rng(0).normal(size=(20, 2))
LABELS = np.arange(20) % 2


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: ksg(NORMAL, NORMAL, 20), ("k, of 20 samples: 20", "1 to 19")),
        (lambda: ksg(NORMAL, NORMAL, 0), ("k, of 20 samples: 0",)),
        (lambda: ksg(NORMAL, NORMAL, 2.5), ("k", "2.5", "whole number")),
        (lambda: ksg(NORMAL, NORMAL[:9]), ("y", "9 samples for 20")),
        (lambda: ksg(NORMAL[:, 0], NORMAL), ("x", "(20,)", "[N, width]")),
        (lambda: ksg(NORMAL[:1], NORMAL[:1]), ("x", "1 samples", "at least 2")),
        (lambda: ksg(NORMAL * np.nan, NORMAL), ("x", "NaN")),
        (lambda: ross(NORMAL, LABELS, 20), ("k, of 20 samples: 20",)),
        (lambda: ross(NORMAL, LABELS[:9]), ("y", "(9,)", "20 samples")),
        (lambda: ross(NORMAL, LABELS + 0.5), ("y", "whole numbers")),
        (lambda: ross(NORMAL, LABELS, classes=1), ("y", "from 0 to 1")),
        (lambda: ross(NORMAL, np.arange(20)), ("y", "a label each", "two or more")),
        (lambda: jax.jit(ross)(NORMAL, LABELS), ("classes", "inside jit")),
        (lambda: jax.jit(ksg, static_argnums=2)(NORMAL, NORMAL, 20), ("k, of 20 samples: 20",)),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
