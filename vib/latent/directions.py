"""Directions in a latent space: attribute vectors, arithmetic with them, and edits along them."""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Shaped

from vib.errors import require
from vib.information.checks import centred, floating, samples
from vib.latent.neighbours import nearest
from vib.typing import ArrayLike, Integer


def attribute_vector(z: ArrayLike["N latent"], has: ArrayLike[" N"]) -> Shaped[np.ndarray, " latent"]:
    """The mean code of the examples that have an attribute less the mean of those without: [latent].

    z [N, latent]; has bool [N]. Larsen et al. 2016, section 4.2. Raises InvalidInput where either group is empty, for
    other shapes, or NaN.
    """
    z = samples("z", z, 1)
    has = np.asarray(has, bool)
    require(has.shape == (len(z),), f"attribute: {has.shape} flags for {len(z)} codes; give one for each")
    require(has.any(), "attribute: no example has it; choose one that some examples have")
    require(not has.all(), "attribute: every example has it; choose one that some examples lack")
    dtype, z = np.result_type(z.dtype, np.float32), np.asarray(centred(z)[0])
    return (z[has].mean(0, dtype=float) - z[~has].mean(0, dtype=float)).astype(dtype)


def edit(
    z: ArrayLike["*batch latent"], direction: ArrayLike[" latent"], strengths: ArrayLike[" count"]
) -> Float[np.ndarray | jax.Array, "*batch count latent"]:
    """Codes z [..., latent] moved along a direction [latent] by each of `strengths` [count]: [..., count, latent].

    Raises InvalidInput for a direction of another width.
    """
    z_shape, shape = np.shape(z), np.shape(direction)
    require(shape == z_shape[-1:], f"direction: shape {shape} for codes {z_shape}; give one number a dimension")
    _, (z, strengths, direction) = as_floats(z, strengths, direction)
    return z[..., None, :] + strengths[:, None] * direction


def analogy(a: ArrayLike["..."], b: ArrayLike["..."], c: ArrayLike["..."]) -> Float[np.ndarray | jax.Array, "..."]:
    """The code of 'a is to b as ? is to c': a - b + c, all [..., latent]."""
    _, (a, b, c) = as_floats(a, b, c)
    return a - b + c


def as_floats(*arrays):
    """(jnp, arrays of JAX) where one of them is JAX's, else (np, arrays of NumPy): floats of 32 bits or more.

    Codes of NumPy stay there, where float64 ones far from 0 keep their differences. A list counts as NumPy's.
    """
    arrays = [array if hasattr(array, "dtype") else np.asarray(array) for array in arrays]
    if any(isinstance(array, jax.Array) for array in arrays):
        return jnp, [jnp.asarray(array, floating(array)) for array in arrays]
    dtype = np.result_type(*arrays, np.float32)
    return np, [np.asarray(array, dtype) for array in arrays]


def group_means(
    z: ArrayLike["N latent"], groups: ArrayLike[" N"], count: Integer
) -> Shaped[np.ndarray, "{count} latent"]:
    """Mean codes [count, latent] of the examples of each group 0 .. count - 1, z [N, latent], int groups [N].

    Raises InvalidInput for a group without examples, for groups that are not there, and for no codes or NaN.
    """
    samples("z", z, 1)
    groups = np.asarray(groups)
    require(groups.shape == (len(z),), f"groups: shape {groups.shape} for {len(z)} codes; give one for each")
    inside = groups.min() >= 0 and groups.max() < count
    require(inside, f"groups: {groups.min()} to {groups.max()}; give 0 to {count - 1}")
    size = np.bincount(groups, minlength=count)
    empty = np.flatnonzero(size == 0)
    require(not len(empty), f"groups: none of the {len(z)} examples is of group {empty[:1]}; leave it out")
    z = np.asarray(z)
    sums = np.stack([np.bincount(groups, column, count) for column in z.T.astype(float)], axis=1)
    return (sums / size[:, None]).astype(np.result_type(z, np.float32))


def swapped(
    z: ArrayLike["N latent"], groups: ArrayLike[" N"], targets: ArrayLike[" M"], means: ArrayLike["groups latent"]
) -> Float[np.ndarray | jax.Array, "M latent"]:
    """Codes z [N, latent] of int groups [N] moved to the groups targets [N]: z - means[groups] + means[targets].

    One code, N = 1, goes to as many targets as there are.
    """
    return analogy(np.asarray(means)[np.asarray(targets)], np.asarray(means)[np.asarray(groups)], z)


def swap_accuracy(
    images: ArrayLike[" N *shape"],
    targets: ArrayLike[" N"],
    references: ArrayLike[" M *shape"],
    reference_groups: ArrayLike[" M"],
) -> tuple[float, float]:
    """How often the image nearest to a swapped one's decoding is of the group swapped to: (share, standard error).

    images [N, *shape], the decodings of swapped codes; references [M, *shape], real ones; nearest by Euclidean distance
    over all pixels. Raises InvalidInput for targets [N] or reference_groups [M] of another length, and as `nearest`.
    """
    given = (("targets", targets, images), ("reference_groups", reference_groups, references))
    for field, groups, rows in given:
        fits = np.shape(groups) == (len(rows),)
        require(fits, f"{field}: shape {np.shape(groups)} for {len(rows)} images; give one group for each")
    flat, real = (np.asarray(x).reshape(len(x), -1) for x in (images, references))
    found = nearest(flat, real, 1).index[:, 0]
    right = np.asarray(reference_groups)[found] == np.asarray(targets)
    return float(right.mean()), float(right.std() / np.sqrt(len(right)))
