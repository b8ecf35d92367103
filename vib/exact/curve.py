"""An exact frontier, and what it forbids."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from vib.errors import require
from vib.typing import ArrayLike


class Curve(NamedTuple):
    """Points of least Lagrangian -I(T;Y) + beta I(X;T), one a beta; nats, float64.

    beta multiplies the rate; beyond 1 only the trivial point (0, 0) is left. At beta = 0, where any rate is free, T is
    the minimal sufficient statistic. Where several points have the same Lagrangian, it is the one of least rate.
    """

    betas: np.ndarray  # [beta]
    rate: np.ndarray  # [beta], I(X;T)
    information: np.ndarray  # [beta], I(T;Y)
    gap: np.ndarray  # [beta], the Lagrangian of any code is at most this much lower; NaN where that is not known
    certified: np.ndarray  # [beta] bool, whether the gap is proven; else it is what a search from many starts found


def certain(betas, rate, information):
    """A Curve known in closed form."""
    return Curve(betas, rate, information, np.zeros(len(betas)), np.ones(len(betas), bool))


def information_at(curve: Curve, rate: ArrayLike["*shape"]) -> Float64[np.ndarray | np.float64, "*shape"]:
    """An upper bound of I(T;Y) over every code with I(X;T) <= rate: float64 of the shape of rate, nats.

    The least of the tangents of the curve, each raised by its gap, and of the rate itself; it holds where the gaps do.
    With beta = 0 in the curve it is at most I(X;Y). 0 below rate 0, NaN at a rate of NaN. Raises InvalidInput for a
    curve without gaps, as that of the deterministic bottleneck is.
    """
    told = "curve: its gap is NaN, so it bounds no other codes; give one of information_bottleneck"
    require(not np.isnan(curve.gap).any(), told)
    rate = np.asarray(rate, np.float64)
    slopes, rates = np.broadcast_arrays(curve.betas, rate[..., None])
    # at beta = 0 the rate does not matter, and may be infinite
    own, others = (np.where(slopes > 0, slopes, 1) * np.where(slopes > 0, each, 0) for each in (curve.rate, rates))
    tangents = curve.information + curve.gap - own + others
    return np.maximum(np.minimum(tangents.min(-1), rate), 0)


def reciprocal_beta(beta: ArrayLike["*shape"]) -> Float64[np.ndarray | np.float64, "*shape"]:
    """The multiplier of I(T;Y) in I(X;T) - beta I(T;Y), Tishby's convention, from ours of I(X;T), or the reverse."""
    beta = np.asarray(beta, np.float64)
    require((beta > 0).all(), f"beta: {beta.min():.3g} has no reciprocal multiplier; give betas > 0")
    return 1 / beta
