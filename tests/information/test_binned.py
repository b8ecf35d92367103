"""The binned layer against counting in plain Python, closed forms, quadrature and identities."""

import itertools
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.stats
from conftest import assert_one_line

from vib.data import szt
from vib.errors import InvalidInput
from vib.information import EDGES, binned, discrete, known

X = szt.patterns()
Y = szt.rule(X)
SIZES = (12, 10, 7, 5, 4, 3, 2)
EXACT = 1e-6  # nats: counts are exact, and the result is rounded to float32


def layers(activation, scale, seed=0):
    """Activations float32 [4096, width] of all 12-bit patterns in an untrained network, layer by layer."""
    random, t, found = np.random.default_rng(seed), X.astype(np.float32), []
    for inputs, outputs in itertools.pairwise(SIZES):
        t = activation(t @ random.normal(0, scale / inputs**0.5, (inputs, outputs)).astype(np.float32))
        found.append(t)
    return found


def relu(t):
    return np.maximum(t, 0)


NETWORKS = {"tanh": (np.tanh, 1.5), "saturated tanh": (np.tanh, 20.0), "relu": (relu, 1.5)}


def values(found):
    """The values and ceilings of an Information as one array [..., 4]."""
    return np.stack([np.asarray(part) for one in found for part in (one.value, one.ceiling)], -1)


def count(rows):
    """Entropy in nats of the rows of a table, counted one by one."""
    n = len(rows)
    return -sum(c / n * np.log(c / n) for c in Counter(map(tuple, rows.tolist())).values())


def counted(cells, y):
    """I(X;T) and I(T;Y) from tables of cells [N, width] and labels [N]."""
    whole = count(cells)
    return whole, whole + count(y[:, None]) - count(np.column_stack([cells, y]))


def edges_of(t, edges, bins, width):
    """The inner edges of every unit in float64, lists of numbers."""
    t = t.astype(np.float64)
    if edges == "width":
        return [np.arange(np.floor(u.min() / width), np.ceil(u.max() / width) + 1) * width for u in t.T]
    low, high = (t.min(0), t.max(0)) if edges == "neuron" else (np.full(t.shape[1], e) for e in (t.min(), t.max()))
    if edges == "unit":
        low, high = np.full(t.shape[1], -1.0), np.full(t.shape[1], 1.0)
    return [np.linspace(a, b, bins + 1)[1:-1] if b > a else np.array([]) for a, b in zip(low, high, strict=True)]


def off_edges(t, edges, bins, width):
    """t with the values that lie within rounding of an edge moved off it, and the cell of every value."""
    t = t.copy()
    for unit, inner in enumerate(edges_of(t, edges, bins, width)):
        if len(inner):
            gap = np.abs(t[:, unit, None] - inner).min(1)
            t[(gap < 1e-5) & (np.abs(t[:, unit]) < 0.99 * np.abs(t).max()), unit] += 1e-4
    if edges == "quantile":
        return t, (2 * scipy.stats.rankdata(t, axis=0) - 1).astype(int) * bins // (2 * len(t))
    return t, np.column_stack([np.digitize(u, e) for u, e in zip(t.T, edges_of(t, edges, bins, width), strict=True)])


@pytest.mark.parametrize("edges", EDGES)
@pytest.mark.parametrize("name", NETWORKS)
def test_enumerated_networks_are_counted_exactly(name, edges):
    for t in layers(*NETWORKS[name])[::3]:
        t, cells = off_edges(t, edges, 30, 0.07)
        found = binned(t, Y, edges=edges, enumerated=True)
        np.testing.assert_allclose(values(found)[[0, 2]], counted(cells, Y), atol=EXACT)
        assert (found.information_x.kind, found.information_y.kind) == ("exact", "exact")
        most = np.log(4096) if edges == "width" else min(np.log(4096), t.shape[1] * np.log(30))
        assert found.information_x.ceiling == pytest.approx(most, rel=1e-6)


@pytest.mark.parametrize(
    ("n", "width", "bins", "classes"), [(2, 1, 2, 2), (7, 3, 2, 3), (500, 12, 30, 10), (999, 40, 5, 7)]
)
def test_samples_of_several_sizes(n, width, bins, classes):
    random = np.random.default_rng(n)
    t, y = random.integers(0, bins, (n, width)), random.integers(0, classes, n)
    t[:2] = np.array([[0], [bins - 1]])
    found = binned(t + 0.25, y, bins=bins, edges="layer", classes=classes)
    np.testing.assert_allclose([found.information_x.value, found.information_y.value], counted(t, y), atol=EXACT)
    assert (found.information_x.kind, found.information_y.kind) == ("estimate", "estimate")
    np.testing.assert_allclose(found.information_x.ceiling, min(np.log(n), width * np.log(bins)), rtol=1e-6)
    np.testing.assert_allclose(found.information_y.ceiling, count(y[:, None]), atol=EXACT)


