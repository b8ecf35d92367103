"""ksg and ross against brute force, scikit-learn and known distributions; where they fail, they must say so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import digamma
from sklearn.feature_selection import mutual_info_classif, mutual_info_regression

from vib.errors import InvalidInput
from vib.information import FLAGS, flag, known, ksg, ross

FLOAT32 = 2e-5


def sampled(distribution, count, repeats=1):
    """`repeats` independent samples of a known distribution."""
    return [distribution.sample(np.random.default_rng(repeat), count) for repeat in range(repeats)]


def estimates(estimator, distribution, count, repeats=6):
    """Mean and standard error over repeats, nats."""
    values = [float(estimator(*arrays).value) for arrays in sampled(distribution, count, repeats)]
    return np.mean(values), np.std(values, ddof=1) / np.sqrt(repeats)


def distances(x):
    return np.abs(x[:, None] - x[None]).max(-1)


def brute_ksg(x, y, k):
    """Kraskov et al. 2004, estimator 1, point by point, for data without ties and of about unit variance."""
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


@pytest.mark.parametrize(("count", "k"), [(5, 4), (64, 1), (65, 3), (200, 10)])
def test_ksg_is_the_brute_force(count, k):
    ((x, y),) = sampled(known.gaussian(2, 0.7), count)
    with jax.enable_x64(True):
        found = ksg(jnp.asarray(x), jnp.asarray(y), k)
        assert found.value.dtype == jnp.float64
        np.testing.assert_allclose(found.value, brute_ksg(x, y, k), rtol=1e-12, atol=1e-12)
    single = ksg(x.astype(np.float32), y.astype(np.float32), k)
    assert single.value.dtype == jnp.float32 and single.kind == "estimate"
    np.testing.assert_allclose(single.value, found.value, atol=FLOAT32)


@pytest.mark.parametrize(("count", "k"), [(6, 3), (65, 3), (200, 10)])
def test_ross_is_the_brute_force_with_small_classes(count, k):
    ((t, y),) = sampled(known.mixture([-1, 0, 1], 0.5), count)
    y[:3] = 3, 4, 4  # the only one of its class, and two of another
    with jax.enable_x64(True):
        found = ross(jnp.asarray(t), jnp.asarray(y), k)
        np.testing.assert_allclose(found.value, brute_ross(t, y, k), rtol=1e-12, atol=1e-12)
    single = ross(t.astype(np.float32), y, k)
    assert single.value.dtype == jnp.float32 and single.kind == "estimate"
    np.testing.assert_allclose(single.value, found.value, atol=FLOAT32)


def test_both_are_those_of_scikit_learn():
    """It adds noise of 1e-10 of the scale, and floors its radii a rounding lower: a count here and there."""
    ((x, y),) = sampled(known.gaussian(1, 0.9), 1000)
    x, y = x / x.std(), y / y.std()
    ((t, label),) = sampled(known.mixture([0, 1, 2, 3], 0.4), 1000)
    with jax.enable_x64(True):
        continuous, discrete = ksg(jnp.asarray(x), jnp.asarray(y)).value, ross(jnp.asarray(t), jnp.asarray(label)).value
    theirs = mutual_info_regression(x, y[:, 0], n_neighbors=3, random_state=0)[0]
    np.testing.assert_allclose(continuous, theirs, atol=1e-3)
    theirs = mutual_info_classif(t, label, n_neighbors=3, random_state=0)[0]
    np.testing.assert_allclose(discrete, theirs, atol=1e-3)


KNOWN = [
    # the error of a mean of 6 repeats that is allowed, nats, at N = 500 and 2000: bias and three standard errors
    (known.gaussian(1, 0.0), 0.05, 0.02),
    (known.gaussian(1, 0.9), 0.07, 0.04),
    (known.gaussian(3, 0.8), 0.35, 0.2),
    (known.bent(known.gaussian(1, 0.9)), 0.2, 0.1),
    (known.uniform_noise(0.1), 0.12, 0.07),
    (known.student(1, 0.5, 3), 0.1, 0.04),
    (known.student(2, 0.5, 3), 0.15, 0.07),
    (known.tanh_neuron(2, 0.2), 0.1, 0.04),
]


@pytest.mark.parametrize(("distribution", "few", "many"), KNOWN, ids=lambda value: getattr(value, "name", ""))
def test_ksg_comes_near_the_truth_as_samples_grow(distribution, few, many):
    for count, tolerance in ((500, few), (2000, many)):
        mean, _ = estimates(ksg, distribution, count)
        assert abs(mean - distribution.information) < tolerance, (count, mean)


@pytest.mark.parametrize(
    ("distribution", "few", "many"),
    [
        (known.mixture([-1, 1], 0.5), 0.04, 0.02),
        (known.mixture([0, 1, 2, 3], 0.4), 0.06, 0.03),
        (known.mixture([0, 0, 0], 1.0), 0.03, 0.015),
        (known.unrelated(10, 2), 0.03, 0.015),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_ross_comes_near_the_truth_as_samples_grow(distribution, few, many):
    for count, tolerance in ((500, few), (2000, many)):
        mean, _ = estimates(ross, distribution, count)
        assert abs(mean - distribution.information) < tolerance, (count, mean)


@pytest.mark.parametrize(("dim", "resolved"), [(1, False), (2, False), (4, True)])
def test_ksg_stops_far_below_16_nats_and_its_ceiling_says_so(dim, resolved):
    distribution = known.gaussian_of(dim, 16.0)
    for arrays in sampled(distribution, 1000, 3):
        found = ksg(*arrays)
        np.testing.assert_allclose(found.ceiling, digamma(1000) - digamma(4), rtol=1e-6)
        assert found.ceiling - 0.4 < found.value <= found.ceiling + FLOAT32 < 6
        code = FLAGS[int(flag(found.value, found.ceiling, found.kind, saturating=True))]
        assert resolved or code == "unresolved"


def test_equal_variables_are_at_the_ceiling():
    x = np.random.default_rng(0).normal(size=(300, 2))
    found = ksg(x, x)
    np.testing.assert_allclose(found.value, found.ceiling, atol=FLOAT32)


def test_ross_reaches_the_entropy_of_separate_classes():
    random = np.random.default_rng(0)
    y = random.permutation(np.repeat([0, 1, 2], 200))
    found = ross(y[:, None] + 0.01 * random.normal(size=(600, 1)), y)
    np.testing.assert_allclose(found.value, found.ceiling, atol=FLOAT32)
    np.testing.assert_allclose(found.value, np.log(3), atol=3 / 600)  # digamma(n) and log(n) differ by about 1 / (2 n)


def test_constant_data_keep_nothing():
    random = np.random.default_rng(0)
    x, y, still = random.normal(size=(200, 2)), random.integers(0, 3, 200), np.full((200, 2), 0.1)
    for found in (ksg(x, still), ksg(still, x), ksg(still, still), ross(still, y), ross(x, 0 * y)):
        assert abs(found.value) < FLOAT32


def table_information(x, y):
    """Of the empirical table of two columns of whole numbers, nats."""
    joint = np.histogram2d(x, y, [np.arange(-9.5, 10), np.arange(-9.5, 10)])[0] / len(x)
    marginals = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return np.sum(joint[joint > 0] * np.log(joint[joint > 0] / marginals[joint > 0]))


def test_discrete_data_are_counted():
    """With many copies of each point; digamma(n) stands for log(n), a difference of 1 / (2 n) in each count."""
    ((x, y),) = sampled(known.gaussian(1, 0.9), 2000)
    x, y = x.round(), y.round()
    truth = table_information(x[:, 0], y[:, 0])
    np.testing.assert_allclose(ksg(x, y).value, truth, atol=0.02)
    np.testing.assert_allclose(ross(x, y[:, 0].astype(int) + 9).value, truth, atol=0.02)


@pytest.mark.parametrize("seed", range(6))
def test_ties_never_give_nan_nor_more_than_the_ceiling(seed):
    random = np.random.default_rng(seed)
    count = (5, 30, 130)[seed % 3]
    x, y = random.integers(-2, 3, (2, count, 2)) / 3
    label = random.integers(0, 3, count)
    for found in (ksg(x, y), ross(x, label)):
        assert np.isfinite(found.value) and found.value <= found.ceiling + FLOAT32


def test_scale_and_place_do_not_matter():
    ((x, y),) = sampled(known.gaussian(2, 0.8), 500)
    plain = ksg(x, y).value
    assert ksg(1024 * x, y / 64).value == plain  # powers of two
    np.testing.assert_allclose(ksg(1000 * x, y / 77).value, plain, atol=0.05)
    np.testing.assert_allclose(ksg(x + 3, y - 5).value, plain, atol=1e-3)  # the sum rounds: a count here and there


def test_jit_and_vmap_are_the_plain_call():
    many = sampled(known.gaussian(2, 0.7), 100, 3)
    x, y = (jnp.asarray(np.stack(part), jnp.float32) for part in zip(*many, strict=True))
    label = (y[:, :, 0] > 0).astype(int)
    for estimator, second in ((ksg, y), (lambda t, y: ross(t, y, classes=2), label)):
        alone = [estimator(x[i], second[i]) for i in range(3)]
        together = jax.vmap(estimator)(x, second)
        compiled = jax.jit(estimator)(x[0], second[0])
        np.testing.assert_allclose(together.value, [found.value for found in alone], atol=FLOAT32)
        np.testing.assert_allclose(together.ceiling, [found.ceiling for found in alone], atol=FLOAT32)
        np.testing.assert_allclose(compiled.value, alone[0].value, atol=FLOAT32)
        assert compiled.kind == together.kind == "estimate"


def test_what_jit_cannot_look_at_becomes_nan():
    x = np.zeros((50, 2), np.float32)
    x[3, 1] = np.nan
    y = np.zeros(50, int)
    assert np.isnan(jax.jit(ksg)(x, x[::-1]).value)
    for t, label in ((x, y), (np.zeros((50, 2)), y + 2), (np.zeros((50, 2)), np.arange(50))):
        assert np.isnan(jax.jit(ross, static_argnames="classes")(t, label, classes=50 if label[1] == 1 else 2).value)


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
        (lambda: ksg(NORMAL, NORMAL, 20), ("k", "20 neighbours of 20", "1 to 19")),
        (lambda: ksg(NORMAL, NORMAL, 0), ("k", "0 neighbours")),
        (lambda: ksg(NORMAL, NORMAL, 2.5), ("k", "2.5", "whole number")),
        (lambda: ksg(NORMAL, NORMAL[:9]), ("y", "9 samples for 20")),
        (lambda: ksg(NORMAL[:, 0], NORMAL), ("x", "(20,)", "[N, width]")),
        (lambda: ksg(NORMAL[:1], NORMAL[:1]), ("x", "1 samples", "at least 2")),
        (lambda: ksg(NORMAL * np.nan, NORMAL), ("x", "NaN")),
        (lambda: ross(NORMAL, LABELS, 20), ("k", "20 neighbours of 20")),
        (lambda: ross(NORMAL, LABELS[:9]), ("y", "(9,)", "20 samples")),
        (lambda: ross(NORMAL, LABELS + 0.5), ("y", "whole numbers")),
        (lambda: ross(NORMAL, LABELS, classes=1), ("y", "from 0 to 1")),
        (lambda: ross(NORMAL, np.arange(20)), ("y", "a label each", "two or more")),
        (lambda: jax.jit(ross)(NORMAL, LABELS), ("classes", "inside jit")),
        (lambda: jax.jit(ksg, static_argnums=2)(NORMAL, NORMAL, 20), ("k", "20 neighbours of 20")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
