"""Binned layers whose cells are known by construction, and rows that a hash could mix up."""

import logging

import jax
import numpy as np
import pytest
import scipy.stats

from vib.errors import InvalidInput
from vib.information import EDGES, binned

N = 4096
LOG2 = np.log(2)
FLOAT32 = 1e-6  # of up to 12 bits, 8.3 nats: one rounding of the result
RANDOM = np.random.default_rng(0)


def values(t, y, **options):
    return [float(side.value) for side in binned(t, y, **options)]


def kept(t, **options):
    """I(X;T) alone."""
    return float(binned(t, **options).information_x.value)


@pytest.mark.parametrize(("edges", "options"), [("neuron", {"bins": 79}), ("width", {"width": 1.0})])
def test_additive_uniform_noise(edges, options):
    """T = X + U on whole numbers, X of m = 64, U of k = 16 values: P(T) is a trapezoid, I(T;X) = H(T) - log k."""
    m, k = 64, 16
    x, u = (axis.ravel() for axis in np.meshgrid(np.arange(m), np.arange(k)))
    i = np.arange(1, k)
    trapezoid = np.log(m * k) - (2 * (i * np.log(i)).sum() + (m - k + 1) * k * np.log(k)) / (m * k)
    found = values((x + u)[:, None], x, edges=edges, **options)
    np.testing.assert_allclose(found, [trapezoid, trapezoid - np.log(k)], atol=2e-6)


