"""The calibration main on a few estimators, its table and files."""

import csv

import numpy as np
import pytest
from small import assert_error_line, finish, start

from experiments.calibration import cases as calibrate_cases
from vib import information
from vib.plots.calibration import FAMILIES


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run of the main: (exit code, stdout, stderr), and its folder."""
    folder = tmp_path_factory.mktemp("calibrate")
    command = ["--repeats=2", "--estimators=ross,encoder_bounds,discrete"]
    return finish(start("-m", "experiments.calibration", f"--workdir={folder}", *command)), folder


def test_main_prints_a_table_that_fits_the_terminal(finished):
    (code, out, err), _ = finished
    assert code == 0 and not err, err
    assert all(len(line) <= 80 for line in out.splitlines()[:-1])
    for words in (
        "nats",
        "2 repeats",
        "ross: estimate",
        "encoder_bounds lower: lower",
        "4 classes, noise 0.4",
        "1.008",
    ):
        assert words in out
    assert "…" not in out


def test_main_writes_csv_markdown_and_figure(finished):
    _, folder = finished
    lines = list(csv.DictReader((folder / "calibration.csv").open()))
    assert {line["estimator"] for line in lines} == {"ross", "encoder_bounds lower", "encoder_bounds upper", "discrete"}
    for line in lines:
        truth, mean = float(line["truth_nats"]), float(line["mean_nats"])
        if not line["failure"]:
            assert abs(mean - truth) < 0.3
        assert mean <= float(line["ceiling_nats"]) + 1e-3
    markdown = (folder / "calibration.md").read_text().splitlines()
    assert len(markdown) == 2 + len(lines) and len({line.count("|") for line in markdown}) == 1
    assert (folder / "calibration.png").read_bytes().startswith(b"\x89PNG")


def test_a_failure_is_flagged_and_says_why(finished):
    _, folder = finished
    lines = list(csv.DictReader((folder / "calibration.csv").open()))
    (line,) = [line for line in lines if line["estimator"].endswith("lower") and float(line["truth_nats"]) > 18]
    assert line["flag"] == "unresolved" and line["failure"] == "its ceiling" and line["kind"] == "lower"
    flags = {(line["failure"], line["flag"]) for line in lines if line["estimator"] == "ross"}
    assert flags == {("", "fine"), ("far neighbours", "unresolved")}


def test_an_unknown_estimator_is_told_in_one_line(tmp_path):
    done = finish(start("-m", "experiments.calibration", f"--workdir={tmp_path / 'new'}", "--estimators=kgs"))
    assert_error_line(done, "estimators", "'kgs'", "'ksg'")
    assert not (tmp_path / "new").exists()


def test_interval_is_the_half_width_of_student():
    case = next(case for case in calibrate_cases.cases() if case.estimator == "ross")
    line = calibrate_cases.measured(case, 4)
    found = [
        float(case.measure(None, *case.known.sample(np.random.default_rng(i), case.count)).value) for i in range(4)
    ]
    assert line.mean == pytest.approx(np.mean(found))
    assert line.half_width == pytest.approx(3.182446 * np.std(found, ddof=1) / 2, rel=1e-5)  # t of 3 degrees, 97.5 %


def test_every_estimator_has_a_case_and_a_place_in_the_figure():
    names = {case.function for case in calibrate_cases.cases()}
    assert names == {name for name in information.__all__ if name.islower()} - {"flag"}
    assert len({case.estimator for case in calibrate_cases.cases() if case.saturating}) == len(information.SATURATING)
    assert names == {name for family in FAMILIES.values() for name in family}
