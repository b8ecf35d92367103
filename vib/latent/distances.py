"""Four ways to measure how far apart codes are, each as a rule that ranks fast and a rule that is exact.

All take tuples of arrays [..., latent]: (x,) of points, (mean, std) of posteriors.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from vib import distributions
from vib.distributions import Gaussian
from vib.errors import require
from vib.information.checks import in_one_space, positive, samples


class Metric(NamedTuple):
    """A distance between codes."""

    check: Callable  # (field, argument) -> tuple of arrays [N, latent] in their own precision
    prepare: Callable  # (queries, points) -> tuples of floats of JAX, as the others want them
    product: Callable | None  # (queries, points) -> factors [Q, terms], [N, terms]; column `constant` of the first is 1
    constant: int  # in units of latent
    term: Callable  # (coordinates of a query [WIDTH], of points [WIDTH, N]) -> their part [N], up to a constant
    exact: Callable  # (query, point) -> distance [...]
    finish: Callable  # distance -> distance as it is told


def _points(field, x):
    require(not isinstance(x, Gaussian), f"{field}: a Gaussian; give its mean, or ask for 'kl' or 'bhattacharyya'")
    return (samples(field, x, 1),)


def _directed(field, x):
    (x,) = _points(field, x)
    zero = np.flatnonzero(~np.asarray(x).any(1))[:1]
    require(not len(zero), f"{field}: row {zero} is all zeros and has no direction; leave it out")
    return (x,)


def posteriors(field, q, least=1):
    """(mean in its own precision, std as floats of JAX) of a Gaussian [N, latent].

    Raises InvalidInput for other shapes, NaN, N < least or std <= 0.
    """
    require(isinstance(q, Gaussian), f"{field}: {type(q).__name__}; give a Gaussian of mean and std")
    mean, std = (samples(f"{field}.{name}", part, least) for name, part in q._asdict().items())
    require(mean.shape == std.shape, f"{field}.std: shape {std.shape} for a mean {mean.shape}; give equal ones")
    return mean, positive(f"{field}.std", std, "give std > 0, or measure the means alone")


def _around_zero(queries, points):
    """Points, or the means of posteriors, less what all have in common, which no distance depends on."""
    there, asked = in_one_space({"points": points[0], "queries": queries[0]}, *points[1:])
    return (asked, *queries[1:]), (there, *points[1:])


def _directions(queries, points):
    def direction(x):
        x = np.asarray(x, np.result_type(x.dtype, np.float32))
        with np.errstate(over="ignore", under="ignore"):
            square = np.vecdot(x, x)
        extreme = ~((square > 1e-20) & (square < 1e20))  # beyond these 32 bits lose squares
        scale = np.ones_like(square)
        scale[extreme] = np.abs(x[extreme]).max(1)
        x = x / scale[:, None]
        x /= np.sqrt(np.vecdot(x, x))[:, None]
        return x

    return _around_zero((direction(queries[0]),), (direction(points[0]),))


def _centred(queries, points):
    # the error of a product grows with the squares; differences are taken of the codes as they came, unrounded
    centre = points[0].mean(0)
    return (queries[0] - centre, *queries[1:]), (points[0] - centre, *points[1:])


# Constants are columns of the products: see distributions.log_prob_each.


def _square_product(query, point):
    (a,), (b,) = _centred(query, point)
    square_a, square_b = ((x**2).sum(1, keepdims=True) for x in (a, b))
    return jnp.hstack([a, jnp.ones_like(square_a), square_a]), jnp.hstack([-2 * b, square_b, jnp.ones_like(square_b)])


def _kl_product(query, point):
    (mean, std), (centre, scale) = _centred(query, point)
    weight = 0.5 * scale**-2
    entropy = (jnp.log(std) + 0.5).sum(1, keepdims=True)
    constant = (weight * centre**2 + jnp.log(scale)).sum(1, keepdims=True)
    left = jnp.hstack([mean**2 + std**2, mean, jnp.ones_like(entropy), -entropy])
    return left, jnp.hstack([weight, -2 * weight * centre, constant, jnp.ones_like(constant)])


def _square_term(query, point):
    return sum((a - b) ** 2 for a, b in zip(*query, *point, strict=True))


def _kl_term(query, point):
    parts = zip(*query, *point, strict=True)
    return sum(0.5 * (((a - b) / t) ** 2 + (s / t) ** 2) + jnp.log(t) for a, s, b, t in parts)


def _bhattacharyya_term(query, point):
    total, parts = 0, list(zip(*query, *point, strict=True))
    for begin in range(0, len(parts), 4):  # one logarithm of the product of four
        product = 1
        for a, s, b, t in parts[begin : begin + 4]:
            ratios = s / t + t / s  # (s^2 + t^2) / (s t): the squares themselves may be beyond the type
            total += 0.25 * ((a - b) / s) * ((a - b) / t) / ratios
            product *= 0.5 * ratios
        total += 0.5 * jnp.log(product)
    return total


def _square(query, point):
    return ((query[0] - point[0]) ** 2).sum(-1)


def _kl(query, point):
    return distributions.kl(Gaussian(*query), Gaussian(*point))


def _bhattacharyya(query, point):
    (a, s), (b, t) = query, point
    wide = jnp.maximum(s, t)
    shift, ratio = (a - b) / wide, jnp.minimum(s, t) / wide
    return (0.25 * shift**2 / (1 + ratio**2) + 0.5 * jnp.log1p(((s - t) / wide) ** 2 / (2 * ratio))).sum(-1)


def _as_it_is(distance):
    return distance


def _halved(distance):
    return distance / 2  # |u - v|^2 = 2 - 2 u.v of unit vectors


METRICS = {
    "euclidean": Metric(_points, _around_zero, _square_product, 1, _square_term, _square, np.sqrt),
    "cosine": Metric(_directed, _directions, _square_product, 1, _square_term, _square, _halved),
    "kl": Metric(posteriors, _around_zero, _kl_product, 2, _kl_term, _kl, _as_it_is),
    # (s^2 + t^2) couples the two, so that there is no product
    "bhattacharyya": Metric(posteriors, _around_zero, None, 0, _bhattacharyya_term, _bhattacharyya, _as_it_is),
}