def test_as_many_cells_as_patterns():
    """4096 cells of one pattern each: log 4096 in full float32, and in float64 to its last digits."""
    found = binned(X, Y, bins=2, enumerated=True)
    assert found.information_x.value == pytest.approx(12 * np.log(2), abs=EXACT)
    assert found.information_x.ceiling == pytest.approx(12 * np.log(2), abs=EXACT)
    assert found.information_y.value == pytest.approx(float(found.information_y.ceiling), abs=EXACT)
    with jax.enable_x64(True):
        value = binned(X.astype(np.float64), Y, bins=2).information_x.value
        assert value.dtype == np.float64
        assert float(value) == pytest.approx(12 * np.log(2), abs=1e-13)


@pytest.mark.parametrize(("units", "resolved"), [(1, True), (10, False)])
def test_thin_cells_resolve_nothing_of_a_label(units, resolved):
    """A label that the layer knows nothing of: Miller's bias of the counts is what is read, and says so."""
    t, y = known.unrelated(units, 2).sample(np.random.default_rng(0), 1000)
    found = binned(t, y, classes=2)
    assert found.information_y.resolved == resolved == (found.information_y.value < 0.1)
    assert binned(t, y, classes=2, enumerated=True).information_y.resolved


def test_mixture_of_two_classes_by_quadrature():
    """A mean of 20 samples of N(-1, 1) or N(1, 1/4): the plug-in's bias is known (Miller 1955), the rest is noise."""
    edges = np.arange(-40, 41) * 0.25
    masses = 0.5 * np.array([np.diff(scipy.stats.norm.cdf(edges, m, s)) for m, s in ((-1, 1), (1, 0.5))]).T
    exact = float(jax.jit(discrete)(masses / masses.sum()).value)
    random, n = np.random.default_rng(3), 4000
    y = random.integers(0, 2, (20, n))
    t = np.where(y, random.normal(1, 0.5, y.shape), random.normal(-1, 1, y.shape))[..., None]
    measure = jax.vmap(lambda t, y: binned(t, y, edges="width", width=0.25, classes=2).information_y.value)
    found = np.asarray(measure(t, y))
    # cells that a sample can fill: sum over cells and labels - sum over cells - labels + 1, all over 2 N
    seen = 1 - (1 - masses) ** n
    bias = (seen.sum() - (1 - (1 - masses.sum(1)) ** n).sum() - 1) / (2 * n)
    assert abs(found.mean() - exact - bias) < 4 * found.std(ddof=1) / 20**0.5
    assert abs(found.mean() - exact) < 0.01


@pytest.mark.parametrize("edges", ["neuron", "quantile", "width"])
def test_jit_vmap_and_shards_change_nothing(edges):
    """A grid [seed, beta] of layers, spread over two devices along seed, against each layer by itself."""
    grid = jnp.asarray(np.random.default_rng(6).normal(size=(2, 3, 200, 4)).astype(np.float32))
    y = jnp.asarray(np.random.default_rng(7).integers(0, 3, 200))
    alone = np.array([[values(binned(t, y, edges=edges, classes=3)) for t in row] for row in grid])

    def measure(grid, y):
        along = jax.vmap(lambda t: binned(t, y, edges=edges, classes=3))
        return jax.vmap(along)(grid)

    mesh = jax.sharding.Mesh(np.reshape(jax.devices(), (2,)), ("seed",))
    spread = jax.device_put(grid, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("seed")))
    found = jax.jit(measure)(spread, y)
    assert found.information_x.value.sharding.spec == jax.sharding.PartitionSpec("seed")
    np.testing.assert_array_equal(values(found), alone)


@pytest.mark.parametrize("edges", EDGES)
def test_float64_agrees_with_float32(edges):
    t, _ = off_edges(layers(np.tanh, 1.5)[3], edges, 30, 0.07)
    single = binned(t, Y, edges=edges, enumerated=True)
    with jax.enable_x64(True):
        double = binned(t.astype(np.float64), Y, edges=edges, enumerated=True)
    assert double.information_y.ceiling.dtype == np.float64
    np.testing.assert_allclose(values(single), values(double), atol=EXACT)


