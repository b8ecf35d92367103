"""Exact nearest neighbours in a latent space, by points or by whole posteriors."""

import math
import numbers
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib.distributions import Gaussian
from vib.errors import choose, require
from vib.latent.distances import METRICS
from vib.typing import ArrayLike, Integer

SCORES = 2**22  # held at a time: 16 MiB in float32
PART = 1024  # queries measured by differences in one call
WIDTH = 16  # coordinates whose terms are summed in one go there


class Neighbours(NamedTuple):
    """The k nearest points of each query, nearest first."""

    index: np.ndarray  # int32 [Q, k], rows of points
    distance: np.ndarray  # [Q, k]


class Agreement(NamedTuple):
    """How often neighbours share a label."""

    mean: float  # share of the k neighbours, averaged over the queries
    error: float  # standard error of that mean


def nearest(
    queries: ArrayLike["Q latent"] | Gaussian,
    points: ArrayLike["N latent"] | Gaussian,
    k: Integer,
    metric: str = "euclidean",
    exclude_self: bool = False,
) -> Neighbours:
    """The k nearest points of every query, exactly: Neighbours [Q, k].

    'euclidean' and 'cosine' (1 - cosine of the angle): queries [Q, latent], points [N, latent]. 'kl', KL(query ||
    point), and 'bhattacharyya' (Kailath 1967), closed forms in nats: Gaussians of such shapes.
    exclude_self: queries and points are the same rows, and none is its own neighbour. Of equal ones the lowest index
    comes first.

    A matrix product of centred codes ranks the points, and the best k + 8 are measured by differences. Where the
    rounding of the product, at most (terms + 4) * eps * sum |term|, might hide a nearer point, and always for
    'bhattacharyya', which is no product, every point is measured by differences: slower, never wrong. What may change
    places are distances that differ by less than their own rounding: in float32 about 1e-6 of them, for cosines also
    1e-7 of their root, for posteriors also 1e-7 of the sum of |log std|.
    60,000 codes of 64 dimensions among themselves take 7 core seconds, by differences up to 100, 'bhattacharyya' 400.
    Memory: about 3 arrays of 4 million numbers, and 4 copies of the arguments. Not for use inside jit: it is
    compiled inside. Raises InvalidInput for another metric or shape, NaN, k outside 1 .. N (N - 1 without itself), a
    vector of zeros for 'cosine', std <= 0, or distances that the type cannot hold.
    """
    measure = choose("metric", metric, METRICS)
    queries, points = measure.check("queries", queries), measure.check("points", points)
    _require_fitting(queries[0].shape, points[0].shape, k, exclude_self)
    queries, points = measure.prepare(queries, points)
    dtype = jnp.promote_types(queries[0].dtype, points[0].dtype)
    queries, points = (tuple(part.astype(dtype) for part in parts) for parts in (queries, points))
    options = {"metric": metric, "k": int(k), "exclude_self": bool(exclude_self)}
    given = len(queries[0])
    index, distance, sure = np.empty((given, k), np.int32), np.empty((given, k), dtype), np.zeros(given, bool)
    if measure.product:
        index, distance, sure = (np.array(found[:given]) for found in _by_product(queries, points, **options))
    unsure = np.flatnonzero(~sure)
    for begin in range(0, len(unsure), PART):
        rows = unsure[begin : begin + PART]
        filled = np.resize(rows, min(PART, given))  # one size, compiled once
        found = _by_differences(tuple(part[filled] for part in queries), points, filled, **options)
        index[rows], distance[rows] = (np.asarray(part)[: len(rows)] for part in found)
    require(np.isfinite(distance).all(), f"metric: a '{metric}' distance is beyond {dtype}; rescale the codes")
    return Neighbours(index, measure.finish(distance))


def label_agreement(
    index: ArrayLike["Q k"], labels_query: ArrayLike[" Q"], labels_points: ArrayLike[" N"]
) -> Agreement:
    """Share of the k neighbours that have the query's label: Agreement.

    int index [Q, k] as of `nearest`, labels_query [Q], labels_points [N]. The standard error takes the queries as
    independent. Raises InvalidInput for other shapes, fewer than two queries, or an index outside 0 .. N - 1.
    """
    index, labels_query, labels_points = map(np.asarray, (index, labels_query, labels_points))
    whole = index.ndim == 2 and index.size and np.issubdtype(index.dtype, np.integer)
    require(whole, f"index: {index.dtype} of shape {index.shape}; give whole numbers [Q, k], as of nearest")
    require(len(index) > 1, "index: 1 query; give two or more, as one has no standard error")
    asked, known = labels_query.shape, labels_points.shape
    require(asked == index.shape[:1], f"labels_query: shape {asked} for {len(index)} queries; give one label for each")
    require(len(known) == 1, f"labels_points: shape {known}; give one label for each point")
    inside = index.min() >= 0 and index.max() < len(labels_points)
    require(inside, f"labels_points: {known[0]} for an index {index.min()} to {index.max()}; give those of all points")
    share = (labels_points[index] == labels_query[:, None]).mean(1)
    return Agreement(float(share.mean()), float(share.std(ddof=1) / math.sqrt(len(share))))


