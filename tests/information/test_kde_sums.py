"""The pairwise bounds against their sums in float64: at several sizes, of wide layers, far from the mean; memory."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.spatial
import scipy.stats

from vib.information import kde

LOG2 = np.log(2)
FLOAT32 = 3e-6  # nats: sums of thousands of float32 terms, of values up to log 4096
SIZE = 200
RANDOM = np.random.default_rng(0)
Y = RANDOM.choice(3, SIZE, p=[0.1, 0.3, 0.6])


def values(bounds):
    """[lower, upper] of [I(X;T), I(T;Y)]."""
    return np.array([[side.value for side in information] for information in bounds])


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


def drawn(n, width, classes):
    """Points [n, width] of which some coincide, and labels of which the last is missing."""
    random = np.random.default_rng(n)
    t = random.normal(0, 0.3, (n, width)).astype(np.float32)
    t[n // 2 :] = np.round(t[n // 2 :])
    return t, random.integers(0, max(classes - 1, 1), n)


@pytest.mark.parametrize(("n", "width", "classes", "variance"), [(2, 1, 2, 1.0), (7, 3, 3, 0.1), (1000, 2, 40, 1e-3)])
def test_plain_sums_at_several_sizes(n, width, classes, variance):
    """Fewer samples than a chunk of rows, and classes of few samples."""
    t, y = drawn(n, width, classes)
    found = kde(t, y, variance, classes=classes)
    np.testing.assert_allclose(values(found), reference(t, y, variance), atol=FLOAT32)
    for side in found:
        assert side.information_x.ceiling == pytest.approx(np.log(n), rel=1e-6)
        assert side.information_y.ceiling == pytest.approx(scipy.stats.entropy(np.bincount(y)), abs=1e-6)


def test_plain_sums_in_float64():
    t, y = drawn(333, 33, 10)
    with jax.enable_x64(True):
        found = kde(t.astype(np.float64), y, 0.3, classes=10)
        assert {part.dtype for side in found for one in side for part in (one.value, one.ceiling)} == {
            np.dtype("float64")
        }
        np.testing.assert_allclose(values(found), reference(t, y, 0.3), atol=1e-12)


@pytest.mark.parametrize("units", [3, 32, 33, 1024])
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


@pytest.mark.parametrize("units", [12, 64])
def test_memory_of_a_grid_is_as_stated(units):
    """16 members of 4096 samples, vmapped: 3 chunks of distances and 4 copies of t each, well below 100 MB."""
    t, y = jax.ShapeDtypeStruct((16, 4096, units), jnp.float32), jax.ShapeDtypeStruct((4096,), jnp.int32)
    measure = jax.jit(jax.vmap(partial(kde, classes=2, chunk=8), (0, None)))
    used = measure.lower(t, y).compile().memory_analysis().temp_size_in_bytes
    assert used < 16 * 4 * 4096 * (3 * 8 + 4 * units) < 100e6
