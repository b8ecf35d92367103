"""Checks that sources and corruption share; each raises InvalidInput with the name of the field or parameter."""

import numbers
import os
from pathlib import Path

import numpy as np

from vib.errors import InvalidInput, require

FAR = 1e3  # times the range of the pixels from 0 to its far end: float32 then moves a pixel by 6e-5 of the range
LEAST, MOST = 1e-30, 1e30  # of a range in float32


def whole(field, value, low):
    """Returns value as int if it is a whole number >= low."""
    ok = isinstance(value, numbers.Integral) and not isinstance(value, bool) and value >= low
    require(ok, f"{field}: {value!r} is not a whole number >= {low}")
    return int(value)


def fraction(field, value):
    """Returns value as float if it lies in [0, 1]."""
    ok = isinstance(value, numbers.Real) and not isinstance(value, bool) and 0 <= value <= 1
    require(ok, f"{field}: {value!r} is not a fraction between 0 and 1")
    return float(value)


def flag(field, value):
    """Returns value if it is True or False."""
    require(isinstance(value, (bool, np.bool_)), f"{field}: {value!r} is neither True nor False")
    return bool(value)


def path(field, value):
    """Returns value as a Path if it is a text or a path."""
    require(isinstance(value, str | os.PathLike), f"{field}: {value!r} is no path; give one as a text")
    return Path(value)


def pixel_range(low, high):
    """Returns (low, high) as floats if both are finite, low < high, and float32 holds grey levels between them."""
    ok = all(isinstance(v, numbers.Real) and np.isfinite(v) for v in (low, high))
    require(ok and low < high, f"low: {low!r} with high {high!r} is no range; give finite low < high")
    held = max(-low, high) <= FAR * (high - low) and LEAST < high - low < MOST
    require(held, f"low: float32 blurs pixels from {low!r} to high {high!r}; give a range such as -1, 1")
    return float(low), float(high)


def table(field, value, ndim=2):
    """Returns value as a finite float64 array with ndim axes, none of them empty."""
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidInput(f"{field}: not a rectangular table of numbers") from None
    require(
        array.ndim == ndim and array.size > 0,
        f"{field}: shape {array.shape}; give a table with {ndim} axes",
    )
    require(np.isfinite(array).all(), f"{field}: holds NaN or infinity")
    return array


def scale(grey, levels, low, high):
    """Maps grey values 0 .. levels - 1 to float32 in [low, high], both ends exact."""
    return np.linspace(low, high, levels, dtype=np.float32)[grey]
