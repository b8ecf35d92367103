"""How good samples are, against real examples: by their moments, and by the neighbourhoods that they fall in."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.linalg import eigh
from scipy.spatial.distance import cdist

from vib.errors import require
from vib.information.checks import centred
from vib.typing import ArrayLike

NEIGHBOURS = 3
ROWS = 500  # whose distances to all points are held at a time


class Quality(NamedTuple):
    """Samples against real examples."""

    frechet: float  # squared distance of the two Gaussians of the same moments, in squared units of the features
    precision: float  # share of samples that lie among real examples: how good
    recall: float  # share of real examples that lie among samples: how varied


def quality(real: ArrayLike["N features"], samples: ArrayLike["M features"]) -> Quality:
    """Samples [M, features] against real examples [N, features]: Quality.

    Features: pixels, or their principal components, all of one scale. Raises InvalidInput for other shapes, NaN, or
    fewer than NEIGHBOURS + 2 of either.
    """
    real, samples = map(np.asarray, (real, samples))
    same = real.ndim == samples.ndim == 2 and real.shape[1] == samples.shape[1]
    require(same, f"samples: shape {samples.shape} for real examples {real.shape}; give [M, {real.shape[-1]}]")
    least = min(len(real), len(samples))
    require(least >= NEIGHBOURS + 2, f"samples: {least} are too few to tell; give {NEIGHBOURS + 2} or more of each")
    finite = np.isfinite(real).all() and np.isfinite(samples).all()
    require(finite, "samples: NaN or infinity among them or the real examples; leave those rows out")
    real, samples = (np.asarray(x, np.float64) for x in centred(real, samples))
    return Quality(frechet(real, samples), covered(real, samples), covered(samples, real))


def frechet(a: Float[np.ndarray, "N features"], b: Float[np.ndarray, "M features"]) -> float:
    """|mean_a - mean_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2)) of float64 [N, features]: Heusel et al. 2017, equation 6.

    They take the features of a classifier: values for other features are not comparable with theirs.
    """
    c_a, c_b = (np.atleast_2d(np.cov(x, rowvar=False)) for x in (a, b))
    # the root of C_a C_b has the eigenvalues of that of C_a^(1/2) C_b C_a^(1/2), which is symmetric
    values, vectors = eigh(c_a)
    half = vectors * np.sqrt(np.maximum(values, 0)) @ vectors.T
    cross = np.sqrt(np.maximum(eigh(half @ c_b @ half, eigvals_only=True), 0)).sum()
    squared = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(c_a) + np.trace(c_b) - 2 * cross
    return max(0.0, float(squared))  # rounding goes below


def covered(points: Float[np.ndarray, "N features"], queries: Float[np.ndarray, "M features"]) -> float:
    """Share of queries in the union of balls around points, each out to its 3rd neighbour among the other points.

    Kynkaanniemi et al. 2019, equations 1 and 2: precision of queries against real points, recall the other way round.
    """
    # by differences in float64: a query that equals a point lies in its ball, even where that has no radius
    radius = np.concatenate([np.sort(cdist(part, points))[:, NEIGHBOURS] for part in _parts(points)])  # [0] is itself
    inside = [(cdist(part, points) <= radius).any(1) for part in _parts(queries)]
    return float(np.concatenate(inside).mean())


def _parts(x):
    return np.array_split(x, -(-len(x) // ROWS))
