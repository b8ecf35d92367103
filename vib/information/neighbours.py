"""Mutual information from the distances between samples, in nats: no density and no bins."""

import logging
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy import special

from vib.errors import require
from vib.information.checks import centred, held, known, labels, samples, valid
from vib.information.estimate import Estimate

CHUNK = 64  # rows of the distance matrix at a time
DROWNED = 100  # times as wide as another is a column beside which that one is hardly seen


def ksg(x, y, k=3):
    """I(X;Y) of two continuous variables from k nearest neighbours in the maximum norm, an 'estimate'.

    x [N, dim_x], y [N, dim_y]; value [], nats. Kraskov et al. 2004, estimator 1. Distances in x are in units of the
    mean absolute deviation of its widest column, those in y likewise: shifting a column, or scaling x or y as a whole,
    changes nothing. Scaling one column of several does: in much smaller units than another it is not seen (3+3
    Gaussian of 1.53 nats, N = 2000: 1.43, and 0.99 with one pair of columns ten times as wide as the others, means of
    10 samples). Put columns of different quantities on one scale; a ratio of 100 warns.
    Ceiling: digamma(N) - digamma(k + 1), which no data in general position exceed; where distances tie, the counts
    are held to it. A truth near it reads low, so within 0.1 nat of it the value is unresolved (flag, saturating).
    A point with k or more exact copies counts those, as for discrete data; constant x or y give 0.
    Memory: about 5 arrays of 64 N numbers. Raises InvalidInput for other shapes, NaN, or k outside 1 .. N - 1.
    """
    x, y = (_points(field, t) for field, t in (("x", x), ("y", y)))
    require(len(x) == len(y), f"y: {len(y)} samples for {len(x)} of x; give them in pairs")
    return _ksg(x, y, _checked(k, len(x)))


def ross(t, y, k=3, classes=None):
    """I(T;Y) of a continuous T and a label Y from nearest neighbours in the maximum norm, an 'estimate'.

    t [N, width], int y [N]; value [], nats. Ross 2014. Of columns of very different width it sees the widest, as ksg
    does, and warns at a ratio of 100. In a class of k points or fewer, k is the number of the
    others; the only point of its class is left out. Ceiling: digamma(N) - mean digamma(points of the same class),
    about H(Y); a value near it is no failure, as the truth itself is at most H(Y).
    A point with exact copies in its class counts those, as for discrete data; constant t or a single class give 0.
    Memory: about 3 arrays of 64 N numbers. Raises InvalidInput for other shapes, NaN, k outside 1 .. N - 1, labels
    outside 0 .. classes - 1, or where no class has two points (inside jit that is NaN).
    """
    t = _points("t", t)
    y, classes = labels(y, len(t), classes)
    pair = not known(y) or np.bincount(np.asarray(y)).max() > 1
    require(pair, f"y: {len(t)} samples with a label each of its own; give two or more of some label")
    return _ross(t, y, _checked(k, len(t)), classes)


@partial(jax.jit, static_argnames="k")
def _ksg(x, y, k):
    fine, count = valid(x) & valid(y), len(x)
    (x, unit_x), (y, unit_y) = _scaled(x), _scaled(y)

    def neighbours(row):
        i, x_i, y_i = row
        # distances, not coordinates: equal ones stay equal
        apart_x, apart_y = _distances(i, x_i, x) * unit_x, _distances(i, y_i, y) * unit_y
        apart = jnp.maximum(apart_x, apart_y)
        radius = _smallest(apart.at[i].set(jnp.inf), k, k)
        own = jnp.where(radius > 0, k, _within(apart, radius))
        return own, _within(apart_x, radius), _within(apart_y, radius)

    counts = jax.lax.map(neighbours, (jnp.arange(count), x, y), batch_size=CHUNK)
    own, near_x, near_y = (_digamma(number, x.dtype) for number in counts)
    most, least, following = (_digamma(number, x.dtype) for number in (count, k, k + 1))
    # of a constant both differences are exactly 0
    terms = jnp.minimum((own - near_x) + (most - near_y), own - least + most - following)
    return Estimate(jnp.where(fine, terms.mean(), jnp.nan), most - following, "estimate")


@partial(jax.jit, static_argnames=("k", "classes"))
def _ross(t, y, k, classes):
    size = jnp.bincount(y, length=classes)[y]
    kept = size > 1

    def neighbours(row):
        i, t_i, y_i, wanted = row
        apart, same = _distances(i, t_i, t), y == y_i
        radius = _smallest(jnp.where(same, apart, jnp.inf).at[i].set(jnp.inf), wanted, k)
        near = _within(jnp.where(kept, apart, jnp.inf), radius)
        copies = _within(jnp.where(same, apart, jnp.inf), radius)
        return jnp.where(radius > 0, wanted, copies), jnp.where(radius > 0, jnp.maximum(near, wanted), near)

    rows = (jnp.arange(len(t)), t, y, jnp.minimum(k, size - 1))
    own, near = (_digamma(number, t.dtype) for number in jax.lax.map(neighbours, rows, batch_size=CHUNK))
    apart = _digamma(kept.sum(), t.dtype) - _digamma(size, t.dtype)
    ceiling, value = (terms.mean(where=kept) for terms in (apart, apart + (own - near)))
    return Estimate(jnp.where(valid(t, y, classes), value, jnp.nan), ceiling, "estimate")


def _distances(i, point, points):
    # a point computed twice in one program may differ from itself by a rounding
    apart = jnp.abs(points - point).max(axis=-1)
    return jnp.where(jnp.arange(len(points)) == i, 0, apart)


def _smallest(distances, wanted, most):
    """The `wanted`-th smallest of distances [N], at most the `most`-th, copies counted."""

    # many times faster than top_k or a sort on CPU
    def step(_, state):
        radius, found = state
        following = jnp.min(jnp.where(distances > radius, distances, jnp.inf))
        done = found >= wanted
        number = jnp.sum(distances <= following)
        return jnp.where(done, radius, following), jnp.where(done, found, number)

    start = (jnp.asarray(-jnp.inf, distances.dtype), jnp.asarray(0))
    return jax.lax.fori_loop(0, most, step, start)[0]


def _within(distances, radius):
    """How many distances lie strictly inside the radius; at radius 0, how many are 0. The point itself counts."""
    return jnp.sum((distances < radius) | ((distances == 0) & (radius == 0)))


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
        away = np.asarray(t - t[0], np.float64)
        widths = np.abs(away - away.mean(0)).mean(0)
        narrow = np.where(widths > 0, widths, np.inf).argmin()
        if widths.max() >= DROWNED * widths[narrow] > 0:
            wide = f"{field}: column {widths.argmax()} is {widths.max() / widths[narrow]:.0f} times as wide as {narrow}"
            logging.getLogger("vib").warning(f"{wide}, which distances hardly see; put columns on one scale")
    return t


def _checked(k, count):
    whole = isinstance(k, int) and 1 <= k < count
    require(whole, f"k: {k} neighbours of {count} samples; give a whole number from 1 to {count - 1}")
    return k
