"""Bounds under a little noise against quadrature, float64 sums in NumPy and layers whose answer is closed form."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial
import scipy.stats

from tests.conftest import assert_one_line
from vib.errors import InvalidInput
from vib.information import kde

LOG2 = np.log(2)
FLOAT32 = 2e-6  # of up to log 4096 = 8.3 nats, summed over the samples
SIZE = 200
RANDOM = np.random.default_rng(0)
Y = RANDOM.choice(3, SIZE, p=[0.1, 0.3, 0.6])


def values(bounds):
    """[lower, upper] of [I(X;T), I(T;Y)]."""
    return np.array([[side.value for side in information] for information in bounds])


def kept(t, noise_variance, **options):
    """[lower, upper] of I(X;T) alone."""
    return np.array([side.information_x.value for side in kde(t, None, noise_variance, **options)])


def reference(t, y, noise_variance):
    """Kolchinsky & Tracey's sums in float64, from distances between differences."""
    t = np.asarray(t, np.float64)
    squared = scipy.spatial.distance.cdist(t, t, "sqeuclidean")

    def entropy(part, scale):
        return -np.log(np.exp(-squared[np.ix_(part, part)] / (scale * noise_variance)).mean(1)).mean()

    whole = np.arange(len(t))
    found = []
    for scale in (8, 2):
        given_y = sum(np.mean(y == label) * entropy(whole[y == label], scale) for label in np.unique(y))
        found.append([entropy(whole, scale), entropy(whole, scale) - given_y])
    return np.array(found)


def quadrature(t, noise_variance):
    """I(X;T+noise) of one unit, X one of N as likely: h(T+noise) of the mixture less h(noise), on a fine grid."""
    std = noise_variance**0.5
    grid = np.linspace(t.min() - 9 * std, t.max() + 9 * std, 20_001)
    density = scipy.stats.norm.pdf(grid, t, std).mean(0)
    surprise = -density * np.log(np.where(density > 0, density, 1))
    return np.trapezoid(surprise, grid) - scipy.stats.norm(0, std).entropy()


def neuron(count):
    return np.tanh(3 * np.linspace(-1, 1, count) + 0.5)


