"""Cells of a table: what is read in them, and what they sort by."""

import numpy as np
import pytest
from conftest import assert_one_line

from experiments.cells import Cell, shown
from vib.errors import InvalidInput

NONE = "\N{EN DASH}"


def texts(cells):
    """With ordinary spaces and hyphens, to be read here."""
    found = [each.text for each in shown(cells)]
    return [text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{MINUS SIGN}", "-") for text in found]


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([0.01, 0.6, 1.0, 1.5, 15.0], ["0.01", "0.6", "1", "1.5", "15"]),  # settings: as they are
        (list(np.float32([0.01, 1e-4, 2500])), ["0.01", "0.0001", "2500"]),
        ([1, 60000, np.int64(-12)], ["1", "60000", "-12"]),
        ([0.98123, 0.5, 0.0], ["0.981", "0.500", "0.000"]),  # three digits below 1
        ([45.3217, 1.23456, -0.1], ["45.32", "1.23", "-0.10"]),  # four from 1 on
        ([45.3217, 0.0012345], ["45.3", "0.00123"]),  # a small number does not vanish
        ([999.7, 0.0012345], ["1000", "0.00123"]),
        ([12345.678, 3.3], ["12346", "3"]),
        ([3.2512e-7, 2.0, 1234567.8], ["3.25·10⁻⁷", "2", "1.23·10⁶"]),
        ([np.inf, -np.inf, 0.5], ["∞", "-∞", "0.5"]),
        ([None, np.nan, "", "a - b", 0.25], [NONE, NONE, NONE, "a - b", "0.25"]),
        ([True, np.False_], ["yes", "no"]),
        ([], []),
        ([None], [NONE]),
        ([0.0, 0, -0.0], ["0", "0", "0"]),
    ],
)
def test_numbers(cells, expected):
    assert texts(cells) == expected


@pytest.mark.parametrize(
    ("cells", "expected"),
    [
        ([Cell(0.9123, 0.0131), Cell(0.5, 0.004)], ["0.912 ± 0.013", "0.500 ± 0.004"]),
        ([Cell(97.81, 1.84), Cell(0.00251, 0.000090)], ["97.8 ± 1.8", "0.002510 ± 0.000090"]),  # each by its interval
        ([Cell(0.5, 3e-7), Cell(3e-9, 1.2e-10)], ["0.5 ± 3·10⁻⁷", "3·10⁻⁹ ± 1.2·10⁻¹⁰"]),
        ([Cell(12345.6, 123.4)], ["12346 ± 123"]),
        ([Cell(0.91, 0.0), Cell(0.5, 0.01)], ["0.910 ± 0.000", "0.500 ± 0.010"]),
        ([Cell(0.91, None), Cell(0.5, np.nan), Cell(None, 0.1)], ["0.91", "0.5", NONE]),
        ([Cell(0.91234, None), Cell(0.5, 0.01)], ["0.912", "0.500 ± 0.010"]),
        ([Cell(1.0, np.inf)], ["1 ± ∞"]),
    ],
)
def test_intervals(cells, expected):
    assert texts(cells) == expected


def test_signs_and_intervals_do_not_break():
    assert shown([-1.5])[0].text == "\N{MINUS SIGN}1.5"
    assert shown([Cell(-0.5, 0.02)])[0].text == "\N{MINUS SIGN}0.500 ±\N{NO-BREAK SPACE}0.020"


def test_keys_are_the_numbers_unrounded():
    cells = ["a", None, "", np.nan, 2, 0.123456789, Cell(-3e-9, 0.1), np.float32(0.5), np.inf, -np.inf, True]
    keys = [None, "", "", "", "2.0", "0.123456789", "-3e-09", "0.5", "Infinity", "-Infinity", None]
    assert [each.key for each in shown(cells)] == keys


@pytest.mark.parametrize("cell", [[1.0], np.zeros(3), 1j, Cell("a", 0.1), Cell(0.1, "a"), b"a"])
def test_what_is_no_cell(cell):
    with pytest.raises(InvalidInput) as error:
        shown([1.0, cell], "table 'scores'")
    assert_one_line(error, "table 'scores'", "give a str, a number, a Cell or None")
