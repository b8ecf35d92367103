"""Checks that the estimators share. Shapes are checked always, values where they are known (not inside jit).

An array of NumPy may hold more than the 32 bits that JAX calculates with. It stays as it is through `samples`, loses
what its rows have in common through `centred`, and becomes an array of JAX through `held`.
"""

import math
import numbers
import reprlib

import jax
import jax.numpy as jnp
import numpy as np

from vib.errors import require

WHOLE = 2**24  # up to which float32 holds every whole number
MERGED = 0.01  # share of the values of a column that may become one with two others in 32 bits, or move too far
FINE = 0.01  # of what is compared with them (a bin, a noise, another column), by which values may move


def known(array):
    """Whether the values of an array can be looked at (by NumPy: inside jit, JAX would trace the look itself)."""
    return not isinstance(array, jax.core.Tracer)


def above_zero(field, value, about):
    """Raises InvalidInput unless a value is one finite number > 0, where it is known."""
    if known(value):
        one = value.item() if getattr(value, "shape", None) == () else value
        fits = isinstance(one, numbers.Real) and not isinstance(one, bool) and 0 < one < math.inf
        require(fits, f"{field}: {_shown(value)}; give a number > 0, {about}")


def whole(field, value, least, most=math.inf):
    """Returns a value as an int. Raises InvalidInput unless it is a whole number from least to most."""
    fits = isinstance(value, numbers.Integral) and not isinstance(value, bool) and least <= value <= most
    limits = f"at least {least}" if most == math.inf else f"from {least} to {most}"
    require(fits, f"{field}: {_shown(value)}; give a whole number, {limits}")
    return int(value)


def _shown(value):
    return reprlib.repr(value.tolist() if hasattr(value, "tolist") else value)


def as_given(array):
    """An array of JAX or NumPy as it is, in its own precision; anything else as NumPy makes it one."""
    return array if hasattr(array, "dtype") else np.asarray(array)


def samples(field, t, least=2):
    """Returns t [N, width] in its own precision; raises InvalidInput for another shape, type, NaN or N < least."""
    t = as_given(t)
    require(t.ndim == 2 and t.shape[1] > 0, f"{field}: shape {t.shape}; give [N, width], and vmap over other axes")
    require(t.shape[0] >= least, f"{field}: {t.shape[0]} samples; at least {least} are needed")
    real(field, t)
    finite = not known(t) or np.isfinite(np.asarray(t)).all()
    require(finite, f"{field}: holds NaN or infinity; leave those samples out")
    return t


def real(field, array):
    """Raises InvalidInput for an array of other values than real numbers."""
    fine = any(jnp.issubdtype(array.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_))
    require(fine, f"{field}: {array.dtype} values; give real numbers, of a complex one both parts side by side")


def centred(*arrays):
    """Arrays [N, width] of one space, each column less its median over all of them, in their own precision: a list.

    For what depends on differences alone. The median is one of the values, so that equal differences stay equal. What
    32 bits hold as it is, and what is not known, comes back as it is.
    """
    if all(map(fits, arrays)) or not all(map(known, arrays)):
        return list(arrays)
    arrays = [np.asarray(array) for array in arrays]
    if all(array.dtype.kind in "iub" for array in arrays):
        wide = max(int(array.max()) for array in arrays) - min(int(array.min()) for array in arrays) >= 2**63
        # differences modulo 2^64 are right where the range is below 2^63
        arrays = [array.astype(float if wide else np.int64) for array in arrays]
    columns = np.concatenate([array.T for array in arrays], axis=1)
    place = (columns.shape[1] - 1) // 2
    middle = np.partition(columns, place)[:, place]
    return [array - middle for array in arrays]


def held(field, t, resolution=None):
    """Returns t [N, width] as floats of JAX; raises InvalidInput where 32 bits cannot tell its values apart.

    resolution: the differences that do not matter any more, a number or one for each value; None where all do.
    """
    dtype = floating(t)
    if fits(t) or not known(t):
        return jnp.asarray(t, dtype)
    t = np.asarray(t)
    with np.errstate(over="ignore", under="ignore"):
        found = t.astype(dtype)
    require(np.isfinite(found).all(), f"{field}: holds NaN or infinity in 32 bits; rescale it")
    blurred = _merged(t, found) if resolution is None else _moved(t, found, resolution)
    remedy = "rescale it, or switch on 64 bits with jax.enable_x64(True)"
    told = f"{field}: column {blurred.argmax()}, {t.dtype}, has values that 32 bits cannot tell apart"
    require(not blurred.any(), f"{told}; {remedy}")
    return jnp.asarray(found)


