"""Arrays in memory: the same Dataset as from the npz file, split where no test is given; a source of one's own."""

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from conftest import assert_one_line

from vib import data
from vib.data.dataset import Dataset
from vib.errors import InvalidInput

RANDOM = np.random.default_rng(0)
X, NAMES = RANDOM.normal(size=(40, 3)), np.array(["ant", "bee", "cat", "bee"])[np.arange(40) % 4]
LABELS, REAL = np.arange(40) % 3, RANDOM.normal(size=40)


def assert_same(one, other, but=("version",)):
    for field in set(Dataset._fields) - set(but):
        np.testing.assert_array_equal(getattr(one, field), getattr(other, field), err_msg=field)


@pytest.mark.parametrize("y", [LABELS, NAMES, REAL, REAL.reshape(20, 2).repeat(2, 0), LABELS == 0])
def test_arrays_in_memory_are_those_of_the_file(y, tmp_path):
    parts = {"x_train": X[:30], "y_train": y[:30], "x_test": X[30:], "y_test": y[30:]}
    np.savez(tmp_path / "own.npz", **parts)
    ours, file = data.from_arrays(*parts.values()), data.load("arrays", path=tmp_path / "own.npz")
    assert_same(ours, file)
    assert data.contents(ours) == data.contents(file) and ours.version == "in memory"


@pytest.mark.parametrize(
    "make",
    [
        lambda a: a.tolist(),
        jnp.asarray,
        lambda a: pd.DataFrame(a) if a.ndim > 1 else pd.Series(a),
        lambda a: np.ma.masked_array(a, False),
    ],
)
def test_anything_that_is_like_an_array_is_taken(make):
    x = X.astype(np.float32)
    expected = data.from_arrays(x[:30], LABELS[:30], x[30:], LABELS[30:])
    assert_same(data.from_arrays(*(make(a) for a in (x[:30], LABELS[:30], x[30:], LABELS[30:]))), expected)


def test_columns_of_pandas_and_halves_of_jax():
    table = pd.DataFrame({"a": X[:, 0], "b": np.arange(40), "kind": NAMES, "size": pd.Categorical(NAMES)})
    for column in ("kind", "size"):
        own = data.from_arrays(table[["a", "b"]], table[column])
        assert own.class_names == ("ant", "bee", "cat") and own.x_train.shape == (32, 2)
    halves = jnp.asarray(X, jnp.bfloat16)
    np.testing.assert_array_equal(data.from_arrays(halves, LABELS, halves, LABELS).x_test, halves.astype(jnp.float32))


def test_a_pair_is_split_by_its_seed_each_class_in_its_share():
    index = np.arange(1000.0)[:, None]
    y = np.repeat(["few", "many"], [100, 900])
    one, same, other = (data.from_arrays(index, y, seed=seed) for seed in (3, 3, 4))
    assert_same(one, same)
    assert len(one.x_test) == 200 and not np.array_equal(one.x_test, other.x_test)
    np.testing.assert_array_equal(np.sort(np.concatenate([one.x_train, one.x_test]).ravel()), index.ravel())
    np.testing.assert_array_equal(np.bincount(one.y_test), [20, 180])
    np.testing.assert_array_equal(one.y_test, one.x_test[:, 0] >= 100)  # inputs keep their targets


def test_a_regression_is_split_at_random():
    y = np.arange(1000.0)[:, None]
    own = data.from_arrays(2 * y, y, test_fraction=0.3, seed=1)
    assert own.classes is None and own.y_test.shape == (300, 1)
    np.testing.assert_array_equal(own.x_train, 2 * own.y_train)
    np.testing.assert_array_equal(np.sort(np.concatenate([own.y_train, own.y_test]), axis=0), y)
    assert abs(own.y_test.mean() - 500) < 5 * 1000 / 12**0.5 / 300**0.5


