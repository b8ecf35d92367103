"""The tables of a run and of a comparison of runs: every number in its column, in bits or per cent."""

import io
import math

import numpy as np
import pytest
from curves import make
from rich.console import Console

from experiments import comparison, output
from vib import results

NATS = {"units": "nats"}


def lines(table):
    """The rows of a rich Table as lists of words."""
    console = Console(file=io.StringIO(), width=120)
    console.print(table)
    return [line.split() for line in console.file.getvalue().splitlines() if line.strip()]


@pytest.mark.parametrize(
    ("value", "half_width", "digits", "text"),
    [
        (12.345, 0.071, 2, "12.35 ± 0.07"),
        (-0.0014, math.nan, 3, "-0.001"),
        (math.nan, 0.1, 2, "-"),
        (np.float32(0.5), 0.0, 0, "0 ± 0"),
    ],
)
def test_a_number_is_one_text_everywhere(value, half_width, digits, text):
    assert output.number(value, half_width, digits) == text


def test_a_narrow_column_has_no_decimals_from_a_thousand_on():
    assert output.short(999.94, 1200) == "999.94 ± 1200.00" and output.short(8049.2, 23516.3) == "8049 ± 23516"


def test_a_row_of_the_table_is_the_last_measurement_on_the_test_split():
    result = make(averaged=True)
    found = lines(output.table(result))
    assert "moving average of the weights" in " ".join(found[0])
    mean, half, _ = results.summary(result, weights="averaged").in_bits()
    for row, place in zip(found[-4:], range(4), strict=True):
        expected = [f"{result.beta.values[place]:g}"]
        for name, digits, scale in (
            ("rate", 2, 1), ("distortion", 3, 1), ("information_y_bound", 3, 1),
            ("accuracy", 1, 100), ("accuracy_averaged", 1, 100),
        ):  # fmt: skip
            both = (scale * part[name].values[place] for part in (mean, half))
            expected += " ± ".join(f"{value:.{digits}f}" for value in both).split()
        assert row == expected


def test_the_table_says_what_was_aimed_at_what_is_missing_and_who_diverged():
    finite = np.ones((3, 4), bool)
    finite[:, 0] = finite[0, 1] = False
    result = make(finite=finite, drop=("accuracy", "accuracy_averaged"))
    result["target_rate"] = ("beta", np.log(2) * np.arange(4), NATS)
    result["frontier_rate"] = ("frontier", [0.0, 1.0], NATS)
    result["below_frontier"] = (result.rate.dims, np.full(result.rate.shape, np.log(2) / 8), NATS)
    title, *found = lines(output.table(result))
    assert "final weights" in " ".join(title) and found[0] == ["target", "rate", "distortion", "I(Z;Y)", "≥", "below"]
    rows = [row for row in found if row[0] in ("0.001", "0.01", "0.1", "1")]
    assert rows[0] == ["0.001", "0.00", "-", "-", "-", "0.125"]
    assert [row[1] for row in rows] == ["0.00", "1.00", "2.00", "3.00"] and [row[-1] for row in rows] == ["0.125"] * 4
    told = " ".join(word for row in found for word in row)
    assert "4 of 12 members diverged and are left out: seed 0, beta 0.001; seed 0, beta 0.01" in told


def test_the_comparison_has_a_row_a_method_and_beta(tmp_path, capsys):
    found = {"one": make(averaged=True), "another": make(betas=[0.1, 1.0])}
    grid = ("seed", "beta")
    found["another"] = found["another"].assign(
        marginal_kl_lower=(grid, np.full((3, 2), 0.1), NATS),
        marginal_kl_upper=(grid, np.full((3, 2), 0.2), NATS),
        marginal_kl_resolved=(grid, np.array([[1.0, 0.0]] * 3)),
    )
    lost = found["one diverged"] = found["another"].copy(deep=True)
    lost.finite[1], lost.marginal_kl_resolved[1] = False, np.nan
    bound = found["a bound besides"] = make(betas=[0.1])
    bound["information_x_bound"] = bound.rate * 0 + 1500 * np.log(2)
    found["no rate"] = make(betas=[0.1], drop=("accuracy_averaged",))
    found["no rate"]["rate"] = found["no rate"].rate * np.nan
    comparison.write(found, tmp_path)
    header, *rows = [line.split(",") for line in (tmp_path / "comparison.csv").read_text().splitlines()]
    told = {title: [row[1:] for row in rows if row[0] == title] for title in found}
    assert header == ["method", "beta", "rate", "I(X;Z) ≤", "I(Z;Y) ≥", "acc. %", "marginal KL"]
    last = {row[-1] for row in told["one"] + told["no rate"] + told["a bound besides"]}
    assert last == {""}
    assert [row[-1] for row in told["another"]] == ["0.14-0.29", "≥ 0.14"] == [row[-1] for row in told["one diverged"]]
    mean, half, _ = results.summary(found["one"], weights="final").in_bits()
    rate, known = (
        f"{mean[name].values[1]:.{digits}f} ± {half[name].values[1]:.{digits}f}"
        for name, digits in (("rate", 2), ("information_y_bound", 3))
    )
    accuracy = f"{100 * mean.accuracy_averaged.values[1]:.1f}"
    assert told["one"][1] == ["0.01", rate, f"{mean.rate.values[1]:.2f}", known, accuracy, ""]
    assert told["a bound besides"][0][2] == "1500"
    assert told["no rate"][0][1:3] == ["-", "-"] and told["no rate"][0][4] == ""
    assert {path.name for path in tmp_path.iterdir()} == {"comparison.csv", "comparison.png", "curves.png"}
    out = capsys.readouterr().out
    assert "another" in out and "I(Z;Y): no rate\n" in out
