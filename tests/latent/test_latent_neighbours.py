"""Nearest neighbours against every distance in float64, identities between the metrics, and ties."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.integrate import quad
from scipy.spatial.distance import cdist
from scipy.stats import norm

from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.latent import neighbours
from vib.latent.neighbours import label_agreement, nearest

METRICS = ("euclidean", "cosine", "kl", "bhattacharyya")
FLOAT32 = 3e-6
COUNT, LATENT, K = 300, 5, 6  # one shape for what needs no other, as compiling takes longer than searching


def codes(count, latent, posteriors, seed=0):
    """Codes of three clusters of different size, and their std where posteriors are wanted."""
    random = np.random.default_rng(seed)
    mean = random.normal(size=(count, latent)) * (1 + np.arange(count)[:, None] % 3) + 5
    std = np.exp(random.normal(-1, 0.7, (count, latent)))
    return Gaussian(*(part.astype(np.float32) for part in (mean, std))) if posteriors else mean.astype(np.float32)


def brute(queries, points, metric):
    """Every distance [Q, N], float64, by the textbook formula."""
    if metric in ("euclidean", "cosine"):
        return cdist(np.asarray(queries, float), np.asarray(points, float), metric)
    (a, s), (b, t) = (np.asarray(part, float) for part in (queries, points))
    a, s = a[:, None], s[:, None]
    if metric == "kl":
        return (np.log(t / s) + (s**2 + (a - b) ** 2) / (2 * t**2) - 0.5).sum(-1)
    return ((a - b) ** 2 / (4 * (s**2 + t**2)) + 0.5 * np.log((s**2 + t**2) / (2 * s * t))).sum(-1)


def assert_nearest(found, distance, k, tolerance):
    """The k nearest by the matrix of all distances, up to places of what is equal within the tolerance."""
    expected = np.sort(distance, axis=1)[:, :k]
    np.testing.assert_allclose(found.distance, expected, rtol=tolerance, atol=tolerance)
    np.testing.assert_allclose(np.take_along_axis(distance, found.index, 1), expected, rtol=tolerance, atol=tolerance)
    assert all(len(set(row)) == k for row in found.index)


@pytest.mark.parametrize(
    ("metric", "queried", "count", "latent", "k"),
    [(metric, 70, 1000, 5, 10) for metric in METRICS] + [(metric, 5, 37, 40, 12) for metric in METRICS[::3]],
)
def test_they_are_the_nearest_of_all(metric, queried, count, latent, k):
    queries, points = (codes(n, latent, metric in METRICS[2:], seed) for seed, n in enumerate((queried, count)))
    found, distance = nearest(queries, points, k, metric), brute(queries, points, metric)
    assert found.index.dtype == np.int32 and found.distance.dtype == np.float32
    assert_nearest(found, distance, k, FLOAT32)
    order = np.argsort(distance, axis=1, kind="stable")[:, :k]
    assert (found.index == order).mean() > 0.99


@pytest.mark.parametrize("metric", METRICS)
def test_in_float64_every_index_is_right(metric):
    """None its own neighbour."""
    with jax.enable_x64(True):
        points = jax.tree.map(lambda x: jnp.asarray(x, jnp.float64), codes(500, 6, metric in METRICS[2:]))
        found, distance = nearest(points, points, 9, metric, exclude_self=True), brute(points, points, metric)
    np.fill_diagonal(distance, np.inf)
    np.testing.assert_array_equal(found.index, np.argsort(distance, axis=1)[:, :9])
    np.testing.assert_allclose(found.distance, np.sort(distance, axis=1)[:, :9], rtol=1e-11)


def test_a_product_that_cannot_tell_is_not_believed():
    """Two clusters a thousand apart and a thousandth wide: the product sees nothing within one, differences do."""
    random = np.random.default_rng(0)
    corner = 1000 * random.choice([-1, 1], (COUNT, 1))
    points = (corner + 1e-3 * random.normal(size=(COUNT, LATENT))).astype(np.float32)
    *_, sure = neighbours._by_product((points,), (points,), "euclidean", K, True)
    assert not np.asarray(sure)[:COUNT].any()
    distance = brute(points, points, "euclidean")
    np.fill_diagonal(distance, np.inf)
    found = nearest(points, points, K, exclude_self=True)
    assert_nearest(found, distance, K, 1e-7)


def test_usual_codes_need_the_product_alone():
    points = np.random.default_rng(0).normal(size=(2000, 16)).astype(np.float32)
    std = np.full_like(points, 0.2)
    for metric, arrays in (("euclidean", (points,)), ("kl", (points, std))):
        *_, sure = neighbours._by_product(arrays, arrays, metric, 10, True)
        assert np.mean(sure) > 0.99


@pytest.mark.parametrize("metric", ["euclidean", "kl", "bhattacharyya"])
def test_of_equal_ones_the_lowest_comes_first(metric):
    grid = np.stack(np.meshgrid(*[np.arange(1.0, 6)] * 3), -1).reshape(-1, 3).repeat(3, 0).astype(np.float32)
    points = Gaussian(grid, np.ones_like(grid)) if metric in METRICS[2:] else grid
    found = nearest(points, points, 20, metric)
    order = np.lexsort((found.index, found.distance), axis=1)
    np.testing.assert_array_equal(order, np.broadcast_to(np.arange(20), order.shape))
    twins = np.arange(len(grid))[:, None] // 3 * 3 + np.arange(3)
    np.testing.assert_array_equal(found.index[:, :3], twins)
    assert not found.distance[:, :3].any()
    same = jax.tree.map(lambda x: np.repeat(x[:1], len(grid), 0), points)
    np.testing.assert_array_equal(nearest(same, same, 20, metric).index, np.tile(np.arange(20), (len(grid), 1)))


def test_more_equal_ones_than_are_measured():
    points = np.ones((COUNT, LATENT), np.float32)
    points[-1] = 0.5
    assert nearest(np.zeros((1, LATENT)), points, 4).index.tolist() == [[COUNT - 1, 0, 1, 2]]


def test_equal_posteriors_are_as_far_apart_as_their_means():
    """std 1: KL is half the squared distance, Bhattacharyya's an eighth of it."""
    points = codes(COUNT, LATENT, False)
    q = Gaussian(points, np.ones_like(points))
    plain = nearest(points, points, K, exclude_self=True)
    for metric, share in (("kl", 1 / 2), ("bhattacharyya", 1 / 8)):
        found = nearest(q, q, K, metric, exclude_self=True)
        np.testing.assert_array_equal(found.index, plain.index)
        np.testing.assert_allclose(found.distance, share * plain.distance**2, rtol=1e-5)


