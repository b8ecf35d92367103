"""Probes of representations whose answer is known, their curves by number of labels, and what they refuse."""

import warnings
from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.stats import norm

from vib.errors import InvalidInput
from vib.latent import probes
from vib.latent.probes import by_labels, factor_regression, linear_accuracy, neighbour_accuracy, principal


def groups(count, classes=4, apart=6.0, seed=0):
    """Classes at the corners of a simplex with noise of one: (x [count, classes], y [count])."""
    random = np.random.default_rng(seed)
    y = random.permutation(count) % classes
    return np.eye(classes)[y] * apart / 2**0.5 + random.normal(size=(count, classes)), y


def test_linear_accuracy_is_that_of_the_best_rule():
    """Two Gaussian classes d apart: no rule is right more often than Phi(d / 2), and this one nearly is."""
    train, test = groups(2000, 2, apart=2.0), groups(20_000, 2, apart=2.0, seed=1)
    assert abs(linear_accuracy(*train, *test) - norm.cdf(1)) < 0.01


def test_neighbours_see_what_a_plane_cannot():
    random = np.random.default_rng(0)
    corner = random.integers(0, 2, (1000, 2))
    x, y = corner + 0.1 * random.normal(size=(1000, 2)), corner.sum(1) % 2  # exclusive or
    assert neighbour_accuracy(x[:500], y[:500], x[500:], y[500:]) == 1
    assert linear_accuracy(x[:500], y[:500], x[500:], y[500:]) < 0.65


def test_neighbour_accuracy_is_that_of_all_distances():
    (x, y), (x_test, y_test) = groups(150, apart=1.5), groups(80, apart=1.5, seed=1)
    x, x_test = np.float32(x), np.float32(x_test)
    order = np.argsort(((x_test[:, None] - x) ** 2).sum(-1), axis=1)
    for k in (1, 3, 150):
        votes = np.stack([np.bincount(row, minlength=4) for row in y[order[:, :k]]])
        assert neighbour_accuracy(x, y, x_test, y_test, k) == (votes.argmax(1) == y_test).mean()


def test_linear_accuracy_does_not_depend_on_scale():
    train, test = groups(300, apart=2.0), groups(300, apart=2.0, seed=1)
    scale = np.array([1e-3, 1, 1e3, 1])
    again = linear_accuracy(train[0] * scale, train[1], test[0] * scale, test[1])
    assert abs(again - linear_accuracy(*train, *test)) < 0.01


def test_factor_regression_of_known_noise():
    """A factor of variance 2 in a sum with noise of variance v: R^2 = 2 / (2 + v); of another factor: 0."""
    random = np.random.default_rng(0)
    factors = random.integers(0, 5, (20_000, 2))  # variance (5^2 - 1) / 12 = 2
    x = np.stack([factors[:, 0] + random.normal(size=20_000), random.normal(size=20_000)], axis=1)
    found = factor_regression(x[:10_000], factors[:10_000], x[10_000:], factors[10_000:])
    np.testing.assert_allclose(found, [2 / 3, 0], atol=0.02)
    # the ridge is too weak to be seen here: ordinary least squares
    ones = np.ones((10_000, 1))
    line = np.linalg.lstsq(np.hstack([x[:10_000], ones]), factors[:10_000], rcond=None)[0]
    error = ((factors[10_000:] - np.hstack([x[10_000:], ones]) @ line) ** 2).mean(0)
    np.testing.assert_allclose(found, 1 - error / factors[10_000:].var(0), atol=1e-4)


def test_factor_regression_takes_one_factor():
    factor = np.arange(50.0)[:, None]
    assert factor_regression(factor, factor, factor, factor).shape == (1,)


def test_principal_is_the_singular_value_decomposition():
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 7)) @ random.normal(size=(7, 7)) + 3
    transform = principal(x[:40], 3)
    mean = x[:40].mean(0)
    axes = np.linalg.svd(x[:40] - mean)[2][:3]
    for part in (x[:40], x[40:]):
        found = transform(part)
        np.testing.assert_allclose(np.abs(found), np.abs((part - mean) @ axes.T), atol=1e-4)
        assert found.shape == (len(part), 3)


@pytest.mark.parametrize("kind", [bool, np.int8, np.float16, jnp.bfloat16])
def test_features_of_few_bits_are_their_values(kind):
    (x, y), (x_test, y_test) = groups(60, apart=2.0), groups(60, apart=2.0, seed=1)
    few, few_test = ((part > 1 if kind is bool else np.round(part)).astype(kind) for part in (x, x_test))
    plain, plain_test = few.astype(np.float32), few_test.astype(np.float32)
    for probe in (linear_accuracy, neighbour_accuracy):
        assert probe(few, y, few_test, y_test) == probe(plain, y, plain_test, y_test)
    factors, factors_test = y[:, None], y_test[:, None]
    found = factor_regression(few, factors, few_test, factors_test)
    np.testing.assert_array_equal(found, factor_regression(plain, factors, plain_test, factors_test))
    np.testing.assert_array_equal(principal(few, 2)(few_test), principal(plain, 2)(plain_test))


def test_components_do_not_depend_on_place():
    """Also of what is transformed later, of other codes than those fitted."""
    x = np.random.default_rng(0).integers(0, 9, (40, 3))
    expected = principal(x[:30], 2)(x[30:])
    ridge = factor_regression(x[:30], x[:30], x[30:], x[30:])
    for far in (x + 2**60, x - 1e9):
        np.testing.assert_allclose(factor_regression(x[:30], far[:30], x[30:], far[30:]), ridge, atol=1e-12)
        np.testing.assert_allclose(principal(far[:30], 2)(far[30:]), expected, atol=1e-12)


