"""Cells of a table as texts: one number of decimals a column, intervals, what is missing; and the keys they sort by."""

import json
import math
from numbers import Integral, Real
from typing import NamedTuple

import numpy as np

from vib.errors import require

MISSING = "\N{EN DASH}"
LONG = 1e6  # from here on in powers of ten
RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


class Cell(NamedTuple):
    """A number with the half-width of its interval; None or NaN where there is none."""

    value: float
    half_width: float


class Shown(NamedTuple):
    """A cell's text, and its sort key: a number as JavaScript reads it, '' where missing, None for a text."""

    text: str
    key: str | None


def shown(cells, where="a table"):
    """The cells of one column as Shown; `where` names the table when a cell has no such type."""
    cells = [_cell(each, where) for each in cells]
    count = _decimals([each for each in cells if isinstance(each, Cell) and math.isfinite(each.value)])
    return [_shown(each, count) for each in cells]


def _cell(each, where):
    """A text as it is, '' as missing, everything else as a Cell."""
    if isinstance(each, bool | np.bool_):
        return "yes" if each else "no"
    if isinstance(each, str):
        return each or Cell(math.nan, math.nan)
    value, half = each if isinstance(each, Cell) else (each, None)
    for number in (value, half):
        known = number is None or isinstance(number, Real)
        require(known, f"{where}: a cell of type {type(number).__name__}; give a str, a number, a Cell or None")
    return Cell(*(math.nan if number is None else number for number in (value, half)))


def _shown(each, count):
    if isinstance(each, str):
        return Shown(each, None)
    if math.isnan(each.value):
        return Shown(MISSING, "")
    text = _number(each.value, count) if math.isnan(each.half_width) else _interval(each, count)
    return Shown(text, json.dumps(float(each.value)))  # json writes Infinity as JavaScript reads it


def _decimals(cells):
    """How many decimals serve a whole column: None if a small number would vanish, or all are short, as settings are.

    The widest interval gets two digits; without intervals the largest number gets four, below 1 three.
    """
    sizes = [abs(float(each.value)) for each in cells if each.value]
    halves = [abs(float(each.half_width)) for each in cells if each.half_width and math.isfinite(each.half_width)]
    if not sizes or max(sizes) >= LONG or (not halves and all(_short(each.value) for each in cells)):
        return None
    count = _places(max(halves), 2) if halves else _places(max(sizes), 4 if max(sizes) >= 1 else 3)
    return None if count > 5 or min(sizes + halves) < 10**-count else count


def _short(value):
    return isinstance(value, Integral) or value == float(f"{value:.3g}")


def _places(size, digits):
    """Decimals that show a number of this size with so many digits."""
    return max(0, digits - 1 - math.floor(math.log10(size)))


def _interval(each, count):
    """'value ± half-width', the half-width by two digits where the column has no decimals in common."""
    half = abs(each.half_width)
    if count is None and half:
        if not 1e-5 <= half < LONG:
            return f"{_general(each.value, 4)} ±\N{NO-BREAK SPACE}{_general(half, 2)}"
        count = _places(half, 2)
    return f"{_number(each.value, count)} ±\N{NO-BREAK SPACE}{_number(half, count)}"


def _number(value, count):
    if isinstance(value, Integral):
        return _minus(str(value))
    if count is None or not math.isfinite(value):
        return _general(value, 3)
    return _minus(f"{value:z.{count}f}")


def _general(value, digits):
    """So many digits; a very large or small number in powers of ten."""
    if math.isinf(value):
        return _minus("-∞" if value < 0 else "∞")
    if 10**digits - 0.5 <= abs(value) < LONG:
        return _minus(f"{value:z.0f}")
    mantissa, _, power = f"{value:z.{digits}g}".partition("e")
    return _minus(mantissa) + (f"·10{str(int(power)).translate(RAISED)}" if power else "")


def _minus(text):
    """With the sign that is as wide as a digit."""
    return text.replace("-", "\N{MINUS SIGN}")