def test_divergences_are_their_integrals():
    q, p = (Gaussian(np.array([[mean]]), np.array([[std]])) for mean, std in ((0.3, 0.5), (1.1, 1.4)))
    density_q, density_p = norm(0.3, 0.5), norm(1.1, 1.4)
    kl = quad(lambda z: density_q.pdf(z) * (density_q.logpdf(z) - density_p.logpdf(z)), -8, 8)[0]
    overlap = quad(lambda z: np.sqrt(density_q.pdf(z) * density_p.pdf(z)), -10, 10)[0]
    np.testing.assert_allclose(nearest(q, p, 1, "kl").distance, kl, rtol=1e-6)
    np.testing.assert_allclose(nearest(q, p, 1, "bhattacharyya").distance, -np.log(overlap), rtol=1e-6)


def test_one_point_and_all_points():
    assert nearest(np.ones((3, 2)), np.zeros((1, 2)), 1).index.tolist() == [[0]] * 3
    points = np.arange(5.0)[:, None] ** 2
    assert nearest(points, points, 4, exclude_self=True).index[0].tolist() == [1, 2, 3, 4]


def test_a_query_alone_finds_the_same():
    points = codes(COUNT, LATENT, False)
    every, one = nearest(points, points, K), nearest(points[77:78], points, K)
    np.testing.assert_array_equal(every.index[77:78], one.index)
    np.testing.assert_allclose(every.distance[77:78], one.distance, rtol=FLOAT32)


def test_tiny_and_large_codes_keep_their_order():
    points = codes(COUNT, LATENT, False)
    plain = nearest(points, points, K, exclude_self=True)
    for scale in (2.0**-50, 2.0**50):
        for metric, power in (("euclidean", 1), ("cosine", 0)):
            expected = plain if power else nearest(points, points, K, metric, exclude_self=True)
            found = nearest(points * scale, points * scale, K, metric, exclude_self=True)
            np.testing.assert_array_equal(found.index, expected.index)
            np.testing.assert_allclose(found.distance, expected.distance * scale**power, rtol=1e-5)


