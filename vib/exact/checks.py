"""Validation of the arguments of the exact frontiers; each check raises InvalidInput with the field's name."""

import numbers

import numpy as np

from vib.errors import InvalidInput, require


def array(field, value, shape):
    """Returns value as float64 of as many axes as `shape` names, finite and not empty."""
    try:
        value = np.asarray(value, np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{field}: not an array of numbers; give [{', '.join(shape)}]") from None
    fits = value.ndim == len(shape) and value.size > 0
    require(fits, f"{field}: shape {value.shape}; give [{', '.join(shape)}], none of them empty")
    require(np.isfinite(value).all(), f"{field}: holds NaN or infinity; give finite numbers")
    return value


def distribution(field, value, shape):
    """Returns value as probabilities that sum to 1."""
    value = array(field, value, shape)
    require(value.min() >= 0, f"{field}: {value.min():.3g} at its least; give probabilities >= 0")
    total = value.sum()
    require(abs(total - 1) < 1e-6, f"{field}: sums to {total:.9g}; divide it by its sum")
    return value / total


def joint(p_xy):
    """Returns p(x,y) float64 [x, y], of at least two inputs that all occur and two labels."""
    p_xy = distribution("p_xy", p_xy, ("inputs", "labels"))
    require(min(p_xy.shape) > 1, f"p_xy: shape {p_xy.shape}; give at least two inputs and two labels")
    empty = np.flatnonzero(~p_xy.any(1))
    require(not len(empty), f"p_xy: row {empty[:1].sum()} is empty; leave out inputs that never occur")
    return p_xy


def multipliers(betas):
    """Returns betas as float64 [beta], >= 0."""
    betas = array("betas", betas, ("beta",))
    require(betas.min() >= 0, f"betas: {betas.min():.3g} at their least; give betas >= 0: they weigh the rate")
    return betas


def share(field, value, low, high):
    """Returns value as float if low < value < high."""
    fits = isinstance(value, numbers.Real) and low < value < high
    require(fits, f"{field}: {value!r}; give a number between {low} and {high}, neither of them")
    return float(value)


def covariance(matrix, dim_x):
    """Returns (covariance float64 of (x, y), x first; dim_x).

    Judged by its correlations, so that units do not matter.
    """
    matrix = array("covariance", matrix, ("x and y", "x and y"))
    size = len(matrix)
    require(matrix.shape == (size, size), f"covariance: shape {matrix.shape}; give a square one")
    variance = np.diag(matrix)
    low = variance.argmin()
    require(variance[low] > 0, f"covariance: variance {variance[low]:.3g} of coordinate {low}; give variances > 0")
    correlation = matrix / np.sqrt(variance) / np.sqrt(variance)[:, None]
    off = np.abs(correlation - correlation.T)
    i, j = np.unravel_index(off.argmax(), off.shape)
    told = f"covariance: {matrix[i, j]:.9g} at [{i}, {j}], {matrix[j, i]:.9g} at [{j}, {i}]; give a symmetric one"
    require(off.max() < 1e-9, told)
    values = np.linalg.eigvalsh(correlation)
    positive = values[0] > 1e-12 * values[-1]
    require(positive, f"covariance: correlations of smallest eigenvalue {values[0]:.3g}; give a positive definite one")
    inside = isinstance(dim_x, numbers.Integral) and not isinstance(dim_x, bool) and 0 < dim_x < size
    require(inside, f"dim_x: {dim_x!r}; give a whole number from 1 to {size - 1}, the rest of {size} is Y")
    return matrix, int(dim_x)
