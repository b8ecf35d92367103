"""Samples of jointly Gaussian X and Y with a given covariance: a regression whose information is known."""

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset, GaussianJoint
from vib.errors import require


def load(*, covariance, dim_x, samples_train=20_000, samples_test=10_000, seed=0):
    """Zero-mean x [N, dim_x] and target y [N, dim_y]; the covariance is that of (x, y), x first."""
    covariance = checks.table("covariance", covariance)
    _check_covariance(covariance)
    dim_x = checks.whole("dim_x", dim_x, 1)
    require(
        dim_x < len(covariance),
        f"data.dim_x: {dim_x} leaves no Y in a covariance of {len(covariance)} coordinates",
    )
    root = np.linalg.cholesky(covariance)
    draw = np.random.default_rng(seed).standard_normal
    sizes = (checks.whole("samples_train", samples_train, 1), checks.whole("samples_test", samples_test, 1))
    train, test = ((draw((size, len(root))) @ root.T).astype(np.float32) for size in sizes)
    x_train, y_train, x_test, y_test = train[:, :dim_x], train[:, dim_x:], test[:, :dim_x], test[:, dim_x:]
    exact = GaussianJoint(covariance, dim_x)
    return Dataset("gaussian", "1", x_train, y_train, x_test, y_test, classes=None, exact=exact)


def _check_covariance(covariance):
    rows, columns = covariance.shape
    require(rows == columns, f"data.covariance: shape {covariance.shape} is not square")
    require(
        np.allclose(covariance, covariance.T, rtol=1e-9, atol=1e-12),
        "data.covariance: not symmetric; entry [i, j] must equal entry [j, i]",
    )
    least = np.linalg.eigvalsh(covariance)
    require(
        least[0] > 1e-12 * least[-1],
        f"data.covariance: smallest eigenvalue {least[0]:.3g}; all must be positive",
    )
