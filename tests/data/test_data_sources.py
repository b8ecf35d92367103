"""Digits, Gaussian and discrete sources, names and options."""

import subprocess
import sys

import numpy as np
import pytest

from vib import data
from vib.data.split import stratified
from vib.errors import InvalidInput

COVARIANCE = ((2.0, 0.3, 0.8), (0.3, 1.0, -0.2), (0.8, -0.2, 1.5))
JOINT = ((0.3, 0.1), (0.0, 0.2), (0.15, 0.25))


def rows(x):
    return [row.tobytes() for row in x]


def test_digits_shapes_and_range():
    digits = data.load("digits")
    assert digits.x_train.shape == (1438, 8, 8, 1) and digits.x_test.shape == (359, 8, 8, 1)
    assert digits.x_train.dtype == np.float32 and digits.y_train.dtype == np.int32
    assert (digits.classes, digits.low, digits.high, digits.levels) == (10, -1, 1, 17)
    assert digits.x_train.min() == -1 and digits.x_train.max() == 1
    assert "scikit-learn" in digits.version and digits.exact is None


def test_digits_pixels_are_the_original_grey_values():
    from sklearn.datasets import load_digits

    digits = data.load("digits", low=-3.0, high=5.0)
    grey = data.pixels(digits, np.concatenate([digits.x_train, digits.x_test])) * 16
    np.testing.assert_allclose(grey, np.round(grey), atol=1e-5)
    original = load_digits().data.astype(np.float32)
    assert sorted(rows(np.round(grey).reshape(-1, 64))) == sorted(rows(original))


