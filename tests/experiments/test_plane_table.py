"""The table of the information plane on the terminal: it fits, and carries the phases."""

import io

import pytest
from layered import HARD, LAYERS, hard, make, only_y
from rich.console import Console

from experiments import output
from vib import results


def test_the_table_fits_a_terminal_and_carries_the_phases():
    names = {"binned_quantile": ("exact", "exact"), "critic_infonce": ("lower", "lower")}
    result = make(LAYERS, names, seeds=6, betas=[0.001, 0.01, 0.1, 1.0], change=lambda found: found["x"].__imul__(20))
    result["fitting_step_mean"] = result.fitting_step_mean * 0 + 123456
    result["compression_low"] = result.compression_low * 0
    console = Console(file=io.StringIO(), width=100)
    console.print(output.plane_table(result))
    text = console.file.getvalue()
    assert "…" not in text and max(map(len, text.splitlines())) <= 100
    assert [line.strip() for line in text.splitlines() if "beta " in line] == ["beta 0.001", "beta 0.1", "beta 1"]
    at = {"beta": 0.001, "estimator": "critic_infonce", "layer": "output"}
    found, last = results.in_bits(result).sel(at), results.summary(result).in_bits().mean
    half = (found.compression_high - found.compression_mean).item()
    row = next(line for line in text.split("critic_infonce")[1].splitlines() if "output" in line).split()
    shown = (last.information_x.sel(at), found.peak_mean, found.compression_mean)
    expected = ["output", *(f"{each.item():.2f}" for each in shown), "±", f"{half:.2f}", "123456"]
    assert row[:7] == expected and row[7] == found.verdict.item()
    assert float(row[-1]) == pytest.approx(found.data_processing_violations_y_mean.item(), abs=0.05)
    assert "3 of 4 betas" in text


def test_the_table_says_how_many_seeds_and_what_was_not_measured():
    console = Console(file=io.StringIO(), width=100)
    console.print(output.plane_table(make(LAYERS, HARD, seeds=6, change=hard)))
    assert console.file.getvalue().count("(5 seeds)") == 2
    assert max(map(len, console.file.getvalue().splitlines())) <= 80
    console.print(output.plane_table(make(change=only_y)))
    assert " - " in console.file.getvalue()
