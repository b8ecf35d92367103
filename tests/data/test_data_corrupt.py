"""Subsets, label noise and binarisation."""

import numpy as np
import pytest

from vib import data
from vib.errors import InvalidInput

GAUSSIAN = {"covariance": ((1.0, 0.5), (0.5, 1.0)), "dim_x": 1}
FEW = {"size": 8, "samples_train": 3, "samples_test": 1}
DISCRETE = {"joint": np.full((4, 5), 0.05), "samples_train": 40_000}


def test_label_noise_replaces_that_fraction_by_uniform_labels():
    clean = data.load("discrete", **DISCRETE)
    noisy = data.load("discrete", label_noise=0.3, **DISCRETE)
    wrong = (clean.y_train != noisy.y_train).mean()
    expected = 0.3 * (1 - 1 / 5)
    assert abs(wrong - expected) < 5 * (0.3 * 0.8 * 0.2 / 40_000) ** 0.5
    changed = np.bincount(noisy.y_train[clean.y_train != noisy.y_train]) / (clean.y_train != noisy.y_train).sum()
    np.testing.assert_allclose(changed, 0.2, atol=0.02)
    np.testing.assert_array_equal(clean.y_test, noisy.y_test)
    np.testing.assert_array_equal(clean.x_train, noisy.x_train)
    np.testing.assert_array_equal(clean.exact.p_xy, noisy.exact.p_xy)


def test_label_noise_one_leaves_no_trace_of_the_label():
    clean, noisy = (data.load("discrete", label_noise=noise, **DISCRETE) for noise in (0, 1.0))
    assert abs((clean.y_train == noisy.y_train).mean() - 0.2) < 5 * (0.16 / 40_000) ** 0.5


def test_label_noise_is_fixed_by_its_seed():
    one, same, other = (data.load("szt", test_fraction=0, label_noise=0.5, seed=s) for s in (0, 0, 1))
    np.testing.assert_array_equal(one.y_train, same.y_train)
    assert not np.array_equal(one.y_train, other.y_train)


def test_train_size_keeps_whole_examples_in_order_and_nests():
    whole = data.load("szt", test_fraction=0)
    weights = 2 ** np.arange(11, -1, -1)
    small, large = (data.load("szt", test_fraction=0, train_size=n) for n in (100, 1000))
    kept = {n: (d.x_train @ weights).astype(int) for n, d in ((100, small), (1000, large))}
    assert len(kept[100]) == 100 and set(kept[100]) < set(kept[1000])
    assert np.all(np.diff(kept[1000]) > 0)
    np.testing.assert_array_equal(large.y_train, whole.y_train[kept[1000]])
    np.testing.assert_array_equal(large.x_test, whole.x_test)


def test_noise_is_the_fraction_of_the_subset():
    clean, noisy = (data.load("szt", test_fraction=0, train_size=200, label_noise=f) for f in (0, 1.0))
    np.testing.assert_array_equal(clean.x_train, noisy.x_train)
    assert 60 < (clean.y_train != noisy.y_train).sum() < 140


def test_label_noise_puts_no_held_out_label_back():
    options = {"held_out": 3, "seed": 1, **DISCRETE}
    clean, noisy = (data.load("discrete", label_noise=noise, **options) for noise in (0, 1.0))
    np.testing.assert_array_equal(np.unique(noisy.y_train), [0, 1, 2, 4])
    count = len(noisy.y_train)
    np.testing.assert_allclose(
        np.bincount(noisy.y_train)[[0, 1, 2, 4]] / count, 1 / 4, atol=5 * (3 / 16 / count) ** 0.5
    )
    assert abs((clean.y_train == noisy.y_train).mean() - 1 / 4) < 5 * (3 / 16 / count) ** 0.5
    assert noisy.y_train.dtype == clean.y_train.dtype


def test_without_a_class_the_joint_is_not_that_of_the_data():
    made = data.load("szt", held_out=1)
    assert made.exact is None and not made.y_train.any() and not made.y_test.any()
    assert data.load("szt").exact is not None


def test_binarize_draws_each_pixel_by_its_intensity():
    grey, binary, same = (data.load("digits", binarize=b) for b in (False, True, True))
    assert binary.levels == 2 and set(np.unique(binary.x_train)) == {-1, 1}
    np.testing.assert_array_equal(binary.x_test, same.x_test)
    p, drawn = data.pixels(grey, grey.x_train), data.pixels(binary, binary.x_train)
    np.testing.assert_array_equal(drawn[p == 0], 0)
    np.testing.assert_array_equal(drawn[p == 1], 1)
    for k in range(1, 16):
        of_level = np.isclose(p, k / 16)
        assert abs(drawn[of_level].mean() - k / 16) < 5 * (k / 16 * (1 - k / 16) / of_level.sum()) ** 0.5
    assert set(np.unique(binary.x_test)) == {-1, 1}


@pytest.mark.parametrize(
    ("name", "options", "says"),
    [
        ("szt", {"train_size": 4000}, "data.train_size: 4000 of 'szt', which has 3277"),
        ("szt", {"train_size": 0}, "data.train_size: 0"),
        ("szt", {"train_size": 10.0}, "data.train_size: 10.0"),
        ("szt", {"label_noise": 1.1}, "data.label_noise: 1.1"),
        ("szt", {"label_noise": float("nan")}, "data.label_noise: nan"),
        ("szt", {"binarize": True}, "data.binarize: the inputs of 'szt' are no pixels"),
        ("digits", {"binarize": 1}, "data.binarize: 1"),
        (
            "sprites",
            {"held_out": 0, "grid": (1, 2, 2, 2, 2, 2)} | FEW,
            "data.held_out: square leaves 0 training and 0 test",
        ),
        ("sprites", {"held_out": 1, "grid": (2, 1, 1, 2, 1, 1), "seed": 1} | FEW, "leaves 2 training and 0 test"),
        ("gaussian", {"label_noise": 0.1, **GAUSSIAN}, "data.label_noise: 'gaussian' is a regression"),
    ],
)
def test_a_mistake_is_told_in_one_line(name, options, says):
    with pytest.raises(InvalidInput) as told:
        data.load(name, **options)
    assert says in str(told.value) and "\n" not in str(told.value)
