"""Separated attribute predictability: how much better the best single code predicts a factor than the next one."""

from collections.abc import Collection
from typing import NamedTuple

import numpy as np

from vib.errors import require
from vib.latent.disentanglement.checks import checked
from vib.typing import ArrayLike


class Sap(NamedTuple):
    """The SAP score, from 0 to 1."""

    score: float  # mean of the gaps
    gaps: np.ndarray  # [F]
    predictability: np.ndarray  # [latent, F] R^2, or balanced accuracy for a categorical factor


def sap(z: ArrayLike["N latent"], factors: ArrayLike["N F"], categorical: Collection[int] = ()) -> Sap:
    """The gap between the two codes that predict a factor best alone, mean over factors: Sap.

    z [N, latent], latent >= 2; int factors [N, F]; categorical: columns without an order, such as shape. Kumar et al.
    2018, section 3, as written there: an ordered factor is predicted by a line (its index as the number), and scored by
    the squared correlation; a categorical one by thresholds that maximise the balanced accuracy on these examples: one
    interval for each class in order of the class means, the best of all such cuts, found exactly. A constant code
    scores 0. Chance is 1 / values for a categorical factor, so its gap is at most about 1 - 1 / values unless the other
    codes are constant. disentanglement_lib instead trains a LinearSVC for every factor and takes its held-out accuracy:
    its numbers are not these. float64 in NumPy, about 30 ns an example, code and value of a categorical factor.
    Raises InvalidInput as `checked`, for a single dimension, and for a categorical column that is not there.
    """
    z, factors = checked(z, factors, dimensions=2)
    z, kinds = np.asarray(z, np.float64), range(factors.shape[1])
    strange = [k for k in categorical if k not in kinds]
    require(not strange, f"categorical: column {strange and strange[0]}; give columns from 0 to {len(kinds) - 1}")
    alive = z.max(0) > z.min(0)
    scores = [_thresholds(z, factors[:, k]) if k in categorical else _line(z, factors[:, k]) for k in kinds]
    predictability = np.where(alive, scores, 0).T
    second, first = np.sort(predictability, axis=0)[-2:]
    return Sap(float((first - second).mean()), first - second, predictability)


def _line(z, factor):
    """Squared correlation of each code with the factor: [latent]; 0 for a constant code."""
    z, factor = z - z.mean(0), factor - factor.mean()
    scale = np.abs(z).max(0)
    z = z / np.where(scale > 0, scale, 1)  # no overflow, no lost squares
    power = (z**2).sum(0)
    return (factor @ z) ** 2 / np.where(power > 0, power, 1) / (factor @ factor)


def _thresholds(z, factor):
    """Balanced accuracy [latent] of the best cut of each code into one interval a class, in order of class means.

    By dynamic programming: the best for the first classes and p examples is the share of the newest class below p,
    plus the running maximum over where its interval may begin.
    """
    values, index = np.unique(factor, return_inverse=True)
    sizes, order = np.bincount(index), np.argsort(z, axis=0)
    member = np.eye(len(values))[index] / sizes
    newest = np.argsort(member.T @ z, axis=0, kind="stable")  # [classes, latent]
    placed, labels = np.take_along_axis(z, order, axis=0).T, index[order].T
    inside = np.pad(placed[:, 1:] == placed[:, :-1], ((0, 0), (1, 1)))  # no cut between equal codes: [latent, N + 1]
    best = np.where(np.arange(len(z) + 1) > 0, -np.inf, np.zeros(inside.shape))
    for label in newest:
        below = np.pad(np.cumsum(labels == label[:, None], axis=1), ((0, 0), (1, 0))) / sizes[label][:, None]
        best = below + np.maximum.accumulate(best - below, axis=1)
        best[inside] = -np.inf
    return best[:, -1] / len(values)
