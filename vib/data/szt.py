"""The 12-bit task of Shwartz-Ziv and Tishby (2017), regenerated exactly; its columns lie on an icosahedron.

Opening the black box of deep neural networks via information, arXiv:1703.00810.
"""

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset, Discrete
from vib.data.split import stratified
from vib.typing import Integer, Real

NEIGHBOURS = (
    (2, 4, 6, 7, 8),
    (5, 6, 8, 9, 10),
    (0, 6, 7, 10, 11),
    (4, 5, 7, 9, 11),
    (0, 3, 5, 7, 8),
    (1, 3, 4, 8, 9),
    (0, 1, 2, 8, 10),
    (0, 2, 3, 4, 11),
    (0, 1, 4, 5, 6),
    (1, 3, 5, 10, 11),
    (1, 2, 6, 9, 11),
    (2, 3, 7, 9, 10),
)
ANTIPODES = ((0, 9), (1, 7), (2, 5), (3, 6), (4, 10), (8, 11))


def load(*, test_fraction: Real = 0.2, seed: Integer = 0) -> Dataset:
    """All 4096 patterns as x [N, 12] of 0 and 1; `exact` row i is pattern i, each with p(x) = 1 / 4096.

    test_fraction 0 makes train and test the whole population, in order.
    """
    test_fraction = checks.fraction("test_fraction", test_fraction)
    x = patterns()
    y = rule(x)
    every = np.arange(len(x))
    train, test = stratified(y, test_fraction, seed) if test_fraction else (every, every)
    exact = Discrete(np.eye(2)[y] / len(x))
    x = x.astype(np.float32)
    return Dataset("szt", "1", x[train], y[train], x[test], y[test], 2, exact=exact)


def patterns():
    """Row i is the binary of i, column 0 the most significant bit: int [4096, 12]."""
    return np.arange(4096)[:, None] >> np.arange(11, -1, -1) & 1


def rule(x):
    """Labels int32 [N] of patterns x [N, 12]: n^2 + 102 n - 24 a - 36 p > 429.5.

    n counts the ones, a the adjacent pairs of ones, p the antipodal pairs of ones.
    """
    ones = x.sum(1)
    adjacent = sum(x[:, i] * x[:, list(near)].sum(1) for i, near in enumerate(NEIGHBOURS)) // 2
    antipodal = sum(x[:, i] * x[:, j] for i, j in ANTIPODES)
    return (ones**2 + 102 * ones - 24 * adjacent - 36 * antipodal > 429.5).astype(np.int32)
