"""The calibration main on a few estimators, its table and files, and the truths that it compares with."""

import csv

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal, multivariate_t, norm, uniform
from small import assert_error_line, finish, start

from experiments import calibrate_cases, calibrate_output, known
from vib import information

COUNT = 100_000


def gaussian_shape(correlation):
    return [[1, correlation], [correlation, 1]]


def uniform_ratio(x, y):
    """log p(y|x) / p(y) of X ~ U(0, 1), Y = X + U(-0.1, 0.1)."""
    return np.log(uniform.pdf(y, x - 0.1, 0.2)) - np.log((np.minimum(1, y + 0.1) - np.maximum(0, y - 0.1)) / 0.2)


def t_ratio(x, y):
    joint = multivariate_t(shape=gaussian_shape(0.5), df=3).logpdf(np.stack([x, y], -1))
    return joint - multivariate_t(shape=1, df=3).logpdf(x) - multivariate_t(shape=1, df=3).logpdf(y)


def normal_ratio(x, y):
    joint = multivariate_normal(cov=gaussian_shape(0.9)).logpdf(np.stack([x, y], -1))
    return joint - norm.logpdf(x) - norm.logpdf(y)


def mixture_ratio(t, y):
    return norm.logpdf(t, y, 0.4) - np.log(norm.pdf(t[:, None], [0, 1, 2, 3], 0.4).mean(1))


def tanh_ratio(x, t):
    grid = np.linspace(-3, 3, 121)
    density = [quad(lambda s, at=at: norm.pdf(at, np.tanh(2 * s), 0.2) * norm.pdf(s), -6, 6)[0] for at in grid]
    return norm.logpdf(t, np.tanh(2 * x), 0.2) - np.interp(t, grid, np.log(density))


@pytest.mark.parametrize(
    ("case", "ratio"),
    [
        (known.gaussian(1, 0.9), normal_ratio),
        (known.student(1, 0.5, 3), t_ratio),
        (known.uniform_noise(0.1), uniform_ratio),
        (known.mixture([0, 1, 2, 3], 0.4), mixture_ratio),
        (known.tanh_neuron(2, 0.2), tanh_ratio),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_truths_are_the_mean_log_ratio_of_their_samples(case, ratio):
    """Densities from scipy; four standard errors of 100,000 samples."""
    x, y = (np.squeeze(array) for array in case.sample(np.random.default_rng(0), COUNT))
    ratios = ratio(x, y)
    assert abs(ratios.mean() - case.information) < 4 * ratios.std() / np.sqrt(COUNT) < 0.02


def test_truths_of_several_dimensions_add_up():
    assert known.gaussian(3, 0.8).information == pytest.approx(3 * known.gaussian(1, 0.8).information)
    assert known.gaussian_of(4, 16.0).information == 16
    x, y = known.gaussian_of(1, 1.5).sample(np.random.default_rng(0), COUNT)
    correlation = np.corrcoef(x[:, 0], y[:, 0])[0, 1]
    assert -0.5 * np.log1p(-(correlation**2)) == pytest.approx(1.5, abs=0.02)  # four standard errors
    assert known.encoder(3, 0.5).information == pytest.approx(1.5 * np.log(5))
    assert known.grid(2, 3, 0.01).information == pytest.approx(3 * np.log(2))  # far apart: all of the grid
    assert known.bits(2).information == pytest.approx(1.5 * np.log(2))  # 1/4, 1/2, 1/4
    assert known.symmetric_channel(0.5).information == pytest.approx(0)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A short run of the main: (exit code, stdout, stderr), and its folder."""
    folder = tmp_path_factory.mktemp("calibrate")
    command = ["--repeats=2", "--estimators=ross,encoder_bounds,discrete"]
    return finish(start("-m", "experiments.calibrate", f"--workdir={folder}", *command)), folder


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


def test_an_unknown_estimator_is_told_in_one_line(tmp_path):
    done = finish(start("-m", "experiments.calibrate", f"--workdir={tmp_path / 'new'}", "--estimators=kgs"))
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
    assert names == {name for family in calibrate_output.FAMILIES.values() for name in family}
