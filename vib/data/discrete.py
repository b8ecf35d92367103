"""Samples of any joint table p(x, y), with one-hot x."""

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset, Discrete
from vib.errors import require
from vib.typing import ArrayLike, Integer


def load(
    *, joint: ArrayLike["X Y"], samples_train: Integer = 20_000, samples_test: Integer = 10_000, seed: Integer = 0
) -> Dataset:
    """Draws (x, y) from joint [X, Y]: x one-hot [N, X], labels y [N] in 0 .. Y - 1."""
    p_xy = checks.table("joint", joint)
    require((p_xy >= 0).all(), f"joint: holds a negative probability, {p_xy.min():.3g}")
    total = p_xy.sum()
    require(abs(total - 1) < 1e-6, f"joint: sums to {total:.9g}; probabilities sum to 1")
    p_xy = p_xy / total
    rng = np.random.default_rng(seed)
    x_train, y_train = _sample(rng, p_xy, checks.whole("samples_train", samples_train, 1))
    x_test, y_test = _sample(rng, p_xy, checks.whole("samples_test", samples_test, 1))
    exact = Discrete(p_xy)
    return Dataset("discrete", "1", x_train, y_train, x_test, y_test, p_xy.shape[1], exact=exact)


def _sample(rng, p_xy, size):
    x, y = np.divmod(rng.choice(p_xy.size, size=size, p=p_xy.ravel()), p_xy.shape[1])
    return np.eye(len(p_xy), dtype=np.float32)[x], y.astype(np.int32)
