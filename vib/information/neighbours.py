"""Mutual information from the distances between samples, in nats: no density and no bins."""

import logging
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from vib.errors import require
from vib.information.checks import centred, held, known, labels, samples, valid, whole
from vib.information.estimate import Estimate, negligible
from vib.typing import ArrayLike, Integer

CHUNK = 64  # rows of the distance matrix at a time
DROWNED, SOME = 100, 1000  # so much wider than another is a column that drowns it, by this many samples
# where a value is resolved the sample is at least exp(LOCAL) times as wide as its balls, of pairs or of one label's
# points, and the value grows by at most SETTLED nats as they shrink e times
LOCAL_PAIR, LOCAL_LABEL, SETTLED = 1.0, 0.35, 0.5


def ksg(x: ArrayLike["N dim_x"], y: ArrayLike["N dim_y"], k: Integer = 3) -> Estimate:
    """I(X;Y) of two continuous variables from k nearest neighbours in the maximum norm, an 'estimate'.

    x [N, dim_x], y [N, dim_y]; value [], nats. Kraskov et al. 2004, estimator 1. Distances in x are in units of the
    mean absolute deviation of its widest column, those in y likewise: shifting a column, or scaling x or y as a whole,
    changes nothing. Scaling one column of several does: in much smaller units than another it is not seen (3+3
    Gaussian of 1.53 nats, N = 2000: 1.43, and 0.99 with one pair of columns ten times as wide as the others, means of
    10 samples). Put columns of different quantities on one scale; a ratio of 100 warns.
    Ceiling: digamma(N) - digamma(k + 1), which no data in general position exceed; where distances tie, the counts
    are held to it. A truth near it reads low, so within 0.1 nat of it the value is unresolved (flag, saturating).
    A point with k or more exact copies counts those, as for discrete data; constant x or y give 0.

    It reads low where the density varies within a ball that holds k neighbours (Gao, Ver Steeg & Galstyan 2015). The
    value is not resolved, however small it is, where
      the sample fills more than log(N / k) dimensions d, by the ratio of first and last distance (Levina & Bickel
      2004): such balls are wider than 1 / e of the sample, as (k / N)^(1 / d) is,
      the first neighbour alone would read more, by over 1/2 nat as balls shrink e times: what binds the variables is
      thinner than the balls, or
      neighbours tie but are too few to count, as in discrete data of more cells than samples: these read high.
    Means of 4 samples, N = 2000, of Gaussians of d + d coordinates with `truth` nats spread evenly over all pairs, or
    in one pair, the others noise; * not resolved (in most):

        d            1      2      3      4      5     10     20     50
        all   1   1.01   1.01   0.96  0.84*  0.78*  0.44*  0.22*  0.08*
              4   4.00   3.78  3.50*  3.13*  2.81*  1.68*  0.86*  0.30*
             16  6.34*  6.33*  6.28*  6.16*  5.98*  4.78*  2.93*  1.15*
        one   1          0.96   0.79  0.63*  0.50*  0.23*  0.12*  0.04*
              2          1.67  1.14*  0.83*  0.65*  0.30*  0.15*  0.05*
              4          2.13*  1.30*  0.93*  0.72*  0.34*  0.17*  0.06*

    Of 120 such settings (N 500 and 2000, 1 to 16 nats) 104 read over 0.1 nat and 15 % too little: 101 were not
    resolved, the others read 16 to 21 % too little. Of the 16 that read better 2 were not resolved.
    Memory: about 5 arrays of 64 N numbers. Raises InvalidInput for other shapes, NaN, or k outside 1 .. N - 1.
    """
    x, y = (_points(field, t) for field, t in (("x", x), ("y", y)))
    require(len(x) == len(y), f"y: {len(y)} samples for {len(x)} of x; give them in pairs")
    return _ksg(x, y, whole(f"k, of {len(x)} samples", k, 1, len(x) - 1))


