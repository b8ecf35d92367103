"""What the metrics ask of codes and factors. They run on the host, on concrete arrays: not inside jit."""

import numpy as np

from vib.errors import require
from vib.information.checks import centred, samples


def checked(z, factors, dimensions=1, kinds=1):
    """Returns (codes [N, latent] around 0 in their own precision; factors [N, F], NumPy integers).

    Raises InvalidInput where factors are missing, for other shapes or types, NaN, one example, a factor of a single
    value, fewer latent dimensions than `dimensions`, or fewer factors than `kinds`.
    """
    require(factors is not None, "factors: None; this data has no known factors, or pass them as integers [N, factors]")
    (z,), factors = centred(samples("z", z)), np.asarray(factors)
    fits = factors.ndim == 2 and len(factors) == len(z)
    require(fits, f"factors: shape {factors.shape} for {len(z)} codes; give [N, factors], one row for each code")
    whole = np.issubdtype(factors.dtype, np.integer) or factors.dtype == bool
    require(whole, f"factors: {factors.dtype} values; give whole numbers, the index of each factor's value")
    require(z.shape[1] >= dimensions, f"z: {z.shape[1]} dimension; this metric compares at least {dimensions}")
    require(factors.shape[1] >= kinds, f"factors: {factors.shape[1]} columns; this metric compares at least {kinds}")
    factors = factors.astype(np.int64)
    for k, column in enumerate(factors.T):
        require((column != column[0]).any(), f"factors: column {k} is always {column[0]}; leave it out: nothing varies")
    return z, factors


def ranks(factors):
    """Each factor's values counted from 0 without gaps: (int [N, F], the number of values of each)."""
    found = [np.unique(column, return_inverse=True) for column in factors.T]
    return np.stack([inverse.reshape(-1) for _, inverse in found], axis=1), tuple(len(values) for values, _ in found)