def _require_fitting(queries, points, k, exclude_self):
    require(queries[1] == points[1], f"queries: {queries[1]} wide for points of {points[1]}; give equal ones")
    same = not exclude_self or queries == points
    require(same, f"exclude_self: {queries[0]} queries for {points[0]} points; give the same rows for both")
    most = points[0] - bool(exclude_self)
    whole = isinstance(k, numbers.Integral) and 1 <= k <= most
    require(whole, f"k: {k!r} neighbours among {most} {'others' if exclude_self else 'points'}; give 1 .. {most}")


@partial(jax.jit, static_argnames=("metric", "k", "exclude_self"))
def _by_product(queries, points, metric, k, exclude_self):
    """(index [Q', k], distance [Q', k], whether both are certain [Q']); Q' >= Q, more rows than were asked for."""
    measure, (count, latent) = METRICS[metric], points[0].shape
    wanted, block, spare = _sizes(count, k, exclude_self)
    left, right = measure.product(queries, points)
    error = (
        (left.shape[1] + 4) * jnp.finfo(left.dtype).eps * jnp.matmul(abs(left), abs(right).max(0), precision="highest")
    )
    # whole blocks, filled with points that are infinitely far
    right = jnp.pad(right, ((0, spare), (0, 0))).at[count:, measure.constant * latent].set(jnp.inf).T

    def search(part):
        left, error, queries, own = part
        scores, chosen = _smallest(jnp.matmul(left, right, precision="highest"), wanted, block)
        index, distance = _refined(measure, queries, points, chosen, own, k)
        return index, distance, (distance[:, -1] + error < scores[:, -1]) | (wanted == count)

    own = jnp.arange(len(left)) if exclude_self else jnp.full(len(left), -1)
    rows = min(256, max(16, SCORES // count // 16 * 16))  # of which a matrix product is fastest
    return mapped(search, (left, error, queries, own), rows)


@partial(jax.jit, static_argnames=("metric", "k", "exclude_self"))
def _by_differences(queries, points, rows, metric, k, exclude_self):
    """(index [Q', k], distance [Q', k]) of the given rows of all queries, from the differences to every point."""
    measure, (count, latent) = METRICS[metric], points[0].shape
    wanted, block, spare = _sizes(count, k, exclude_self)
    groups = -(-latent // WIDTH)
    width = -(-latent // groups)

    def grouped(parts, more=0):
        # filled up with mean 0 and std 1, which are equally far from all
        pad = ((0, more), (0, groups * width - latent))
        filled = (jnp.pad(part, pad, constant_values=value) for value, part in enumerate(parts))
        return tuple(part.reshape(-1, groups, width) for part in filled)

    columns = tuple(part.transpose(1, 2, 0) for part in grouped(points, spare))
    start = jnp.where(jnp.arange(count + spare) < count, 0, jnp.inf).astype(points[0].dtype)

    def scores(query):
        return jax.lax.scan(lambda total, part: (total + measure.term(*part), None), start, (query, columns))[0]

    def search(part):
        queries, coordinates, own = part
        _, chosen = _smallest(jax.vmap(scores)(coordinates), wanted, block)
        return _refined(measure, queries, points, chosen, own, k)

    own = jnp.asarray(rows) if exclude_self else jnp.full(len(rows), -1)
    return mapped(search, (queries, grouped(queries), own), min(8, max(1, SCORES // count)))


def _sizes(count, k, exclude_self):
    """How many candidates, from blocks of how many points, and how many slots fill the last block."""
    wanted = min(count, k + 8 + exclude_self)
    block = min(64, count // wanted)
    return wanted, block, -count % block


def _smallest(scores, wanted, block):
    """The smallest of scores [rows, slots] in order, and their places, lower first of equals: [rows, wanted] both.

    Only the blocks with the smallest minima can hold them: many times faster than top_k of all.
    """
    blocks = scores.reshape(len(scores), -1, block)
    nearest_blocks = jax.lax.top_k(-blocks.min(2), wanted)[1]
    nearest_blocks = jnp.sort(nearest_blocks, axis=1)  # top_k takes the earlier of equals, which must be the lower
    kept = jnp.take_along_axis(blocks, nearest_blocks[:, :, None], axis=1).reshape(len(scores), -1)
    values, places = jax.lax.top_k(-kept, wanted)
    return -values, jnp.take_along_axis(nearest_blocks, places // block, axis=1) * block + places % block


def _refined(measure, queries, points, chosen, own, k):
    """(index, distance) [rows, k] of the nearest of the chosen points [rows, wanted], without the `own` one [rows]."""
    each = tuple(part[:, None] for part in queries)
    distance = measure.exact(each, tuple(part[chosen] for part in points))
    distance = jnp.where(chosen == own[:, None], jnp.inf, distance)
    distance, index = jax.lax.sort((distance, chosen.astype(jnp.int32)), num_keys=2)
    return index[:, :k], distance[:, :k]


def mapped(function, arrays, rows):
    """function of `rows` rows of the arrays at a time; the last is repeated to fill the last part."""
    count = len(jax.tree.leaves(arrays)[0])
    rows = min(rows, count)

    def split(x):
        return jnp.pad(x, ((0, -count % rows), *[(0, 0)] * (x.ndim - 1)), mode="edge").reshape(-1, rows, *x.shape[1:])

    return jax.tree.map(lambda x: x.reshape(-1, *x.shape[2:]), jax.lax.map(function, jax.tree.map(split, arrays)))
