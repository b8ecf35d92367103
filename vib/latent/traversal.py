"""One dimension of a code at a time: what its image does."""

import jax
import numpy as np
from jaxtyping import Float, Int

from vib.errors import require
from vib.latent.directions import as_floats
from vib.typing import ArrayLike, Integer


def traverse(
    z: ArrayLike[" latent"], dimension: Integer, values: ArrayLike[" count"]
) -> Float[np.ndarray | jax.Array, "count latent"]:
    """The code z [latent] with one dimension set to each of `values` [count]: [count, latent].

    Raises InvalidInput for a dimension that is not there, or a z that is not one code.
    """
    xp, (z, values) = as_floats(z, values)
    require(z.ndim == 1, f"z: shape {z.shape}; give one code [latent]")
    latent = len(z)
    there = isinstance(dimension, (int, np.integer)) and 0 <= dimension < latent
    require(there, f"dimension: {dimension} of a code of {latent}; give 0 to {latent - 1}")
    return xp.where(xp.arange(latent) == dimension, values[:, None], z)


def traversals(
    z: ArrayLike[" latent"], dimensions: ArrayLike[" D"], values: ArrayLike[" count"]
) -> Float[np.ndarray | jax.Array, "D count latent"]:
    """traverse for each of `dimensions`: [dimensions, count, latent]. Raises InvalidInput for none."""
    require(len(dimensions) > 0, "dimensions: none given; give one or more")
    xp, rows = as_floats(*(traverse(z, dimension, values) for dimension in dimensions))
    return xp.stack(rows)


def by_rate(rates: ArrayLike[" latent"]) -> Int[np.ndarray, " latent"]:
    """The dimensions by falling share of the rate, from rates [latent]: int [latent]."""
    return np.argsort(-np.asarray(rates), kind="stable")