def ross(t: ArrayLike["N width"], y: ArrayLike[" N"], k: Integer = 3, classes: Integer | None = None) -> Estimate:
    """I(T;Y) of a continuous T and a label Y from nearest neighbours in the maximum norm, an 'estimate'.

    t [N, width], labels y [N]; value [], nats. Ross 2014. Of columns of very different width it sees the widest, as ksg
    does, and warns at a ratio of 100. In a class of k points or fewer, k is the number of the others; the only point of
    its class is left out. Ceiling: digamma(N) - mean digamma(points of the same class), about H(Y); a value near it is
    no failure, as the truth itself is at most H(Y).
    Not resolved as in ksg, but in more than 3 log(n / k) dimensions, n the points of a class: a label needs no ball in
    which it varies. Of 110 samples of Gaussian classes in 1 to 25 dimensions, N 200 and 1000, 2 to 10 classes, 15 read
    over 0.1 nat and 15 % too little: 14 were not resolved, and 10 of the others. Values near H(Y) are resolved.
    A point with exact copies in its class counts those, as for discrete data; constant t or a single class give 0.
    Memory: about 3 arrays of 64 N numbers. Raises InvalidInput for other shapes, NaN, k outside 1 .. N - 1, labels
    and classes that `checks.labels` does not take, or where no class has two points (inside jit that is NaN).
    """
    t = _points("t", t)
    y, classes = labels(y, len(t), classes)
    pair = not known(y) or np.bincount(np.asarray(y)).max() > 1
    require(pair, f"y: {len(t)} samples with a label each of its own; give two or more of some label")
    return _ross(t, y, whole(f"k, of {len(t)} samples", k, 1, len(t) - 1), classes)


@partial(jax.jit, static_argnames="k")
def _ksg(x, y, k):
    fine, count, ranks = valid(x) & valid(y), len(x), np.array([1, max(k, 2)])
    (x, unit_x), (y, unit_y) = _scaled(x), _scaled(y)

    def neighbours(row):
        i, x_i, y_i = row
        # distances, not coordinates: equal ones stay equal
        apart_x, apart_y = _distances(i, x_i, x) * unit_x, _distances(i, y_i, y) * unit_y
        radii, found = _smallest(jnp.maximum(apart_x, apart_y).at[i].set(jnp.inf), *ranks[[1, 1]])
        own = jnp.where(radii > 0, ranks, found + 1)
        return radii, found, own, _within(apart_x, radii), _within(apart_y, radii)

    radii, *counts = jax.lax.map(neighbours, (jnp.arange(count), x, y), batch_size=CHUNK)
    digamma = _digamma(jnp.arange(count + 1), x.dtype)  # once a number, not once a count
    found, own, near_x, near_y, most, least, following = (digamma[n] for n in (*counts, count, ranks, ranks + 1))
    # of a constant both differences are exactly 0
    terms = jnp.minimum((own - near_x) + (most - near_y), own - least + most - following)
    value, room = terms.mean(0)[int(k > 1)], most - following
    tied = jnp.where(radii[:, 1] > 0, found[:, 1] - least[1], 0).mean()
    resolved = _resolved(radii, terms, ranks[1], room[1] / LOCAL_PAIR) & negligible(tied, value)
    resolved |= (x == x[0]).all() | (y == y[0]).all()
    return Estimate(jnp.where(fine, value, jnp.nan), room[int(k > 1)], "estimate", resolved)


@partial(jax.jit, static_argnames=("k", "classes"))
def _ross(t, y, k, classes):
    size = jnp.bincount(y, length=classes)[y]
    kept, last = size > 1, jnp.minimum(max(k, 2), size - 1)

    def neighbours(row):
        i, t_i, y_i, last = row
        ranks, apart = jnp.stack([jnp.ones_like(last), last]), _distances(i, t_i, t)
        radii, found = _smallest(jnp.where(y == y_i, apart, jnp.inf).at[i].set(jnp.inf), last, max(k, 2))
        near = _within(jnp.where(kept, apart, jnp.inf), radii)
        own = jnp.where(radii > 0, ranks, found + 1)
        return radii, found, own, jnp.where(radii > 0, jnp.maximum(near, ranks), near)

    radii, *counts = jax.lax.map(neighbours, (jnp.arange(len(t)), t, y, last), batch_size=CHUNK)
    digamma = _digamma(jnp.arange(len(t) + 1), t.dtype)  # once a number, not once a count
    found, own, near = (digamma[number] for number in counts)
    apart, terms = digamma[kept.sum()] - digamma[size], own - near
    ceiling, value = (part.mean(where=kept) for part in (apart, apart + terms[:, int(k > 1)]))
    tied = jnp.where(radii[:, 1] > 0, found[:, 1] - digamma[last], 0).mean(where=kept)
    dim = (digamma[size] - digamma[last + 1]) / LOCAL_LABEL
    resolved = _resolved(radii, terms, last, dim, kept) & negligible(tied, value)
    # the truth lies between a value that reads low and H(Y)
    resolved |= negligible(ceiling - value, value)
    return Estimate(jnp.where(valid(t, y, classes), value, jnp.nan), ceiling, "estimate", resolved)