def positive(field, std, remedy):
    """Returns std [N, width] as floats of JAX; raises InvalidInput where one is not above 0, or too close to it."""
    lowest, limits = np.asarray(std).min() if known(std) else 1, jnp.finfo(floating(std))
    require(lowest > 0, f"{field}: {lowest} at its least; {remedy}")
    least = limits.tiny / limits.eps  # of smaller differences XLA makes 0
    require(lowest >= least, f"{field}: {lowest} at its least; rescale mean and std until it is above {least:.0e}")
    return held(field, std, np.inf)


def in_one_space(named, std=None):
    """{field: array [N, width]} of one space as floats of JAX, less what all rows have in common: a list.

    std: of Gaussians around the rows of the first array, beside which differences are small or large (a point that lies
    near one of them is held as well as its mean is); without it all differences count.
    """
    centre = centred(*named.values())
    finest = [None] * len(centre)
    if std is not None:
        finest = [FINE * np.asarray(std) if known(std) else None, *[np.inf] * (len(centre) - 1)]
    return [held(*each) for each in zip(named, centre, finest, strict=True)]


def fits(array):
    """Whether JAX can take the values of an array as they are: by their type, and whole numbers by their size."""
    if np.can_cast(array.dtype, floating(array)):
        return True
    counts = array.dtype.kind in "iu" and known(array) and array.size > 0
    return counts and max(-int(np.asarray(array).min()), int(np.asarray(array).max())) <= WHOLE


def floating(array):
    """The type of the floats that JAX makes of an array: of 64 bits only where those are switched on."""
    # whole numbers as NumPy promotes them; a longer float is none of JAX
    wide = array.dtype.itemsize > 8 or (array.dtype.kind in "iu" and array.dtype.itemsize >= 4)
    return jax.dtypes.canonicalize_dtype(jnp.promote_types(jnp.float64 if wide else array.dtype, jnp.float32))


def _merged(t, found):
    """Which columns are lost: three or more different values became one, in more than MERGED of its values, and no
    column that is not lost varies so much more than they moved that they do not matter beside it. bool [width]."""
    order, rounded = (np.sort(np.ascontiguousarray(part.T), axis=1) for part in (t, found))
    with np.errstate(under="ignore"):
        same = np.diff(rounded, axis=1) < np.finfo(found.dtype).tiny  # XLA takes less for 0
    differ = np.diff(order, axis=1) > 0
    one = differ & same
    run = one[:, 1:] & one[:, :-1]
    lost = run.sum(1) > MERGED * differ.sum(1)
    lost |= differ.any(1) & same.all(1)
    if not lost.any():
        return lost
    blur = np.finfo(found.dtype).eps * np.abs(order).max(1)
    deviation = np.where(lost, 0, np.abs(t - t.mean(0)).mean(0)).max()
    return lost & (blur > FINE * deviation)


def _moved(t, found, resolution):
    """Which columns are constant in 32 bits though they vary, or have more than MERGED of values moved too far."""
    limits = np.finfo(found.dtype)
    with np.errstate(under="ignore"):
        constant = (np.ptp(t, axis=0) > 0) & (np.ptp(found, axis=0) < limits.tiny)
    return constant | ((np.abs(found) * limits.eps > resolution).mean(0) > MERGED)


def labels(y, count, classes=None):
    """Returns (y int32 [N], classes): the labels y [N] of `count` samples, counted from 0.

    classes: None takes any whole numbers, booleans or texts as labels, by their place among the different ones, and
    raises inside jit. A number takes whole numbers or booleans from 0 to classes - 1 as they are. Raises InvalidInput
    for another shape or type, and for labels outside that range where they are known.
    """
    y = as_given(y)
    require(y.shape == (count,), f"y: shape {y.shape}; give one label for each of the {count} samples")
    if classes is None:
        require(known(y), "classes: not given; inside jit or vmap the number of labels is needed")
        y = np.asarray(y)
        require(y.dtype.kind != "O", "y: Python objects; give y.astype(str) as labels")
        require(y.dtype.kind in "iubUS", f"y: {y.dtype} values; give whole numbers or texts as labels: y.astype(int)")
        names, y = np.unique(y, return_inverse=True)
        return jnp.asarray(y.reshape(-1), jnp.int32), len(names)
    fits = jnp.issubdtype(y.dtype, jnp.integer) or y.dtype == bool
    require(fits, f"y: {y.dtype} values; give whole numbers from 0 as labels, or leave out classes")
    classes = whole("classes, the number of labels", classes, 1, 2**31 - 1)
    values = np.asarray(y) if known(y) else np.zeros(1, int)
    inside = values.min() >= 0 and values.max() < classes
    require(inside, f"y: labels from {values.min()} to {values.max()}; give 0 .. {classes - 1}")
    return jnp.asarray(y).astype(jnp.int32), classes


def valid(t, y=None, classes=None):
    """Whether every value is finite and every label one of `classes`: bool [], also inside jit."""
    fine = jnp.isfinite(t).all()
    return fine if y is None else fine & ((y >= 0) & (y < classes)).all()
