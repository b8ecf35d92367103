"""Paths and grids between codes, and how smooth their images are.

Codes of JAX give paths of JAX, also inside jit; those of NumPy stay NumPy's, in their own precision.
"""

import numbers
from collections.abc import Callable

import jax
import numpy as np
from jaxtyping import Float

from vib.errors import require
from vib.latent.directions import as_floats
from vib.typing import ArrayLike, Integer


def linear(
    start: ArrayLike["*batch latent"], end: ArrayLike["*batch latent"], count: Integer
) -> Float[np.ndarray | jax.Array, "*batch {count} latent"]:
    """`count` codes on the straight line from start to end [..., latent], both included: [..., count, latent]."""
    _, start, end, share = _checked(start, end, count)
    return start + share * (end - start)


def spherical(
    start: ArrayLike["*batch latent"], end: ArrayLike["*batch latent"], count: Integer
) -> Float[np.ndarray | jax.Array, "*batch {count} latent"]:
    """`count` codes on the arc from start to end [..., latent]: [..., count, latent].

    The angle at the origin grows evenly (Shoemake 1985) and the length goes linearly from that of start to that of
    end, so that codes of N(0, I) stay as far out as its draws are. Where both lie on one line with the origin, the path
    is straight.
    """
    xp, start, end, share = _checked(start, end, count)
    largest = xp.maximum(abs(start), abs(end)).max(-1, keepdims=True)
    unit = xp.where(largest > 0, largest, 1)  # the squares of very large or small codes are beyond their type
    start, end = start / unit, end / unit
    lengths = [xp.linalg.norm(each, axis=-1, keepdims=True) for each in (start, end)]
    a, b = (xp.where(n > 0, each / xp.where(n > 0, n, 1), 0) for each, n in zip((start, end), lengths, strict=True))
    # by half the chord: an arc cosine would lose half of its digits for small angles
    angle = 2 * xp.arctan2(xp.linalg.norm(a - b, axis=-1), xp.linalg.norm(a + b, axis=-1))[..., None]
    # where not, the directions are the same or opposite, or there is none
    curved = (xp.sin(angle) > 1e-4) & (lengths[0] > 0) & (lengths[1] > 0)
    sine = xp.where(curved, xp.sin(angle), 1)
    direction = (xp.sin((1 - share) * angle) * a + xp.sin(share * angle) * b) / sine
    length = (1 - share) * lengths[0] + share * lengths[1]
    return unit * xp.where(curved, length * direction, start + share * (end - start))


def grid(
    corners: ArrayLike["4 latent"], count: Integer, path: Callable = linear
) -> Float[np.ndarray | jax.Array, "{count} {count} latent"]:
    """A grid of codes between four, [latent] each, in the order of reading: [count, count, latent], row by row."""
    _, (corners,) = as_floats(corners)
    require(len(corners) == 4, f"corners: {len(corners)} codes; give the four of upper left, upper right, lower ones")
    left, right = path(corners[0], corners[2], count), path(corners[1], corners[3], count)
    return path(left, right, count)


def smoothness(images: ArrayLike[" count *shape"]) -> float:
    """The length of a path of images [count, *shape] in pixel space against the straight line: >= 1.

    1 is a cross-fade; one that goes through other images is longer, and infinitely so where it comes back to its
    start. NaN where nothing moves. Distances are Euclidean over all pixels.
    """
    images = np.asarray(images, np.float64)
    require(
        images.ndim >= 2 and images.shape[0] >= 2, f"images: shape {images.shape} is no path; give 2 images or more"
    )
    steps = np.sqrt(((images[1:] - images[:-1]) ** 2).reshape(len(images) - 1, -1).sum(1))
    straight = np.sqrt(((images[-1] - images[0]) ** 2).sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(steps.sum() / straight)


def _checked(start, end, count):
    xp, (start, end) = as_floats(start, end)
    require(start.shape == end.shape, f"end: shape {end.shape} for a start of {start.shape}; give codes of one width")
    whole = isinstance(count, numbers.Integral) and count >= 2
    require(whole, f"count: {count!r} is no whole number, or below 2, the start and the end")
    return xp, start[..., None, :], end[..., None, :], xp.linspace(0, 1, count, dtype=start.dtype)[:, None]