def _resolved(radii, terms, rank, dim, kept=None):
    """Whether the neighbours fill at most `dim` dimensions, and the nearest alone would read about the same: bool [].

    radii [N, 2] of the first and the `rank`-th neighbour, terms [N, 2] of the information from either; rank, dim [] or
    [N]. In a ball of constant density (first / far)^dim is the least of rank - 1 uniform numbers, Beta(1, rank - 1).
    """
    first, far = radii.T
    dim = jnp.maximum(dim, 1e-3)
    expected = jnp.exp(special.gammaln(1 + 1 / dim) + special.gammaln(rank) - special.gammaln(rank + 1 / dim))
    # a single neighbour has no dimension
    expected = jnp.where(rank > 1, expected, 0)
    # among k copies 0; among fewer 1, as these are neither a density nor counted
    ratio = jnp.where(far > 0, jnp.where((first > 0) & (far < jnp.inf), first / far, 1), 0)
    local = ratio.mean(where=kept) <= jnp.broadcast_to(expected, ratio.shape).mean(where=kept)
    shrunk = jnp.where(first > 0, jnp.log(far / first), 0)
    grown = jnp.where(first > 0, terms[:, 0] - terms[:, 1], 0)
    return local & (grown.mean(where=kept) <= SETTLED * shrunk.mean(where=kept))


def _distances(i, point, points):
    # a point computed twice in one program may differ from itself by a rounding
    apart = jnp.abs(points - point).max(axis=-1)
    return jnp.where(jnp.arange(len(points)) == i, 0, apart)


def _smallest(distances, wanted, most):
    """The first and the `wanted`-th smallest of distances [N], copies counted, and how many are no larger: both [2].

    `wanted` is at most `most`.
    """

    # many times faster than top_k or a sort on CPU
    def step(_, state):
        radius, found = state
        following = jnp.min(jnp.where(distances > radius, distances, jnp.inf))
        done = found >= wanted
        number = jnp.sum(distances <= following)
        return jnp.where(done, radius, following), jnp.where(done, found, number)

    radius = jnp.min(distances)
    first = radius, jnp.sum(distances <= radius)
    last = jax.lax.fori_loop(0, most - 1, step, first)
    return tuple(jnp.stack(pair) for pair in zip(first, last, strict=True))


def _within(distances, radii):
    """How many distances lie strictly inside each radius; at radius 0, how many are 0. The point itself counts."""
    radii = jnp.maximum(radii, jnp.finfo(radii.dtype).tiny)
    # one after the other: both at a time would be held
    return jax.lax.map(lambda radius: jnp.sum(distances < radius), radii)


def _scaled(x):
    """x [N, width] by a power of two, which is exact, and the factor [] that its distances then lack to be in units of
    the mean absolute deviation of the widest column. The standard deviation would follow single far values."""
    away = x - x[0]  # exactly 0 for a constant, whatever its value
    deviation = jnp.abs(away - away.mean(0)).mean(0).max()
    mantissa, exponent = jnp.frexp(deviation)
    return jnp.ldexp(x, -exponent), jnp.where(deviation > 0, 1 / mantissa, 1)


def _digamma(number, dtype):
    return special.digamma(jnp.asarray(number, dtype))


def _points(field, t):
    """t [N, width] as floats of JAX around 0; warns where one column drowns another."""
    t = held(field, *centred(samples(field, t)))
    if known(t) and t.shape[1] > 1:
        some = np.asarray(t)[:SOME].astype(float)
        away = some - some[0]  # exactly 0 for a constant
        widths = np.abs(away - away.mean(0)).mean(0)
        narrow = np.where(widths > 0, widths, np.inf).argmin()
        if widths.max() >= DROWNED * widths[narrow] > 0:
            wide = f"{field}: column {widths.argmax()} is {widths.max() / widths[narrow]:.0f} times as wide as {narrow}"
            logging.getLogger("vib").warning(f"{wide}, which distances hardly see; put columns on one scale")
    return t
