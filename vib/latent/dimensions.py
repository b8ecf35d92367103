"""Which dimensions of a latent space are in use, and how many the codes fill."""

import math
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float

from vib import distributions
from vib.distributions import Gaussian
from vib.errors import require
from vib.information.checks import centred, held, samples
from vib.latent.distances import posteriors
from vib.latent.neighbours import nearest
from vib.typing import ArrayLike, Real

FEWEST = 20  # codes
KEPT = 0.9  # of the ratios of distances: the largest follow the tails of the density, not the dimension


class IntrinsicDimension(NamedTuple):
    """How many dimensions codes fill, locally."""

    value: float
    left_out: int  # codes at no distance from an earlier one


def rate_per_dimension(q: Gaussian) -> Float[np.ndarray, " latent"]:
    """The mean of KL(q(z_i|x) || N(0, 1)) over examples for each dimension i: [latent], nats.

    Always against N(0, 1): they sum to the rate of a model whose r(z) is N(0, I), and to no other's. q: Gaussian
    [N, latent]. Raises InvalidInput for other shapes, NaN, or std <= 0.
    """
    return _rates(q).mean(0)


def active_units(q: Gaussian, threshold: Real = 0.01) -> Bool[np.ndarray, " latent"]:
    """Which dimensions move with the input: bool [latent], variance of E[z_i|x] over examples above the threshold.

    q: Gaussian [N, latent]. Burda et al. 2016, section 5.2 (their statistic A_u and its threshold). Raises InvalidInput
    for other shapes, one example, NaN, std <= 0, or a threshold < 0.
    """
    require(0 <= threshold < math.inf, f"threshold: {threshold}; give a variance >= 0")
    mean, _ = posteriors("q", q, least=2)
    return np.asarray(centred(mean)[0]).var(0, dtype=np.float64) > threshold


def collapsed(q: Gaussian, epsilon: Real = 0.01, delta: Real = 0.01) -> Bool[np.ndarray, " latent"]:
    """Which dimensions have collapsed onto N(0, 1): bool [latent]; its mean is their share.

    Those with KL(q(z_i|x) || N(0, 1)) < epsilon nats for at least 1 - delta of the examples: (epsilon, delta)-collapse
    (Lucas et al. 2019, section 6.2, who hold delta at 0.01). Those KLs are the rate, and N(0, 1) is the prior, for
    r(z) = N(0, I) only. q: Gaussian [N, latent]. Raises InvalidInput for other shapes, NaN, std <= 0, epsilon <= 0, or
    delta outside [0, 1).
    """
    require(0 < epsilon < math.inf, f"epsilon: {epsilon} nats; give one > 0")
    require(0 <= delta < 1, f"delta: {delta}; give a share of the examples, 0 <= delta < 1")
    return (_rates(q) >= epsilon).mean(0) <= delta


def intrinsic_dimension(z: ArrayLike["N latent"]) -> IntrinsicDimension:
    """How many dimensions the codes fill, from the ratios of second to first neighbour distances: IntrinsicDimension.

    z [N, latent]. Where the density is about constant as far as the second neighbour, that ratio mu has P(mu > t) =
    t^-d, and d is the slope through the origin of -log(1 - F) on log mu, without the tenth of the largest mu (Facco et
    al. 2017). Its standard error for normal codes, as measured, is 1.1 (10 dimensions)
    to 1.4 (one) times d / sqrt(0.9 N). Many dimensions read low where codes are few, as most codes then lie at an edge:
    1000 of 10 dimensions read 9.6. Codes that equal another count once; `left_out` says how many that leaves out.
    Raises InvalidInput for other shapes, NaN, fewer than 20 different codes, or codes of a lattice, where nearly all
    ratios are 1.
    """
    z = np.asarray(held("z", *centred(samples("z", z))))
    different = np.unique(z + z.dtype.type(0), axis=0)  # -0 is 0
    require(len(different) >= FEWEST, f"z: {len(different)} different codes of {len(z)}; give {FEWEST} or more")
    first, second = nearest(different, different, 2, exclude_self=True).distance.astype(float).T
    ratio = np.sort(np.log(second[first > 0] / first[first > 0]))
    kept = ratio[: int(KEPT * len(ratio))]
    require(
        kept.any(), "z: first and second neighbours are equally far, as on a lattice; give codes in general position"
    )
    height = -np.log1p(-np.arange(1, len(kept) + 1) / len(ratio))
    return IntrinsicDimension(float(kept @ height / (kept @ kept)), len(z) - len(ratio))


@jax.jit
def _each_rate(q):
    # one coordinate at a time: the closed form sums over the last axis
    return distributions.kl_standard_normal(Gaussian(q.mean[..., None], q.std[..., None]))


def _rates(q):
    """KL(q(z_i|x) || N(0, 1)): [N, latent], nats."""
    mean, std = posteriors("q", q)
    return np.asarray(_each_rate(Gaussian(held("q.mean", mean, math.inf), std)))  # absolute values, not differences
