"""Holes: where the prior puts mass and the aggregate posterior none."""

from typing import NamedTuple

import numpy as np

from vib.distributions import Gaussian
from vib.errors import require
from vib.latent.anomaly import log_aggregate
from vib.typing import ArrayLike

QUANTILE = 0.01


class Holes(NamedTuple):
    """Where draws of the prior fall."""

    share: float  # of the draws that fall in holes
    standard_error: float
    hole: np.ndarray  # bool [M]
    log_ratio: np.ndarray  # log q(z) / r(z) at the draws [M], nats
    threshold: float  # log q(z) below which is a hole, nats


def holes(
    q: Gaussian, z_prior: ArrayLike["M latent"], log_r: ArrayLike[" M"], z_held_out: ArrayLike["K latent"]
) -> Holes:
    """Which draws z_prior [M, latent] of r(z) fall in holes of q(z), the mixture of the codes q [N, latent]: Holes.

    A hole is where q(z) is less dense than at all but 1 % (QUANTILE) of z_held_out [K, latent], codes of examples that
    q does not hold: draws of q(z) itself fall there 1 % of the time, and so does a prior that equals it. log_r [M]: log
    r(z) at z_prior. Raises InvalidInput below 100 held-out codes, for other shapes, NaN, std <= 0, or a std so small
    that the density of 1 % of the held-out codes is 0 in 32 bits.
    """
    enough = len(z_held_out) >= 1 / QUANTILE
    require(enough, f"z_held_out: {len(z_held_out)} codes; give 100 or more, to tell 1 % of them")
    held_out = log_aggregate(("q", "z_held_out"), q, z_held_out)
    with np.errstate(invalid="ignore"):  # between two that are infinite
        threshold = float(np.quantile(held_out, QUANTILE))
    lost = f"{np.isinf(held_out).mean():.0%} of z_held_out are so many std from all codes that their density is 0"
    require(np.isfinite(threshold), f"q.std: {lost}, which leaves no threshold; give codes of larger std")
    log_q, log_r = log_aggregate(("q", "z_prior"), q, z_prior), np.asarray(log_r)
    require(log_r.shape == log_q.shape, f"log_r: shape {log_r.shape} for {len(log_q)} draws; give one for each")
    require(np.isfinite(log_r).all(), "log_r: holds NaN or infinity; leave those draws out")
    hole = log_q < threshold
    share = float(hole.mean())
    error = float(np.sqrt(share * (1 - share) / len(hole)))
    return Holes(share, error, hole, log_q - log_r, threshold)
