"""Binned layers whose cells are known by construction, and rows that a hash could mix up."""

import jax
import numpy as np
import pytest
import scipy.stats

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


@pytest.mark.parametrize("width", [0.05, 0.1])
def test_saturation_shows_with_an_edge_at_one_but_not_over_the_unit_range(width):
    t = np.tanh(np.float32([4, 20] * 50))[:, None]
    assert t[1] == 1 > t[0] > 0.999
    np.testing.assert_allclose(kept(t, edges="width", width=width), LOG2, atol=FLOAT32)
    assert kept(t, edges="unit", bins=round(2 / width)) < FLOAT32


@pytest.mark.parametrize("units", [12, 1024])
def test_nearly_equal_rows_stay_apart(units):
    """Each row is off the same base in one unit alone, another one or by another step."""
    t = np.full((N, units), 0.5, np.float32)
    t[np.arange(N), np.arange(N) % units] += 1 + np.arange(N) // units
    np.testing.assert_allclose(kept(t, edges="width", width=1.0), np.log(N), atol=FLOAT32)


def test_rows_of_the_same_values_in_another_order_stay_apart():
    t = RANDOM.permuted(np.tile(np.arange(12, dtype=np.float32), (N, 1)), axis=1)
    assert len(np.unique(t, axis=0)) == N
    np.testing.assert_allclose(kept(t, edges="width", width=1.0), np.log(N), atol=FLOAT32)


@pytest.mark.parametrize("sign", [1, -1])
def test_cells_beyond_32_bits_stay_apart(sign):
    """Cells from 2^32 on, 512 apart: exact in float32, but all one number in 32 bits that saturate."""
    t = (sign * (2**20 + np.arange(N) / 8)).astype(np.float32)[:, None]
    np.testing.assert_allclose(kept(t, edges="width", width=2.0**-12), np.log(N), atol=FLOAT32)


@pytest.mark.parametrize("edges", ["neuron", "width"])
def test_values_that_overflow_are_nan(edges):
    assert np.isnan(kept(np.float32([[-3e38], [0.0], [3e38], [3e38]]), edges=edges))


def test_float64_tells_apart_what_float32_does_not():
    t = 1 + 1e-9 * (np.arange(N)[:, None] + 0.5)
    options = {"edges": "width", "width": 1e-9}
    assert kept(t, **options) < 5
    with jax.enable_x64(True):
        np.testing.assert_allclose(values(t, np.arange(N) % 2, **options), [np.log(N), LOG2], rtol=1e-12)


def test_ceiling_is_that_of_the_cells_where_they_are_few():
    t = RANDOM.normal(size=(N, 3)).astype(np.float32)
    found = binned(t, bins=4).information_x
    np.testing.assert_allclose(found.ceiling, 3 * np.log(4), rtol=1e-6)
    assert found.value < found.ceiling < binned(t, edges="width").information_x.ceiling