def mixture(count):
    """Two classes, one tight and one wide."""
    tight, wide = np.split(scipy.stats.norm.ppf((np.arange(count) + 0.5) / count), [count // 2])
    return np.concatenate([0.1 * tight - 1, wide + 1])


@pytest.mark.parametrize("made", [neuron, mixture])
@pytest.mark.parametrize("count", [2, 8, 200])
def test_bounds_bracket_the_information_of_an_enumerated_input(made, count):
    t = made(count)[:, None].astype(np.float32)
    for noise_variance in (1e-4, 1e-3, 1e-2, 0.1, 1.0):
        (lower, upper), truth = kept(t, noise_variance, enumerated=True), quadrature(t.astype(float), noise_variance)
        assert lower - FLOAT32 <= truth <= upper + FLOAT32
        assert upper - lower < 0.7  # both are of use


def test_kinds_say_what_is_a_bound():
    t = RANDOM.normal(size=(SIZE, 3))
    for enumerated, kind in ((True, "upper"), (False, "estimate")):
        lower, upper = kde(t, Y, enumerated=enumerated)
        assert [side.kind for side in lower] == ["lower", "estimate"]
        assert [side.kind for side in upper] == [kind, "estimate"]
        ceilings = [np.log(SIZE), scipy.stats.entropy(np.bincount(Y))]
        np.testing.assert_allclose([[side.ceiling for side in both] for both in (lower, upper)], [ceilings] * 2, 1e-6)
        assert kde(t).lower.information_y is None is kde(t).upper.information_y


@pytest.mark.parametrize("units", [3, 10, 32, 33, 64, 1024])
def test_every_width_is_the_sum_in_float64(units):
    t = np.tanh(RANDOM.normal(size=(SIZE, 3)) @ RANDOM.normal(size=(3, units))).astype(np.float32)
    for noise_variance in (1e-3, 0.01 * units):
        found = values(kde(t, Y, noise_variance))
        np.testing.assert_allclose(found, reference(t, Y, noise_variance), atol=1e-5)


@pytest.mark.parametrize("units", [3, 64])
def test_tight_clusters_far_from_the_mean_keep_their_digits(units):
    """Clusters at +-50, of a spread like the noise's: a distance from products of rows would be off by far more.

    Values that are multiples of 2^-15 are exact, also less their mean, which is 0: what is left is the sums' rounding.
    """
    centre = np.where(np.arange(SIZE) % 2, 50.0, -50.0)[:, None]
    spread = np.round(RANDOM.normal(size=(SIZE // 2, units)) * 0.03 * 2**15) / 2**15
    t = (centre + np.repeat(spread - np.round(spread.mean(0) * 2**15) / 2**15, 2, axis=0)).astype(np.float32)
    truth = reference(t, Y, 1e-3)
    assert 0.05 < truth[0, 0] - LOG2 < np.log(SIZE)
    np.testing.assert_allclose(values(kde(t, Y, 1e-3)), truth, atol=1e-3)


@pytest.mark.parametrize("units", [1, 64])
def test_saturated_rows_are_counted(units):
    """Corners of a cube far apart in the noise: both bounds are the entropy of the counts, never above log N."""
    corner = RANDOM.integers(0, 2, (SIZE, min(units, 6))) * 2 - 1
    _, counts = np.unique(corner, axis=0, return_counts=True)
    t = corner[:, np.arange(units) % corner.shape[1]]
    np.testing.assert_allclose(kept(t, 1e-3), scipy.stats.entropy(counts), atol=FLOAT32)


@pytest.mark.parametrize("units", [1, 64])
def test_distinct_rows_reach_log_n_and_no_more(units):
    t = np.arange(SIZE, dtype=np.float32)[:, None] * np.ones(units, np.float32)
    np.testing.assert_allclose(kept(t, 1e-3), np.log(SIZE), atol=FLOAT32)


@pytest.mark.parametrize("value", [0.0, 1.0, 0.3, -1e4])
def test_constant_layer_keeps_exactly_nothing(value):
    assert (values(kde(np.full((SIZE, 3), value, np.float32), Y)) == 0).all()


def test_single_class_is_known_before():
    t = RANDOM.normal(size=(SIZE, 3))
    for classes in (1, 3):
        found = kde(t, np.zeros(SIZE, int), classes=classes)
        np.testing.assert_allclose(values(found)[:, 1], 0, atol=FLOAT32)
        assert found.lower.information_y.ceiling == 0 < found.lower.information_x.value


@pytest.mark.parametrize("noise_variance", [1e-4, 1e-2, 1.0, 100.0])
def test_information_of_the_label_lies_between_zero_and_its_entropy(noise_variance):
    """For a label that the layer determines, a noisy one and one of chance; well apart it is the entropy itself."""
    t = np.tanh(RANDOM.normal(size=(SIZE, 3)) + Y[:, None])
    for y in (Y, (t[:, 0] > 0).astype(int), RANDOM.permutation(Y)):
        most = scipy.stats.entropy(np.bincount(y))
        found = values(kde(t, y, noise_variance))[:, 1]
        assert (found > -1e-5).all() and (found < most + FLOAT32).all()
    found = values(kde(t + 1000 * Y[:, None], Y, noise_variance))[:, 1]
    np.testing.assert_allclose(found, scipy.stats.entropy(np.bincount(Y)), atol=1e-5)


def test_two_samples_are_enough():
    """One distance d: log 2 less log of 1 + exp(-d^2 / 8 v), and of 1 + exp(-d^2 / 2 v)."""
    found = values(kde(np.float32([[0.0], [0.1]]), [0, 1], 0.01))
    truth = LOG2 - np.log1p(np.exp([-1 / 8, -1 / 2]))
    np.testing.assert_allclose(found, np.column_stack([truth, truth]), atol=FLOAT32)


@pytest.mark.parametrize("chunk", [1, np.int64(7), 500])
def test_chunk_changes_nothing(chunk):
    t = RANDOM.normal(size=(SIZE, 3)).astype(np.float32)
    np.testing.assert_allclose(values(kde(t, Y, 0.1, chunk=chunk)), values(kde(t, Y, 0.1)), atol=FLOAT32)


def test_order_and_names_change_nothing():
    t, order = RANDOM.normal(size=(SIZE, 3)).astype(np.float32), RANDOM.permutation(SIZE)
    before = values(kde(t, Y, 0.1))
    for other, y in [(t[order], Y[order]), (t[:, ::-1], Y), (-t, 2 - Y), (t + 8, Y)]:
        np.testing.assert_allclose(values(kde(other, y, 0.1)), before, atol=5e-6)


def test_jit_and_vmap_change_nothing():
    """[seed, beta] of layers with the same labels, also under noise that is traced, and one plain call for each."""
    grid = RANDOM.normal(size=(2, 3, SIZE, 3)).astype(np.float32)
    alone = np.array([[values(kde(t, Y, 0.1)) for t in row] for row in grid])
    measure = jax.vmap(jax.vmap(partial(kde, classes=3), (0, None, None)), (0, None, None))
    found = jax.jit(measure)(grid, Y, 0.1)
    assert found.upper.information_y.ceiling.shape == (2, 3)
    np.testing.assert_allclose(np.moveaxis(values(found), (0, 1), (2, 3)), alone, atol=FLOAT32)


def test_noise_that_is_none_is_nan_inside_jit():
    measure = jax.jit(lambda t, variance: kde(t, noise_variance=variance))
    t = np.linspace(0, 1, SIZE, dtype=np.float32)[:, None]
    for variance, bad in ((1e-3, False), (0.0, True), (-1e-3, True), (np.nan, True)):
        assert np.isnan([side.information_x.value for side in measure(t, variance)]).tolist() == [bad, bad]


def test_float64_agrees_to_its_own_digits():
    t = RANDOM.normal(size=(SIZE, 3))
    with jax.enable_x64(True):
        found = kde(t, Y, 1e-2)
        assert found.lower.information_x.value.dtype == found.upper.information_y.ceiling.dtype == jnp.float64
        np.testing.assert_allclose(values(found), reference(t, Y, 1e-2), atol=1e-12)


@pytest.mark.parametrize("units", [12, 64])
def test_memory_of_a_grid_is_as_stated(units):
    """16 members of 4096 samples, vmapped: 3 chunks of distances and 4 copies of t each, well below 100 MB."""
    t, y = jax.ShapeDtypeStruct((16, 4096, units), jnp.float32), jax.ShapeDtypeStruct((4096,), jnp.int32)
    measure = jax.jit(jax.vmap(partial(kde, classes=2, chunk=8), (0, None)))
    used = measure.lower(t, y).compile().memory_analysis().temp_size_in_bytes
    assert used < 16 * 4 * 4096 * (3 * 8 + 4 * units) < 100e6


T = np.eye(4, 2, dtype=np.float32)


@pytest.mark.parametrize(
    ("t", "y", "options", "words"),
    [
        (T[:, 0], None, {}, ("t", "(4,)", "[N, width]")),
        (T[:1], None, {}, ("t", "1 samples", "at least 2")),
        (T + np.nan, None, {}, ("t", "NaN")),
        (T, [0, 1], {}, ("y", "(2,)", "4 samples")),
        (T, [0, 1, 2, 3], {"classes": 3}, ("y", "0 to 3", "0 .. 2")),
        (T, None, {"noise_variance": 0.0}, ("noise_variance", "0.0", "> 0")),
        (T, None, {"noise_variance": -1e-3}, ("noise_variance", "-0.001", "> 0")),
        (T, None, {"noise_variance": np.nan}, ("noise_variance", "nan", "> 0")),
        (T, None, {"noise_variance": np.inf}, ("noise_variance", "inf", "> 0")),
        (T, None, {"chunk": 0}, ("chunk", "0", "at least 1")),
        (T, None, {"chunk": 2.5}, ("chunk", "2.5", "whole")),
    ],
)
def test_what_cannot_be_bounded_is_refused(t, y, options, words):
    with pytest.raises(InvalidInput) as error:
        kde(t, y, **options)
    assert_one_line(error, *words)