def test_pixels_name_and_independence_of_the_given_arrays():
    x, y = np.arange(10 * 12, dtype=np.uint8).reshape(10, 2, 2, 3) % 4, np.arange(10) % 2
    own = data.from_arrays(x, y, x, y, low=0, high=3, name="my set")
    assert (own.name, own.low, own.high, own.levels) == ("my set", 0, 3, 4)
    assert data.identity(own) == f"my set in memory, crc32 {data.contents(own)}"
    x[:], y[:] = 0, 0
    assert own.x_train.max() == 3 and own.y_test.max() == 1
    assert data.from_arrays(x / 1.0, np.arange(10) % 2, low=0, high=3).levels is None


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((X, LABELS, X), {}, ("y_test: not given", "both x_test and y_test, or neither")),
        ((X, LABELS, None, LABELS), {}, ("x_test: not given", "neither")),
        ((X, LABELS[:9]), {}, ("y_train: shape (9,)", "(40, 3)", "one target for each")),
        ((X, LABELS, X, LABELS[:9]), {}, ("y_test: 9 targets for 40 inputs",)),
        ((X, 1), {}, ("y_train: shape ()",)),
        ((X[:, 0], LABELS), {}, ("x_train: shape (32,)", "[N, D]")),
        (([[1, 2], [3]], [0, 1]), {}, ("x_train: no array", "inhomogeneous", "give numbers")),
        ((None, LABELS), {}, ("x_train: holds Python objects", "astype(float)")),
        ((X, [*"ab" * 19, "a", None]), {}, ("y_train: holds Python objects", "astype(str)")),
        ((X, pd.Series([*"ab" * 19, "a", None])), {}, ("y_train: holds Python objects",)),
        ((pd.DataFrame({"a": [1, 2], "b": ["u", "v"]}), [0, 1]), {}, ("x_train: holds Python objects",)),
        ((np.ma.masked_less(X, 0), LABELS), {}, ("x_train: has masked values", "leave out")),
        ((X, np.eye(3)[LABELS]), {}, ("one-hot", "argmax(1)")),
        ((X, LABELS), {"test_fraction": 0.001}, ("test_fraction: 0.001 leaves 0 of 40",)),
        ((X, REAL), {"test_fraction": 1}, ("test_fraction: 1.0 leaves 40 of 40",)),
        ((X, REAL), {"test_fraction": 2}, ("test_fraction: 2",)),
        ((X, LABELS), {"seed": -1}, ("seed: -1",)),
        ((X, LABELS), {"low": 0, "high": 1}, ("x_train: values from", "leave low, high = 0, 1")),
        ((X, LABELS), {"name": ""}, ("name: ''", "one line")),
        ((X, LABELS), {"name": "two\nlines"}, ("name: 'two\\nlines'", "one line")),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, options, words):
    with pytest.raises(InvalidInput) as error:
        data.from_arrays(*arguments, **options)
    assert_one_line(error, *words)


def rings(*, samples=200, noise=0.1, seed=0):
    """A source of one's own: points [N, 2] on two circles, labelled by their circle."""
    random = np.random.default_rng(seed)
    y, angle = random.integers(0, 2, samples), random.uniform(0, 2 * np.pi, samples)
    x = (1 + y[:, None]) * np.stack([np.cos(angle), np.sin(angle)], 1) + noise * random.normal(size=(samples, 2))
    return data.from_arrays(x, y, seed=seed, name="rings")


def test_a_source_of_ones_own_is_a_function_and_a_name(monkeypatch):
    monkeypatch.setitem(data.SOURCES, "rings", rings)
    own = data.load("rings", samples=500, train_size=300, label_noise=0.1, seed=2)
    assert own.name == "rings" and own.x_train.shape == (300, 2) and len(own.x_test) == 100
    np.testing.assert_array_equal(own.x_test, rings(samples=500, seed=2).x_test)
    assert data.load("rings", identity=data.identity(rings())).classes == 2
    for options, words in (
        ({"sample": 5}, "did you mean 'samples'"),
        ({"identity": "rings 1, crc32 00000000"}, "was found"),
    ):
        with pytest.raises(InvalidInput, match=words):
            data.load("rings", **options)