def test_posteriors_are_as_far_apart_in_any_unit():
    """Of 2^66 and its inverse the squares are beyond float32."""
    q = codes(COUNT, LATENT, True)
    for metric in METRICS[2:]:
        plain = nearest(q, q, K, metric, exclude_self=True)
        for scale in (2.0**-66, 2.0**66):
            scaled = Gaussian(*(part * np.float32(scale) for part in q))
            found = nearest(scaled, scaled, K, metric, exclude_self=True)
            np.testing.assert_array_equal(found.index, plain.index)
            np.testing.assert_allclose(found.distance, plain.distance, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", [np.int8, np.int64, np.float16, jnp.bfloat16, np.float32, float])
def test_directions_of_any_numbers(kind):
    """From the least of a type, which has no absolute value in it; of rows that are large, small and neither."""
    whole = np.random.default_rng(0).integers(-128, 128, (COUNT, LATENT))
    whole[0] = -128
    points = (whole << 56 if kind == np.int64 else whole).astype(kind)
    if kind in (np.float32, float):
        points *= 2.0 ** np.array([-60, 0, 60])[np.arange(COUNT) % 3, None]
    found, distance = nearest(points, points, K, "cosine", exclude_self=True), brute(whole, whole, "cosine")
    np.fill_diagonal(distance, np.inf)
    assert_nearest(found, distance, K, FLOAT32)


def test_memory_is_as_stated():
    arrays = (jax.ShapeDtypeStruct((60_000, 64), jnp.float32),) * 2
    memory = 4 * (3 * neighbours.SCORES + 4 * 2 * 60_000 * 64)
    assert temporary(neighbours._by_product, arrays, arrays, "kl", 10, True) < memory
    rows = jax.ShapeDtypeStruct((neighbours.PART,), jnp.int32)
    some = (jax.ShapeDtypeStruct((neighbours.PART, 64), jnp.float32),) * 2
    assert temporary(neighbours._by_differences, some, arrays, rows, "bhattacharyya", 10, True) < memory


def temporary(function, *arguments):
    return function.lower(*arguments).compile().memory_analysis().temp_size_in_bytes


def test_agreement_is_the_share_of_the_label():
    index, labels = np.array([[0, 1], [2, 3], [3, 0], [1, 2]]), np.array(["a", "a", "b", "b"])
    found = label_agreement(index, np.array(["a", "b", "b", "b"]), labels)
    shares = np.array([1, 1, 0.5, 0.5])
    np.testing.assert_allclose(found, (shares.mean(), shares.std(ddof=1) / 2))


def test_agreement_by_chance_is_the_sum_of_squares():
    """Labels that say nothing of the codes: sum_y p(y)^2 within 4 standard errors."""
    random = np.random.default_rng(0)
    z, y = random.normal(size=(2000, 2)), random.choice(3, 2000, p=[0.5, 0.3, 0.2])
    found = label_agreement(nearest(z, z, 5, exclude_self=True).index, y, y)
    assert abs(found.mean - 0.38) < 4 * found.error < 0.05


X, Q = codes(20, 3, False), codes(20, 3, True)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((X, X, 21), ("k: 21", "1 .. 20")),
        ((X, X, 20, "euclidean", True), ("k: 20", "19 others", "1 .. 19")),
        ((X, X, 0), ("k: 0", "1 .. 20")),
        ((X, X, 2.0), ("k: 2.0",)),
        ((X, X[:, :2], 3), ("queries: 3 wide", "points of 2")),
        ((X[:9], X, 3, "euclidean", True), ("exclude_self", "9 queries for 20 points")),
        ((X[0], X, 3), ("queries", "(3,)", "[N, width]")),
        ((X, X * np.nan, 3), ("points", "NaN")),
        ((X, X[:0], 3), ("points", "0 samples")),
        ((X, X * (np.arange(20) != 7)[:, None], 3, "cosine"), ("points: row [7]", "zeros", "leave it out")),
        ((X, X, 3, "euclidian"), ("metric", "'euclidian'", "did you mean 'euclidean'?")),
        ((X, X, 3, "kl"), ("queries", "give a Gaussian")),
        ((Q, Q, 3), ("queries", "a Gaussian", "its mean")),
        ((Q, Q._replace(std=0 * Q.std), 3, "kl"), ("points.std: 0.0", "> 0")),
        ((Q._replace(std=-Q.std), Q, 3, "bhattacharyya"), ("queries.std", "> 0")),
        ((Q._replace(std=Q.std[:9]), Q, 3, "kl"), ("queries.std", "(9, 3)", "(20, 3)")),
        ((1e30 * X, X, 3), ("metric: a 'euclidean' distance", "float32", "rescale")),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, words):
    with pytest.raises(InvalidInput) as error:
        nearest(*arguments)
    assert_one_line(error, *words)


I = np.zeros((4, 2), int)  # noqa: E741


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((I[0], np.zeros(4), np.zeros(4)), ("index", "(2,)", "[Q, k]")),
        ((I * 0.0, np.zeros(4), np.zeros(4)), ("index", "float64")),
        ((I[:1], np.zeros(1), np.zeros(4)), ("index: 1 query",)),
        ((I, np.zeros(3), np.zeros(4)), ("labels_query", "(3,)", "4 queries")),
        ((I, np.zeros(4), np.zeros((4, 1))), ("labels_points", "(4, 1)")),
        ((I + 4, np.zeros(4), np.zeros(4)), ("labels_points: 4", "4 to 4")),
    ],
)
def test_mistakes_of_labels_are_told_in_one_line(arguments, words):
    with pytest.raises(InvalidInput) as error:
        label_agreement(*arguments)
    assert_one_line(error, *words)
