"""How well a score tells outliers from inliers, and the distance of a code to the aggregate posterior."""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import logsumexp
from jaxtyping import Float
from scipy.stats import rankdata

from vib import distributions
from vib.errors import require
from vib.information.checks import in_one_space, samples
from vib.latent.distances import posteriors
from vib.typing import ArrayLike

NORMAL_95 = 1.959963984540054
DRAWS, SEED = 200, 0  # of the bootstrap
CHUNK = 32  # codes at a time, against all of the reference


class Separation(NamedTuple):
    """How well a score separates, with its 95 % interval."""

    value: float
    low: float
    high: float
    chance: float  # the value of a score that says nothing


def auroc(inliers: ArrayLike[" N"], outliers: ArrayLike[" M"]) -> Separation:
    """Probability that an outlier scores above an inlier, ties counted half: Separation.

    Scores [N] and [M], higher for the more anomalous. The interval is Wilson's for a share, of as many trials as give
    the larger of two variances: that of DeLong et al. 1988, for any distributions but too small near 1, and that of
    Hanley & McNeil 1982 in the form of Newcombe 2006, method 5, which is never 0. In 18 cases of 20 to 500 scores a
    side (Gaussian, skewed, of few values, outliers half far above and half far below) it held the truth in 94 to 100 %
    of 600 repeats.
    Raises InvalidInput for other shapes, no score, NaN or infinity.
    """
    inliers, outliers = _scores("inliers", inliers), _scores("outliers", outliers)
    n, m = len(inliers), len(outliers)
    rank = rankdata(np.concatenate([inliers, outliers]))
    below = (rank[n:] - rankdata(outliers)) / n  # share of inliers below each outlier
    above = 1 - (rank[:n] - rankdata(inliers)) / m
    value = float(below.mean())
    pairs = (n + m) / 2 - 1
    trials = n * m / (1 + pairs * ((1 - value) / (2 - value) + value / (1 + value)))
    variance = sum(part.var(ddof=1) / len(part) for part in (below, above) if len(part) > 1)
    if variance > 0:
        trials = min(trials, value * (1 - value) / variance)
    return Separation(value, *_wilson(value, trials), 0.5)


def aupr(inliers: ArrayLike[" N"], outliers: ArrayLike[" M"]) -> Separation:
    """Average precision with the outliers as positives: Separation; its chance is their share.

    Scores [N] and [M], higher for the more anomalous: the sum over thresholds of precision times the step in recall,
    equal scores passing together, without interpolation. It depends on the shares, so compare at equal ones. The
    interval is Wilson's for a share of M trials (in the manner of Boyd et al. 2013, section 4, but finite at 1), or of
    fewer where a stratified bootstrap (200 draws of a fixed seed) varies more. In the cases of `auroc` it held the
    truth in 93 to 99.7 % of 300 repeats; the value itself is above the truth in the mean where outliers are few (by
    0.04 for 20 that overlap with 200 inliers).
    Raises InvalidInput for other shapes, no score, NaN or infinity.
    """
    inliers, outliers = _scores("inliers", inliers), _scores("outliers", outliers)
    n, m = len(inliers), len(outliers)
    place = np.unique(-np.concatenate([inliers, outliers]), return_inverse=True)[1]
    value, random = _average_precision(place[:n], place[n:]), np.random.default_rng(SEED)
    draws = ((random.choice(place[:n], n), random.choice(place[n:], m)) for _ in range(DRAWS))
    variance = np.var([_average_precision(*draw) for draw in draws])
    trials = min(m, value * (1 - value) / variance) if variance > 0 else m
    return Separation(value, *_wilson(value, trials), m / (n + m))


def _average_precision(inliers, outliers):
    """From the places of the scores among all, the most anomalous first."""
    length = max(inliers.max(), outliers.max()) + 1
    found = np.bincount(outliers, minlength=length)
    passed = (found + np.bincount(inliers, minlength=length)).cumsum()
    return float(found @ (found.cumsum() / np.maximum(passed, 1)) / len(outliers))


def distance_to_aggregate(q_reference: distributions.Gaussian, z: ArrayLike["M latent"]) -> Float[np.ndarray, " M"]:
    """-log of the aggregate posterior (1/N) sum_j q(z|x_j) at codes: [M], nats.

    q_reference: Gaussian [N, latent] of the inputs that are usual; z [M, latent], draws or means. For a code
    of one of those inputs the sum holds its own q(z|x_j), so score other inputs. Infinite where the squared distance to
    every q(z|x_j), in units of its std, is beyond float32. Memory: about 5 arrays of 32 N numbers and a copy of
    q_reference. By differences, hence right for sharp codes too: 5000 codes against 5000 of 32 dimensions take 0.1 s on
    two cores; a matrix product would take 0.03 s and be wrong by up to 0.04 nats at a std of 0.02. Raises InvalidInput
    for other shapes, NaN, or std <= 0.
    """
    return -log_aggregate(("q_reference", "z"), q_reference, z)


def log_aggregate(fields, q, z):
    """log (1/N) sum_j q_j(z): [M], nats; `distance_to_aggregate` with the caller's names of q and z in its errors."""
    (mean, std), z = posteriors(fields[0], q), samples(fields[1], z, 1)
    same = z.shape[1] == mean.shape[1]
    require(same, f"{fields[1]}: {z.shape[1]} wide for {fields[0]} of {mean.shape[1]}; give codes of that space")
    mean, z = in_one_space(dict(zip(fields, (mean, z), strict=True)), std)
    return np.asarray(_log_aggregate(mean, std, z))


@jax.jit
def _log_aggregate(mean, std, z):
    constant = -(jnp.log(std) + 0.5 * distributions.LOG_2PI).sum(-1) - math.log(len(mean))
    mean, std = mean.T, std.T

    def add(total, coordinate):
        # differences first: squares of the codes themselves would round away what is small beside them
        z, mean, std = coordinate
        return total - 0.5 * ((z - mean) / std) ** 2, None

    def one(z):
        # a coordinate at a time, of all the reference: of few much faster than a sum over the last axis
        return logsumexp(jax.lax.scan(add, constant, (z, mean, std))[0])

    return jax.lax.map(one, z, batch_size=CHUNK)


def _wilson(share, trials):
    """The 95 % interval of a share of so many trials (Wilson 1927)."""
    pull = NORMAL_95**2 / trials
    middle = (share + pull / 2) / (1 + pull)
    half = math.sqrt(share * (1 - share) * pull + pull**2 / 4) / (1 + pull)
    return max(0.0, min(middle - half, share)), min(1.0, max(middle + half, share))


def _scores(field, scores):
    scores = np.asarray(scores)
    require(scores.ndim == 1, f"{field}: shape {scores.shape}; give one score for each example")
    require(len(scores) > 0, f"{field}: no scores; give those of one example or more")
    wrong = np.flatnonzero(~np.isfinite(scores))[:1]
    require(not len(wrong), f"{field}: {scores[wrong]} at {wrong}; give finite scores, infinite ones as a large number")
    return scores.astype(float)
