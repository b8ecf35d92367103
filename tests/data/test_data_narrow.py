"""What float32 holds of the user's numbers, and what it would blur."""

import numpy as np
import pytest

from vib.data.narrow import LOST, narrowed
from vib.errors import InvalidInput

NORMAL = np.random.default_rng(0).normal(size=500)
STEPS = np.arange(500) % 7  # whole numbers, of standard deviation 2


def told(values):
    with pytest.raises(InvalidInput) as error:
        narrowed("x_train", values)
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("power", [0, 10, 20, 30])
def test_the_verdict_is_that_of_offset_over_spread(power):
    """Around 2^p the steps of float32 are 2^(p - 23): uniform rounding moves by a step / sqrt(12)."""
    offset = 1.5 * 2.0**power
    edge = 2.0 ** (power - 23) / np.sqrt(12) / LOST  # the standard deviation that loses LOST
    for unit in (1, 2.0**-60, 2.0**60):
        x = unit * (offset + 1.1 * edge * np.stack([NORMAL * 100, NORMAL], 1))
        assert narrowed("x_train", x).dtype == np.float32
        message = told(np.concatenate([x, unit * (offset + 0.9 * edge * NORMAL[:, None])], 1))
        assert "x_train[:, 2]" in message and "moves them by 1 % " in message and "(x - mean) / std" in message


@pytest.mark.parametrize("offset", [10**8, 2**40, 2**53 + 1, 2**62])
def test_whole_numbers_far_from_zero(offset):
    cases = [(np.int64, offset), (np.int64, -offset), (np.uint64, offset), (np.uint64, 2**63 + offset)]
    for dtype, far in cases + [(np.float64, offset), (np.float64, -offset)] * (offset < 2**50):
        x = STEPS[:, None].astype(dtype) + np.array(far, dtype)
        message = told(x)
        assert str(x.min()) in message and str(x.max()) in message
        for near in (x - x.min(), x - x.min() + dtype(10**4)):
            np.testing.assert_array_equal(narrowed("x_train", near), near)


def test_nothing_is_lost_of_a_wide_range_nor_of_what_does_not_vary():
    limits = np.iinfo(np.int64)
    for column in (
        np.linspace(limits.min, limits.max, 500).clip(-9e18, 9e18).astype(np.int64),
        np.full(500, limits.max),
        np.full(500, 1e8 + 1 / 3),
        np.where(STEPS > 3, 0.1 + 0.2, 0.3),  # one number, rounded in two ways
        1e8 + NORMAL * 1e6,
        np.append(NORMAL[1:], 1e12),
    ):
        np.testing.assert_array_equal(narrowed("x_train", column[:, None])[:, 0], column.astype(np.float32))
    held = np.float32(1e8) + 8 * STEPS[:, None]  # what float32 tells apart already
    for x in (held.astype(np.float32), held.astype(np.float64), STEPS[:, None].astype(np.uint8) + np.uint8(240)):
        np.testing.assert_array_equal(narrowed("x_train", x), x)


def test_places_in_images_and_targets_are_named_and_the_remedy_mends_them():
    images = np.zeros((500, 2, 3, 1))
    images[:, 1, 2, 0] = 1e9 + STEPS
    assert "x_train[:, 1, 2, 0]" in told(images)
    assert "x_train[:]" in told(images[:, 1, 2, 0])
    column = images[:, 1, 2, 0]
    centred = (column - column.mean()) / column.std()
    assert len(np.unique(narrowed("x_train", centred))) == 7


def test_numbers_too_small_or_too_large():
    assert "moves them by 100 %" in told(1e-50 * NORMAL[:, None]) and "moves them by" in told(1e-41 * NORMAL[:, None])
    assert "500 values are NaN or infinite" in told(np.full((500, 1), 1e39))