@pytest.mark.parametrize("edges", EDGES)
def test_order_names_and_scale_carry_no_information(edges):
    random = np.random.default_rng(8)
    t, y = random.normal(size=(200, 4)).astype(np.float32), random.integers(0, 3, 200)
    order = random.permutation(200)
    expected = values(binned(t, y, edges=edges, classes=3))
    for other, labels in ((t[order], y[order]), (t, random.permutation(3)[y]), (t[:, ::-1], y)):
        np.testing.assert_allclose(values(binned(other, labels, edges=edges, classes=3)), expected, atol=EXACT)
    if edges in ("neuron", "layer", "quantile"):  # powers of two and -1 leave the rounding alone
        np.testing.assert_allclose(values(binned(8 * t, y, edges=edges, classes=3)), expected, atol=EXACT)
    if edges == "quantile":
        np.testing.assert_allclose(values(binned(np.sinh(t), y, edges=edges, classes=3)), expected, atol=EXACT)


@pytest.mark.parametrize("name", NETWORKS)
def test_what_is_processed_further_holds_less(name):
    """Coarser bins of the same edges, and fewer units, hold less about the input and about the label."""
    random = np.random.default_rng(9)
    t, y = layers(*NETWORKS[name])[2], random.integers(0, 10, 4096)
    t = t / np.abs(t).max()
    for label in (Y, y):
        finer = [values(binned(t, label, edges="unit", bins=bins, classes=10))[::2] for bins in (2, 8, 64)]
        wider = [values(binned(t[:, :units], label, edges="unit", bins=64, classes=10))[::2] for units in (1, 3, 5)]
        for chain in (finer, wider):
            assert (np.diff(chain, axis=0) >= -EXACT).all()
            assert (np.array(chain) >= 0).all()
            assert (np.array(chain)[:, 1] <= np.minimum(np.array(chain)[:, 0], count(label[:, None])) + EXACT).all()


@pytest.mark.parametrize("edges", EDGES)
def test_limits(edges):
    """A constant layer keeps nothing, a single label cannot be known; both are 0 and not NaN."""
    t = np.random.default_rng(10).normal(size=(200, 4)).astype(np.float32)
    constant = binned(np.full((200, 4), 0.3), np.arange(200) % 2, edges=edges, classes=3)
    np.testing.assert_allclose(values(constant)[[0, 2]], 0, atol=1e-15)
    for classes in (1, 3):
        single = binned(t, np.zeros(200, int), edges=edges, classes=classes)
        np.testing.assert_allclose(values(single)[[2, 3]], 0, atol=1e-15)
        assert single.information_x.value > 0
    assert binned(t, edges=edges).information_y is None
    assert binned(t, edges=edges).information_x.value == pytest.approx(float(single.information_x.value), abs=EXACT)


@pytest.mark.parametrize("edges", ["neuron", "quantile"])
def test_inside_jit_what_cannot_be_measured_is_nan(edges):
    measure = jax.jit(lambda t, y: binned(t, y, edges=edges, classes=2))
    t, y = np.random.default_rng(11).normal(size=(50, 2)).astype(np.float32), np.arange(50) % 2
    assert np.isfinite(values(measure(t, y))).all()
    for bad, labels in (
        (np.where(t == t[3], np.nan, t), y),
        (t, y - 1),
        (t, y + 1),
        (np.where(t == t.max(), np.inf, t), y),
    ):
        found = measure(bad, labels)
        assert jnp.isnan(found.information_x.value) and jnp.isnan(found.information_y.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"bins": 1}, ("bins: 1", "2")),
        ({"bins": 2.5}, ("bins: 2.5", "whole")),
        ({"bins": 10**6}, ("bins: 1000000", "65536")),
        ({"width": 0.0, "edges": "width"}, ("width: 0.0", "> 0")),
        ({"width": float("nan"), "edges": "width"}, ("width: nan", "> 0")),
        ({"edges": "neurons"}, ("edges", "'neurons'", "'neuron'")),
    ],
)
def test_options_that_are_none(options, words):
    with pytest.raises(InvalidInput) as error:
        binned(np.zeros((4, 1)), np.zeros(4, int), **options)
    assert_one_line(error, *words)


@pytest.mark.parametrize(
    ("t", "y", "words"),
    [
        (np.zeros((1, 2)), np.zeros(1, int), ("t: 1 samples",)),
        (np.full((4, 2), np.nan), np.zeros(4, int), ("t: holds NaN",)),
        (np.zeros((4, 2)), np.zeros(3, int), ("y: shape (3,)",)),
        (np.zeros((4, 2)), np.array([0, 1, 2, 0.5]), ("y: float64",)),
    ],
)
def test_arrays_that_are_none(t, y, words):
    with pytest.raises(InvalidInput) as error:
        binned(t, y)
    assert_one_line(error, *words)
