"""Checks that the estimators share. Shapes are checked always, values where they are known (not inside jit)."""

import jax
import jax.numpy as jnp
import numpy as np

from vib.errors import require


def known(array):
    """Whether the values of an array can be looked at (by NumPy: inside jit, JAX would trace the look itself)."""
    return not isinstance(array, jax.core.Tracer)


def samples(field, t, least=2):
    """Returns t as floats [N, width], float32 or float64; raises InvalidInput for another shape, NaN or N < least."""
    t = t if hasattr(t, "dtype") else np.asarray(t)
    require(t.ndim == 2 and t.shape[1] > 0, f"{field}: shape {t.shape}; give [N, width], and vmap over other axes")
    require(t.shape[0] >= least, f"{field}: {t.shape[0]} samples; at least {least} are needed")
    real = any(jnp.issubdtype(t.dtype, kind) for kind in (jnp.floating, jnp.integer, jnp.bool_))
    require(real, f"{field}: {t.dtype} values; give real numbers, of a complex one both parts side by side")
    t = jnp.asarray(t)
    finite = not known(t) or np.isfinite(np.asarray(t)).all()
    require(finite, f"{field}: holds NaN or infinity; leave those samples out")
    return t.astype(jnp.promote_types(t.dtype, jnp.float32))


def labels(y, count, classes=None):
    """Returns (y int32 [N], classes); raises InvalidInput for other shapes, types or labels not in 0 .. classes - 1.

    classes: the number of them; None takes the largest known label plus one, and raises inside jit.
    """
    y = y if hasattr(y, "dtype") else np.asarray(y)
    require(y.shape == (count,), f"y: shape {y.shape}; give one label for each of the {count} samples")
    require(jnp.issubdtype(y.dtype, jnp.integer), f"y: {y.dtype} values; give whole numbers from 0 as labels")
    require(classes is not None or known(y), "classes: not given; inside jit or vmap the number of labels is needed")
    values = np.asarray(y) if known(y) else np.zeros(1, int)
    classes = max(values.max() + 1, 1) if classes is None else classes
    whole = isinstance(classes, (int, np.integer)) and 0 < classes < 2**31
    require(whole, f"classes: {classes}; give the number of labels, which count from 0")
    classes = int(classes)
    inside = values.min() >= 0 and values.max() < classes
    require(inside, f"y: labels from {values.min()} to {values.max()}; give 0 .. {classes - 1}")
    return jnp.asarray(y).astype(jnp.int32), classes


def valid(t, y=None, classes=None):
    """Whether every value is finite and every label one of `classes`: bool [], also inside jit."""
    fine = jnp.isfinite(t).all()
    return fine if y is None else fine & ((y >= 0) & (y < classes)).all()
