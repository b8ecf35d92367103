"""One dimension of a code at a time: what its image does."""

import jax.numpy as jnp
import numpy as np

from vib.errors import require


def traverse(z, dimension, values):
    """The code z [latent] with one dimension set to each of `values` [count]: [count, latent].

    Raises InvalidInput for a dimension that is not there, or a z that is not one code.
    """
    z = jnp.asarray(z, float)
    require(z.ndim == 1, f"z: shape {z.shape}; give one code [latent]")
    latent = len(z)
    there = isinstance(dimension, (int, np.integer)) and 0 <= dimension < latent
    require(there, f"dimension: {dimension} of a code of {latent}; give 0 to {latent - 1}")
    return jnp.tile(z, (len(values), 1)).at[:, dimension].set(jnp.asarray(values))


def traversals(z, dimensions, values):
    """traverse for each of `dimensions`: [dimensions, count, latent]. Raises InvalidInput for none."""
    require(len(dimensions) > 0, "dimensions: none given; give one or more")
    return jnp.stack([traverse(z, dimension, values) for dimension in dimensions])


def by_rate(rates):
    """The dimensions by falling share of the rate, from rates [latent]: int [latent]."""
    return np.argsort(-np.asarray(rates), kind="stable")