def test_digits_split_is_stratified_fixed_by_its_seed_and_disjoint():
    one, same, other = (data.load("digits", seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.x_test, same.x_test)
    assert not np.array_equal(one.y_test, other.y_test)
    assert not set(rows(one.x_train)) & set(rows(one.x_test))
    shares = np.bincount(one.y_test) / np.bincount(np.concatenate([one.y_train, one.y_test]))
    assert np.abs(shares - 0.2).max() < 1 / 170


def test_stratified_gives_exact_sizes_and_each_class_its_share():
    labels = np.repeat([0, 1, 2], [700, 250, 50])
    train, test = stratified(labels, 0.1, 3)
    np.testing.assert_array_equal(np.sort(np.concatenate([train, test])), np.arange(1000))
    np.testing.assert_allclose(np.bincount(labels[test]), [70, 25, 5], atol=1)
    assert len(test) == 100


def test_gaussian_samples_have_the_covariance():
    gaussian = data.load("gaussian", covariance=COVARIANCE, dim_x=2, samples_train=200_000)
    assert gaussian.x_train.shape == (200_000, 2) and gaussian.y_test.shape == (10_000, 1)
    assert gaussian.classes is None and gaussian.y_train.dtype == np.float32
    sample = np.cov(np.hstack([gaussian.x_train, gaussian.y_train]).T)
    np.testing.assert_allclose(sample, COVARIANCE, atol=5 * 2 * 2**0.5 / 200_000**0.5)
    np.testing.assert_array_equal(gaussian.exact.covariance, COVARIANCE)
    assert gaussian.exact.dim_x == 2
    assert data.entropy_y(gaussian, "test") == pytest.approx(0.5 * np.log(2 * np.pi * np.e * 1.5))


def test_gaussian_samples_in_other_units_are_the_same():
    units = np.array([1e6, 1.0, 1e-6])
    plain = data.load("gaussian", covariance=COVARIANCE, dim_x=2, samples_train=100)
    scaled = data.load("gaussian", covariance=COVARIANCE * np.outer(units, units), dim_x=2, samples_train=100)
    np.testing.assert_allclose(scaled.x_train, plain.x_train * units[:2], rtol=1e-6)
    np.testing.assert_allclose(scaled.y_test, plain.y_test * units[2:], rtol=1e-6)


def test_discrete_frequencies_follow_the_table():
    size = 100_000
    discrete = data.load("discrete", joint=JOINT, samples_train=size, samples_test=50)
    assert discrete.x_train.shape == (size, 3) and len(discrete.y_test) == 50 and discrete.classes == 2
    counts = discrete.x_train.T @ np.eye(2)[discrete.y_train]
    joint = np.array(JOINT)
    assert np.all(np.abs(counts / size - joint) <= 5 * np.sqrt(joint * (1 - joint) / size))
    np.testing.assert_allclose(discrete.exact.p_xy, JOINT, rtol=1e-12)


def test_entropy_of_labels_counts_the_split():
    discrete = data.load("discrete", joint=JOINT, samples_train=500, samples_test=7)
    for split, y in (("train", discrete.y_train), ("test", discrete.y_test)):
        p = y.mean()
        assert data.entropy_y(discrete, split) == pytest.approx(-p * np.log(p) - (1 - p) * np.log(1 - p))


@pytest.mark.parametrize("name", ["gaussian", "discrete"])
def test_samples_are_fixed_by_the_seed_and_fresh_in_the_test(name):
    options = {"covariance": COVARIANCE, "dim_x": 1} if name == "gaussian" else {"joint": JOINT}
    one, same, other = (data.load(name, seed=seed, samples_train=10_000, **options) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one.x_train, same.x_train)
    assert not np.array_equal(one.x_train, other.x_train)
    assert not np.array_equal(one.x_train, one.x_test)


def test_none_counts_as_not_given():
    np.testing.assert_array_equal(data.load("digits", low=None, dir=None).x_test, data.load("digits").x_test)


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("digist", {}, "did you mean 'digits'"),
        ("digits:1", {}, "did you mean 'digits'"),
        ("fashion_mnst", {}, "did you mean 'fashion_mnist'"),
        ("../digits", {}, "unknown '../digits'"),
        ("digits", {"sed": 1}, "did you mean 'seed'"),
        ("digits", {"covariance": COVARIANCE}, "unknown 'covariance'"),
        ("digits", {"seed": -1}, "data.seed: -1"),
        ("digits", {"seed": 1.5}, "data.seed: 1.5"),
        ("digits", {"test_fraction": 1.2}, "data.options.test_fraction: 1.2"),
        ("digits", {"test_fraction": 0}, "data.options.test_fraction: 0"),
        ("digits", {"test_fraction": float("nan")}, "data.options.test_fraction: nan"),
        ("digits", {"low": 1.0, "high": 1.0}, "data.options.low: 1.0 with high 1.0"),
        ("digits", {"high": float("inf")}, "data.options.low: -1.0 with high inf"),
        ("szt", {"test_fraction": -0.1}, "data.options.test_fraction: -0.1"),
        ("gaussian", {"dim_x": 1}, "data.options.covariance: not given"),
        ("gaussian", {"covariance": COVARIANCE, "dim_x": 3}, "data.options.dim_x: 3"),
        ("gaussian", {"covariance": COVARIANCE, "dim_x": 0}, "data.options.dim_x: 0"),
        ("gaussian", {"covariance": ((1, 2), (2, 1)), "dim_x": 1}, "smallest eigenvalue -1"),
        (
            "gaussian",
            {"covariance": ((1, 0.2), (0.1, 1)), "dim_x": 1},
            "data.options.covariance: 0.2 at [0, 1], 0.1 at [1, 0]",
        ),
        (
            "gaussian",
            {"covariance": ((1, 0.2),), "dim_x": 1},
            "data.options.covariance: shape (1, 2); give a square one",
        ),
        ("gaussian", {"covariance": ((1, 0.2), (1,)), "dim_x": 1}, "data.options.covariance: not an array of numbers"),
        (
            "gaussian",
            {"covariance": ((1, 0), (0, 1e80)), "dim_x": 1},
            "data.options.covariance: float32 cannot hold coordinate 1",
        ),
        (
            "gaussian",
            {"covariance": ((1e-80, 0), (0, 1)), "dim_x": 1},
            "float32 cannot hold coordinate 0, of std 1e-40",
        ),
        ("gaussian", {"covariance": ((1, np.nan), (np.nan, 1)), "dim_x": 1}, "NaN"),
        ("gaussian", {"covariance": COVARIANCE, "dim_x": 1, "samples_train": 0}, "data.options.samples_train: 0"),
        ("discrete", {}, "data.options.joint: not given"),
        ("discrete", {"joint": ((0.5, 0.6),)}, "sums to 1.1"),
        ("discrete", {"joint": ((1.5, -0.5),)}, "negative"),
        ("discrete", {"joint": (0.5, 0.5)}, "2 axes"),
        ("arrays", {}, "data.options.path: not given"),
        ("arrays", {"path": 2024}, "data.options.path: 2024 is no path"),
        ("mnist", {"dir": 2024}, "data.options.dir: 2024 is no path"),
    ],
)
def test_a_mistake_is_told_in_one_line(name, options, says, tmp_path, monkeypatch):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    with pytest.raises(InvalidInput) as told:
        data.load(name, **options)
    assert says in str(told.value) and "\n" not in str(told.value)


def test_importing_the_room_brings_no_loading_library():
    program = "import sys, vib.data; print([m for m in ('tensorflow_datasets', 'sklearn', 'PIL') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
