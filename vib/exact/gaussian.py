"""The information bottleneck of jointly Gaussian X and Y, in closed form."""

import numpy as np
from jaxtyping import Float64, Int
from scipy.linalg import solve_triangular

from vib.exact import checks
from vib.exact.curve import Curve, certain
from vib.typing import ArrayLike, Integer


def gaussian_information_bottleneck(covariance: ArrayLike["xy xy"], dim_x: Integer, betas: ArrayLike[" beta"]) -> Curve:
    """The frontier of a Gaussian (X, Y) at betas [beta]: Curve, nats; its gap is 0.

    covariance [x and y, x and y], the first dim_x of them X. A Gaussian T is optimal, and keeps the directions i whose
    squared canonical correlation c_i is above beta, each at a rate of log((1 - beta) c_i / (beta (1 - c_i))) / 2, of
    which log((1 - beta) / (1 - c_i)) / 2 are about Y (Chechik et al. 2005, theorem 3.1 and section 5, with 1 - c_i for
    their eigenvalues and 1 / beta for their beta). At beta = 0 the rate is infinite, unless X and Y are independent.
    Raises InvalidInput for a covariance that is not symmetric positive definite, a dim_x that leaves no X or no Y, and
    betas that are empty, negative or not finite.
    """
    kept, betas = gaussian_critical_betas(covariance, dim_x), checks.multipliers(betas)
    active, multiplier = kept > betas[:, None], betas[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.log((1 - multiplier) * kept / (multiplier * (1 - kept))) / 2
        information = np.log((1 - multiplier) / (1 - kept)) / 2
    rate, information = (np.where(active, value, 0).sum(1) for value in (rate, information))
    return certain(betas, rate, information)


def gaussian_critical_betas(covariance: ArrayLike["xy xy"], dim_x: Integer) -> Float64[np.ndarray, " directions"]:
    """The betas [min(dim_x, dim_y)] above which one direction after the other is lost, falling.

    They are the squared canonical correlations of X and Y (Chechik et al. 2005, theorem 3.1). Raises as
    gaussian_information_bottleneck does.
    """
    covariance, dim_x = checks.covariance(covariance, dim_x)
    root_x, root_y = (np.linalg.cholesky(part) for part in (covariance[:dim_x, :dim_x], covariance[dim_x:, dim_x:]))
    half = solve_triangular(root_x, covariance[:dim_x, dim_x:], lower=True)
    return np.linalg.svd(solve_triangular(root_y, half.T, lower=True), compute_uv=False) ** 2


def gaussian_active_dimensions(
    covariance: ArrayLike["xy xy"], dim_x: Integer, betas: ArrayLike[" beta"]
) -> Int[np.ndarray, " beta"]:
    """How many directions the optimal T keeps at betas [beta]: int [beta]. Raises as the frontier itself does."""
    kept, betas = gaussian_critical_betas(covariance, dim_x), checks.multipliers(betas)
    return (kept > betas[:, None]).sum(1)
