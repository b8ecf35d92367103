"""The pairwise bounds against quadrature of the mixture, closed forms and identities."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from conftest import assert_one_line

from vib.data import szt
from vib.errors import InvalidInput
from vib.information import kde, known

FLOAT32 = 3e-6  # nats: sums of thousands of float32 terms, of values up to log 4096


def values(bounds):
    """[..., 4]: I(X;T) and I(T;Y), lower and upper."""
    found = [side.value for bound in bounds for side in bound]
    return np.stack([np.asarray(value, np.float64) for value in found], -1)[..., [0, 2, 1, 3]]


def quadrature(t, std):
    """I(X;T+noise) of equally likely points t [N] on a line: h of the mixture less h of the noise, nats."""
    t = np.asarray(t, np.float64).ravel()
    grid = np.arange(t.min() - 10 * std, t.max() + 10 * std, std / 20)
    density = sum(scipy.stats.norm.pdf(grid[:, None], part, std).sum(1) for part in np.array_split(t, 64)) / len(t)
    entropy = scipy.integrate.trapezoid(scipy.special.entr(density), grid)
    return entropy - 0.5 * np.log(2 * np.pi * np.e * std**2)


def test_kinds_say_what_is_bounded():
    t, y = np.random.default_rng(0).normal(size=(50, 2)), np.arange(50) % 2
    for enumerated, kinds in ((True, ("lower", "upper")), (False, ("lower", "estimate"))):
        found = kde(t, y, enumerated=enumerated, classes=3)
        assert tuple(side.information_x.kind for side in found) == kinds
        assert tuple(side.information_y.kind for side in found) == ("estimate", "estimate")
    alone = kde(t)
    assert [side.information_y for side in alone] == [None, None]
    np.testing.assert_allclose(values(found)[:2], [side.information_x.value for side in alone], atol=1e-6)


@pytest.mark.parametrize("distance", [0.0, 0.1, 1.0, 2.0, 4.0, 20.0])
def test_two_points_in_closed_form(distance):
    """log 2 - log(1 + exp(-d^2 / 8 s^2)) below and log 2 - log(1 + exp(-d^2 / 2 s^2)) above, the truth between."""
    std = 0.25
    found = values(kde(np.array([[0.0], [distance * std]]), noise_variance=std**2, enumerated=True, y=np.arange(2)))
    expected = np.log(2) - np.log1p(np.exp([-(distance**2) / 8, -(distance**2) / 2]))
    np.testing.assert_allclose(found[:2], expected, atol=FLOAT32)
    np.testing.assert_allclose(found[2:], expected, atol=FLOAT32)  # here the label names the point
    assert found[0] - FLOAT32 <= quadrature([0, distance * std], std) <= found[1] + FLOAT32


@pytest.mark.parametrize("std", [0.003, 0.03, 0.3, 3.0])
@pytest.mark.parametrize("n", [16, 400])
def test_bounds_bracket_the_mixture_of_an_enumerated_input(n, std):
    """A noisy tanh neuron whose inputs are equally likely, from 3 times less noise than points apart to mere noise."""
    t = np.tanh(np.random.default_rng(n).normal(0, 1.5, (n, 1)))
    truth = quadrature(t, std)
    below, above = values(kde(t, np.zeros(n, int), std**2, enumerated=True))[:2]
    assert below - 1e-5 <= truth <= above + 1e-5
    assert above - below < 0.8  # they are bounds that say something
    if std >= 0.03 * (n > 16) and std < 3:
        assert above > below + 1e-4


def test_a_noisy_tanh_neuron_of_all_12_bit_patterns():
    """T = tanh(w x) for the 4096 patterns, in noise of three strengths: less noise, more information, never > log N."""
    x = szt.patterns().astype(np.float32) - 0.5
    t = np.tanh(x @ np.random.default_rng(1).normal(size=(12, 1)).astype(np.float32))
    last = 0
    for std in (0.3, 0.1, 0.03):
        truth = quadrature(t, std)
        below, above = values(kde(t, szt.rule(szt.patterns()), std**2, enumerated=True))[:2]
        assert last < below <= truth <= above < np.log(4096)
        last = truth


@pytest.mark.parametrize("std", [0.1, 0.5, 1.5])
def test_information_about_classes_lies_within_the_bounds_of_its_entropies(std):
    """Classes that are mixtures of points on a line; the truth is a difference of two mixtures by quadrature."""
    random = np.random.default_rng(2)
    y = np.sort(random.integers(0, 3, 60))
    t = random.normal(2.0 * y, 0.5)
    parts = [np.mean(y == label) * quadrature(t[y == label], std) for label in range(3)]
    truth = quadrature(t, std) - sum(parts)
    below, above, y_below, y_above = values(kde(t[:, None], y, std**2, enumerated=True))
    given = below - y_below, above - y_above
    assert given[0] - 1e-5 <= sum(parts) <= given[1] + 1e-5
    assert below - given[1] - 1e-5 <= truth <= above - given[0] + 1e-5
    assert abs(y_below - truth) < 0.35 and abs(y_above - truth) < 0.35


@pytest.mark.parametrize("dim", [1, 3])
def test_on_samples_of_a_gaussian_the_lower_bound_holds_in_expectation(dim):
    """X ~ N(0, I), T = X, noise of variance 1/4: I = dim / 2 log 5. The upper one bounds the index alone."""
    t = np.random.default_rng(3).normal(size=(20, 1000, dim)).astype(np.float32)
    found = values(jax.vmap(lambda t: kde(t, jnp.zeros(1000, int), 0.25, classes=1))(t))
    truth = 0.5 * dim * np.log(5)
    assert found[:, 0].mean() < truth
    assert truth - found[:, 0].mean() < 0.3 * dim
    assert (found[:, 1] <= np.log(1000)).all()


@pytest.mark.parametrize("width", [2, 50])
def test_clusters_are_counted_exactly(width):
    """64 distant points of 64 equal rows each: log 64, however the sums round; their parity is known: log 2."""
    points = np.random.default_rng(4).normal(size=(64, width)).astype(np.float32) * 10 + 3
    t, y = np.repeat(points, 64, axis=0), np.repeat(np.arange(64) % 2, 64)
    expected = np.log([64, 64, 2, 2])
    np.testing.assert_allclose(values(kde(t, y, 1e-6, enumerated=True)), expected, atol=FLOAT32)
    np.testing.assert_allclose(values(kde(t + 100, y, 1e-6, enumerated=True)), expected, atol=FLOAT32)


@pytest.mark.parametrize("width", [1, 40])
def test_never_above_log_n(width):
    """Distinct points in ever less noise: a point may not lie apart from itself, or log N would be exceeded."""
    t = 30 + np.random.default_rng(5).normal(size=(500, width)).astype(np.float32)
    for variance in (1e-2, 1e-12, 1e-30):
        found = values(kde(t, np.arange(500) % 2, variance))
        assert (found[:2] <= np.log(500) + FLOAT32).all()
        assert (found[2:] <= np.log(2) + FLOAT32).all()
    np.testing.assert_allclose(found, np.log([500, 500, 2, 2]), atol=FLOAT32)


@pytest.mark.parametrize(("units", "resolved"), [(1, True), (10, False)])
def test_samples_that_hardly_overlap_resolve_nothing_of_a_label(units, resolved):
    t, y = known.unrelated(units, 2).sample(np.random.default_rng(0), 1000)
    for side in kde(t, y, 0.01, classes=2):
        assert side.information_y.resolved == resolved == (side.information_y.value < 0.1)
    assert all(side.information_y.resolved for side in kde(t, y, 0.01, classes=2, enumerated=True))


def test_limits():
    """A constant layer keeps nothing, a single label cannot be known, and in noise far above all points drown: 0."""
    t = np.random.default_rng(6).normal(size=(50, 2)).astype(np.float32)
    np.testing.assert_array_equal(values(kde(np.full((50, 2), 0.3), np.arange(50) % 2, classes=3)), 0)
    for classes in (1, 3):
        found = values(kde(t, np.zeros(50, int), classes=classes))
        np.testing.assert_array_equal(found[2:], 0)
        assert (found[:2] > 1).all()
    np.testing.assert_allclose(values(kde(t, np.arange(50) % 2, 1e12, classes=3)), 0, atol=FLOAT32)


def test_more_noise_and_fewer_units_hold_less():
    random = np.random.default_rng(7)
    t = random.normal(size=(300, 8)).astype(np.float32)
    y = np.arange(300) % 2
    noisier = [values(kde(t, y, variance, classes=3))[:2] for variance in (10.0, 1.0, 0.1, 0.01)]
    wider = [values(kde(t * (np.arange(8) < units), y, 0.1, classes=3))[:2] for units in (1, 2, 4, 8)]
    assert (np.diff(noisier, axis=0) > 0).all()
    assert (np.diff(wider, axis=0) > 0).all()


def test_order_names_rotations_and_offsets_carry_no_information():
    random = np.random.default_rng(8)
    t, y = random.normal(size=(300, 8)).astype(np.float32), random.integers(0, 3, 300)
    turned = t @ np.linalg.qr(random.normal(size=(8, 8)))[0].astype(np.float32)
    order = random.permutation(300)
    expected = values(kde(t, y, 0.3, classes=3))
    for other, labels in ((t[order], y[order]), (t, (y + 1) % 3), (turned, y), (t[:, ::-1], y), (t + 5, y)):
        np.testing.assert_allclose(values(kde(other, labels, 0.3, classes=3)), expected, atol=1e-5)
    np.testing.assert_allclose(values(kde(4 * t, y, 16 * 0.3, classes=3)), expected, atol=1e-5)


@pytest.mark.parametrize("chunk", [1, 30])
def test_chunks_change_nothing(chunk):
    t, y = np.random.default_rng(9).normal(size=(100, 3)).astype(np.float32), np.arange(100) % 4
    np.testing.assert_allclose(values(kde(t, y, 0.1, chunk=chunk)), values(kde(t, y, 0.1)), atol=1e-6)


def test_jit_vmap_and_shards_change_nothing():
    """A grid [seed, beta] of layers, spread over two devices along seed, against each layer by itself."""
    grid = jnp.asarray(np.random.default_rng(10).normal(size=(2, 3, 100, 40)).astype(np.float32))
    y = jnp.asarray(np.arange(100) % 3)
    alone = np.array([[values(kde(t, y, 0.1, classes=3)) for t in row] for row in grid])

    def measure(grid, y, variance):
        return jax.vmap(jax.vmap(lambda t: kde(t, y, variance, classes=3)))(grid)

    mesh = jax.sharding.Mesh(np.reshape(jax.devices(), (2,)), ("seed",))
    spread = jax.device_put(grid, jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("seed")))
    compiled = jax.jit(measure).lower(spread, y, 0.1).compile()
    found = compiled(spread, y, 0.1)
    assert found.lower.information_x.value.sharding.spec == jax.sharding.PartitionSpec("seed")
    assert "all-reduce" not in compiled.as_text() and "all-gather" not in compiled.as_text()
    np.testing.assert_allclose(values(found), alone, atol=1e-6)


def test_inside_jit_what_cannot_be_measured_is_nan():
    measure = jax.jit(lambda t, y, variance: kde(t, y, variance, classes=2))
    t, y = np.random.default_rng(11).normal(size=(50, 2)).astype(np.float32), np.arange(50) % 2
    assert np.isfinite(values(measure(t, y, 0.1))).all()
    for bad, labels in (
        (np.where(t == t[3], np.nan, t), y),
        (t, y - 1),
        (t, y + 1),
        (np.where(t == t.max(), np.inf, t), y),
    ):
        assert np.isnan(values(measure(bad, labels, 0.1))).all()
    for variance in (0.0, -0.1, np.nan):
        assert np.isnan(values(measure(t, y, variance))).all()


@pytest.mark.parametrize(
    ("t", "y", "options", "words"),
    [
        (np.zeros((1, 2)), np.zeros(1, int), {}, ("t: 1 samples",)),
        (np.full((4, 2), np.nan), np.zeros(4, int), {}, ("t: holds NaN",)),
        (np.zeros(4), np.zeros(4, int), {}, ("t: shape (4,)",)),
        (np.zeros((4, 2)), np.zeros(3, int), {}, ("y: shape (3,)",)),
        (np.zeros((4, 2)), np.array([0, 1, 2, 3]), {"classes": 2}, ("y: labels from 0 to 3",)),
        (np.zeros((4, 2)), np.zeros(4, int), {"noise_variance": 0.0}, ("noise_variance: 0.0", "> 0")),
        (np.zeros((4, 2)), np.zeros(4, int), {"noise_variance": -1e-3}, ("noise_variance: -0.001", "> 0")),
        (np.zeros((4, 2)), np.zeros(4, int), {"noise_variance": np.nan}, ("noise_variance: nan", "> 0")),
        (np.zeros((4, 2)), np.zeros(4, int), {"chunk": 0}, ("chunk: 0", "at least 1")),
        (np.zeros((4, 2)), np.zeros(4, int), {"chunk": 2.5}, ("chunk: 2.5", "whole")),
    ],
)
def test_input_that_is_none(t, y, options, words):
    with pytest.raises(InvalidInput) as error:
        kde(t, y, **options)
    assert_one_line(error, *words)
