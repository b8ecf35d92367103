"""Samples of jointly Gaussian X and Y with a given covariance: a regression whose information is known."""

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset, GaussianJoint
from vib.errors import require
from vib.typing import ArrayLike, Integer

VERSION = "1"  # to be raised with any change of what is drawn


def load(
    *,
    covariance: ArrayLike["xy xy"],
    dim_x: Integer,
    samples_train: Integer = 20_000,
    samples_test: Integer = 10_000,
    seed: Integer = 0,
) -> Dataset:
    """Zero-mean x [N, dim_x] and target y [N, dim_y]; the covariance is that of (x, y), x first."""
    from vib.exact.checks import covariance as checked  # scipy comes with it

    covariance, dim_x = checked(covariance, dim_x)
    for i, std in enumerate(np.sqrt(np.diag(covariance))):
        held = checks.LEAST < std < checks.MOST
        require(held, f"covariance: float32 cannot hold coordinate {i}, of std {std:.3g}; give it other units")
    root = np.linalg.cholesky(covariance)
    draw = np.random.default_rng(seed).standard_normal
    sizes = (checks.whole("samples_train", samples_train, 1), checks.whole("samples_test", samples_test, 1))
    train, test = ((draw((size, len(root))) @ root.T).astype(np.float32) for size in sizes)
    x_train, y_train, x_test, y_test = train[:, :dim_x], train[:, dim_x:], test[:, :dim_x], test[:, dim_x:]
    exact = GaussianJoint(covariance, dim_x)
    made_of = f"{VERSION} {covariance.tolist()} {dim_x} {sizes} {seed}"  # BLAS rounds as the processor does
    return Dataset("gaussian", VERSION, x_train, y_train, x_test, y_test, classes=None, exact=exact, made_of=made_of)