@pytest.mark.parametrize("edges", EDGES)
def test_label_that_the_cells_determine_is_known_in_full(edges):
    """Values in clusters, each within one cell by any rule: I(T;Y) = H(Y), and 0 for a label of the order inside."""
    cluster, place = np.arange(N) % 8, np.arange(N) // 8
    t = (0.25 * cluster - 0.905 + 0.002 * place / place.max()).astype(np.float32)[:, None]
    options = {"edges": edges, "bins": 8, "classes": 3}
    np.testing.assert_allclose(values(t, cluster // 3, **options)[1], scipy.stats.entropy([3, 3, 2]), atol=FLOAT32)
    np.testing.assert_allclose(values(t, place % 2, **options), [3 * LOG2, 0], atol=FLOAT32)


def test_bins_over_the_unit_range_lose_what_a_fixed_width_does_not():
    """x on a grid over [0, s]: of 30 bins over [-1, 1] 14 see the share 1/15s each, the last one all the rest."""
    x = (np.arange(N, dtype=np.float32)[:, None] + 0.5) / N
    for scale in (2.0, 8.0, 32.0):
        seen = [*np.full(14, 1 / 15 / scale), 1 - 14 / 15 / scale]
        np.testing.assert_allclose(kept(scale * x, edges="unit"), scipy.stats.entropy(seen), atol=5e-3)  # N is finite
    assert kept(x, edges="unit") - kept(32 * x, edges="unit") > 3.5 * LOG2
    assert kept(32 * x, edges="width") - kept(x, edges="width") > 4.5 * LOG2


@pytest.mark.parametrize(("width", "apart"), [(0.05, True), (0.1, True), (0.07, False), (0.3, False)])
def test_saturation_shows_with_an_edge_at_one_alone(width, apart):
    """A quarter of the values are exactly 1, as float32 tanh saturates, the others just below."""
    t = np.full((N, 1), np.nextafter(np.float32(1), np.float32(0)))
    t[::4] = np.tanh(np.float32(20))
    assert (t[::4] == 1).all() and (t[1::4] < 1).all()
    np.testing.assert_allclose(kept(t, edges="width", width=width), apart * scipy.stats.entropy([1, 3]), atol=FLOAT32)
    assert kept(t, edges="unit") < FLOAT32


def test_bins_over_the_unit_range_warn_of_values_outside(caplog):
    t = np.linspace(-1, 1, 8)[:, None]
    with caplog.at_level(logging.WARNING, "vib"):
        binned(t, edges="unit", bins=10)
        assert not caplog.records
        binned(1.001 * t, edges="unit", bins=10)
    assert len(caplog.records) == 1 and "'unit'" in caplog.text and "'layer'" in caplog.text


def test_unit_edges_are_closed_at_both_ends_and_take_in_what_lies_outside():
    t = np.array([-7, -1, -0.95, -0.9, 0.9, 0.95, 1, 7], np.float32)[:, None]
    np.testing.assert_allclose(values(t, np.arange(8) // 4, edges="unit", bins=10), LOG2, atol=FLOAT32)


def test_quantiles_fill_their_bins_alike():
    t = RANDOM.normal(size=(1000, 1))
    np.testing.assert_allclose(kept(t, edges="quantile", bins=10), np.log(10), atol=FLOAT32)


@pytest.mark.parametrize("end", [-1, 1])
def test_equal_values_share_a_quantile_and_have_it_to_themselves(end):
    """A relu unit that is off, or a tanh unit that is saturated, for 400 of 1000: 4 of 10 bins in one."""
    t = end * np.minimum(RANDOM.permutation(1000), 600.0)[:, None]
    np.testing.assert_allclose(
        kept(t, edges="quantile", bins=10), scipy.stats.entropy([4, 1, 1, 1, 1, 1, 1]), atol=FLOAT32
    )


@pytest.mark.parametrize("constants", [1, 12, 1000])
def test_packed_and_hashed_rows_count_alike(constants):
    """Constant units change no cell; from 9 on the row is too long to be packed."""
    t, y = RANDOM.normal(size=(N, 4)).astype(np.float32), np.arange(N) % 2
    longer = np.concatenate([np.full((N, constants), 0.3, np.float32), t], 1)
    assert values(longer, y) == values(t, y)


def test_hashes_of_regular_rows_differ():
    """Rows that are multiples of each other, of either sign, far from 0, of one value, or of the same values."""
    few = np.array(np.meshgrid(*[np.arange(-4, 4)] * 4)).reshape(4, -1).T
    for rows in (few, 2**20 * few, few + 2**23, np.repeat(np.arange(N), 4).reshape(N, 4)):
        np.testing.assert_allclose(kept(rows.astype(np.float32), edges="width", width=1.0), np.log(N), atol=FLOAT32)
    shuffled = RANDOM.permuted(np.tile(np.arange(12, dtype=np.float32), (N, 1)), axis=1)
    assert len(np.unique(shuffled, axis=0)) == N
    np.testing.assert_allclose(kept(shuffled, edges="width", width=1.0), np.log(N), atol=FLOAT32)


def test_nearly_equal_rows_stay_apart():
    """Each row is off the same base in one unit of 1024 alone, another one or by another step."""
    t = np.full((N, 1024), 0.5, np.float32)
    t[np.arange(N), np.arange(N) % 1024] += 1 + np.arange(N) // 1024
    np.testing.assert_allclose(kept(t, edges="width", width=1.0), np.log(N), atol=FLOAT32)


@pytest.mark.parametrize("sign", [1, -1])
def test_cells_beyond_32_bits_stay_apart(sign):
    """Cells from 2^32 on, 512 apart: exact in float32, but all one number in 32 bits that saturate."""
    t = (sign * (2**20 + np.arange(N) / 8)).astype(np.float32)[:, None]
    np.testing.assert_allclose(kept(t, edges="width", width=2.0**-12), np.log(N), atol=FLOAT32)


def test_float64_tells_apart_what_float32_does_not():
    t = 1 + 1e-9 * (np.arange(N)[:, None] + 0.5)
    options = {"edges": "width", "width": 1e-9}
    with pytest.raises(InvalidInput, match="32 bits cannot tell apart"):
        kept(t, **options)
    with jax.enable_x64(True):
        np.testing.assert_allclose(values(t, np.arange(N) % 2, **options), [np.log(N), LOG2], rtol=1e-12)


def test_what_floats_cannot_bin_is_nan():
    """A range or a quotient that overflows, as the largest float32 is 3.4e38; ranks do not."""
    large = np.linspace(-3e38, 3e38, N, dtype=np.float32)[:, None]
    assert np.isnan(kept(large, edges="width", width=1e-3))
    y, options = np.arange(N) % 2, {"bins": np.int64(8), "classes": 3}
    assert np.isnan(values(large, y, edges="layer", **options)).all()
    np.testing.assert_allclose(values(large, y, edges="quantile", **options), [3 * LOG2, 0], atol=FLOAT32)


def test_zero_has_no_sign():
    t = np.where(np.arange(N) % 2, 0.0, -0.0).astype(np.float32)[:, None]
    assert kept(t, edges="width", width=1.0) == 0
