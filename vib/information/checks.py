"""Checks that the estimators share. Shapes are checked always, values where they are known (not inside jit).

An array of NumPy may hold more than the 32 bits that JAX calculates with. It stays as it is through `samples`, loses
what its rows have in common through `centred`, and becomes an array of JAX through `held`.
"""

import jax
import jax.numpy as jnp
import numpy as np

from vib.errors import require

MERGED = 0.1  # share of the different neighbouring values of a column that may become one in 32 bits
FINE = 0.01  # of the width of a bin or a noise, by which a value may move


def known(array):
    """Whether the values of an array can be looked at (by NumPy: inside jit, JAX would trace the look itself)."""
    return not isinstance(array, jax.core.Tracer)


def samples(field, t, least=2):
    """Returns t [N, width] in its own precision; raises InvalidInput for another shape, type, NaN or N < least."""
    t = t if hasattr(t, "dtype") else np.asarray(t)
    require(t.ndim == 2 and t.shape[1] > 0, f"{field}: shape {t.shape}; give [N, width], and vmap over other axes")
    require(t.shape[0] >= least, f"{field}: {t.shape[0]} samples; at least {least} are needed")
    real = any(jnp.issubdtype(t.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_))
    require(real, f"{field}: {t.dtype} values; give real numbers, of a complex one both parts side by side")
    finite = not known(t) or np.isfinite(np.asarray(t)).all()
    require(finite, f"{field}: holds NaN or infinity; leave those samples out")
    return t


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
    order = np.sort(np.concatenate(arrays), axis=0)
    return [array - order[(len(order) - 1) // 2] for array in arrays]


def held(field, t, resolution=None):
    """Returns t [N, width] as floats of JAX; raises InvalidInput where 32 bits cannot tell its values apart.

    resolution: the differences that do not matter any more; None where only equal values count as equal, and rows
    become one.
    """
    dtype = floating(t)
    if fits(t) or not known(t):
        return jnp.asarray(t, dtype)
    t = np.asarray(t)
    with np.errstate(over="ignore", under="ignore"):
        found = t.astype(dtype)
    require(np.isfinite(found).all(), f"{field}: holds NaN or infinity in 32 bits; rescale it")
    lost = _merged(t, found) if resolution is None else np.abs(found).max() * jnp.finfo(dtype).eps > resolution
    remedy = "subtract its mean, rescale it, or switch on 64 bits with jax.enable_x64(True)"
    require(not lost, f"{field}: {t.dtype} values that 32 bits cannot tell apart; {remedy}")
    return jnp.asarray(found)


def in_one_space(named, *stds):
    """{field: array [N, width]} of one space as floats of JAX, less what all rows have in common: a list.

    stds: of Gaussians there, beside which differences are small or large; without any, only equal rows are equal.
    """
    told = all(map(known, stds))
    finest = FINE * min(float(np.min(std)) for std in stds) if stds and told else None
    pairs = zip(named, centred(*named.values()), strict=True)
    return [held(field, array, finest) for field, array in pairs]


def ranks(t):
    """t [N, width] with each column's values as their place among its different ones; not known: as it is."""
    if not known(t):
        return t
    places = [np.unique(column, return_inverse=True)[1].reshape(-1) for column in np.asarray(t).T]
    return np.stack(places, axis=1).astype(np.float32)


def _merged(t, found):
    """Whether in every column that varies more than MERGED of the different neighbouring values become one."""
    order = np.sort(t, axis=0)
    differ = np.diff(order, axis=0) > 0
    with np.errstate(under="ignore"):
        same = np.diff(np.sort(found, axis=0), axis=0) < np.finfo(found.dtype).tiny  # XLA takes less for 0
    share, some = (differ & same).sum(0), differ.sum(0)
    return bool(some.any() and (share > MERGED * some)[some > 0].all())


def positive(field, std, remedy="give std > 0"):
    """Returns std [N, width] as floats of JAX; raises InvalidInput where one is not above 0, or too close to it."""
    lowest, limits = np.asarray(std).min() if known(std) else 1, jnp.finfo(floating(std))
    require(lowest > 0, f"{field}: {lowest} at its least; {remedy}")
    least = limits.tiny / limits.eps  # of smaller differences XLA makes 0
    require(lowest >= least, f"{field}: {lowest} at its least; rescale mean and std until it is above {least:.0e}")
    return held(field, std, np.inf)


def fits(array):
    """Whether JAX can take the values of an array as they are."""
    return np.can_cast(array.dtype, floating(array))


def floating(array):
    """The type of the floats that JAX makes of an array: of 64 bits only where those are switched on."""
    longer = array.dtype.itemsize > 8  # a NumPy type that JAX does not know
    return jax.dtypes.canonicalize_dtype(jnp.promote_types(jnp.float64 if longer else array.dtype, jnp.float32))


def labels(y, count, classes=None):
    """Returns (y int32 [N], classes); raises InvalidInput for other shapes, types or labels not in 0 .. classes - 1.

    classes: the number of them. None takes as many as there are different labels, which may be any whole numbers,
    booleans or texts, and are counted in their order; inside jit it raises.
    """
    y = y if hasattr(y, "dtype") else np.asarray(y)
    require(y.shape == (count,), f"y: shape {y.shape}; give one label for each of the {count} samples")
    if classes is None:
        require(known(y), "classes: not given; inside jit or vmap the number of labels is needed")
        y = np.asarray(y)
        require(y.dtype.kind in "iubUS", f"y: {y.dtype} values; give whole numbers or texts as labels")
        names, y = np.unique(y, return_inverse=True)
        return jnp.asarray(y.reshape(-1), jnp.int32), len(names)
    require(jnp.issubdtype(y.dtype, jnp.integer), f"y: {y.dtype} values; give whole numbers from 0 as labels")
    whole = isinstance(classes, (int, np.integer)) and 0 < classes < 2**31
    require(whole, f"classes: {classes}; give the number of labels, which count from 0")
    classes = int(classes)
    values = np.asarray(y) if known(y) else np.zeros(1, int)
    inside = values.min() >= 0 and values.max() < classes
    require(inside, f"y: labels from {values.min()} to {values.max()}; give 0 .. {classes - 1}")
    return jnp.asarray(y).astype(jnp.int32), classes


def valid(t, y=None, classes=None):
    """Whether every value is finite and every label one of `classes`: bool [], also inside jit."""
    fine = jnp.isfinite(t).all()
    return fine if y is None else fine & ((y >= 0) & (y < classes)).all()