class Seen:
    """A probe that keeps what it is given."""

    def __init__(self):
        self.sets = []

    def __call__(self, x_train, y_train, x_test, y_test):
        self.sets.append((x_train[:, 0].astype(int), y_train))
        return len(x_train)


def test_sets_are_nested_stratified_and_their_own_labels():
    y, seen = np.random.default_rng(0).permutation(120) % 6, Seen()
    found = by_labels(seen, np.arange(120)[:, None], y, None, None, sizes=[6, 11, 60, 120], repeats=2)
    np.testing.assert_array_equal(found, [[6, 11, 60, 120]] * 2)
    for start in (0, 4):
        smaller = set()
        for rows, labels in seen.sets[start : start + 4]:
            np.testing.assert_array_equal(labels, y[rows])
            counts = np.bincount(labels, minlength=6)
            assert counts.min() >= 1
            assert counts.max() - counts.min() <= 1
            assert smaller < set(rows)
            assert len(set(rows)) == len(rows)
            smaller = set(rows)
    assert set(seen.sets[0][0]) != set(seen.sets[4][0])


def test_rare_classes_are_in_every_set():
    y, seen = np.repeat([0, 1, 2], [2, 18, 180]), Seen()
    by_labels(seen, np.arange(200)[:, None], y, None, None, sizes=[3, 50], repeats=1)
    assert np.bincount(seen.sets[0][1]).tolist() == [1, 1, 1]
    np.testing.assert_allclose(np.bincount(seen.sets[1][1]), [1, 5, 44], atol=1)


def test_more_labels_tell_more_and_a_seed_repeats_itself():
    train, test = groups(400, apart=2.5), groups(400, apart=2.5, seed=1)
    for probe in (linear_accuracy, partial(neighbour_accuracy, k=1)):
        found = by_labels(probe, *train, *test, sizes=(4, 40, 400), repeats=4, seed=3)
        assert found.shape == (4, 3)
        assert (np.diff(found.mean(0)) > 0).all()
        np.testing.assert_allclose(found[:, 2], found[0, 2], atol=1 / 400)  # all labels, whatever their order
        np.testing.assert_array_equal(by_labels(probe, *train, *test, sizes=(4, 40, 400), repeats=4, seed=3), found)


def test_curves_of_factors():
    random = np.random.default_rng(0)
    factors = random.integers(0, 5, (300, 2))
    x = factors @ random.normal(size=(2, 3)) + 0.1 * random.normal(size=(300, 3))
    found = by_labels(factor_regression, x[:200], factors[:200], x[200:], factors[200:], sizes=(10, 200), repeats=3)
    assert found.shape == (3, 2, 2)
    assert (found[:, 1] > 0.9).all()


def test_an_early_stop_is_silent(monkeypatch):
    monkeypatch.setattr(probes, "ITERATIONS", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert 0 < linear_accuracy(*groups(300, apart=1.0), *groups(300, apart=1.0, seed=1)) < 1


@pytest.mark.parametrize("probe", [linear_accuracy, neighbour_accuracy])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"x_train": np.full((40, 4), np.nan)}, ("x_train: holds NaN",)),
        ({"x_test": np.ones((20, 3))}, ("x_test: 3 features for 4",)),
        ({"y_train": np.zeros(7, int)}, ("y_train: shape (7,)", "40 examples")),
        ({"y_test": np.zeros(20)}, ("y_test: float64", "whole numbers")),
        ({"y_train": np.zeros(40, int)}, ("y_train: class 0 alone", "two classes")),
        ({"y_test": np.full(20, 9)}, ("y_train: no example of class [9]", "every class")),
    ],
    ids=["NaN", "width", "labels", "type", "one class", "unseen"],
)
def test_a_mistake_is_one_line(probe, change, words):
    (x, y), (x_test, y_test) = groups(40), groups(20, seed=1)
    given = {"x_train": x, "y_train": y, "x_test": x_test, "y_test": y_test} | change
    with pytest.raises(InvalidInput) as error:
        probe(**given)
    assert_one_line(error, *words)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, y: neighbour_accuracy(x, y, x, y, k=41), ("k: 41 neighbours of 40",)),
        (lambda x, y: by_labels(linear_accuracy, x, y, x, y, [41]), ("sizes: 41 labels", "to 40")),
        (lambda x, y: by_labels(linear_accuracy, x, y, x, y, 3), ("sizes: 3 labels", "from 4, one for each class")),
        (lambda x, y: by_labels(linear_accuracy, x, y, x, y, []), ("sizes: []", "at least one")),
        (lambda x, y: by_labels(linear_accuracy, x, y[:9], x, y, [9]), ("y_train: 9 for 40",)),
        (lambda x, y: factor_regression(x, y, x, y), ("factors_train: shape (40,)", "[40, F]")),
        (lambda x, y: factor_regression(x, x, x, x * [1, 1, 0, 1]), ("factors_test: column [2]", "leave it out")),
        (lambda x, y: factor_regression(x, x, x, x[:, :2]), ("factors_test: 2 columns for 4",)),
        (lambda x, y: factor_regression(x, x + np.nan, x, x), ("factors_train: holds NaN",)),
        (lambda x, y: principal(x, 5), ("dimensions: 5", "1 .. 4")),
        (lambda x, y: principal(x, 0), ("dimensions: 0", "1 .. 4")),
        (lambda x, y: principal(x, 2)(x[:, :1]), ("x: 1 features for 4",)),
    ],
)
def test_what_is_not_there_is_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call(*groups(40))
    assert_one_line(error, *words)
