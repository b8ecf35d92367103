"""The figures against step carry the result's numbers, and the phases of the traces."""

import numpy as np
import pytest
from layered import ESTIMATORS, STEPS, drawn, make, panels, summary
from matplotlib.collections import FillBetweenPolyCollection

from vib import plots


@pytest.fixture(scope="module")
def result():
    return make()


def test_steps_carry_means_and_intervals(result):
    found, axes = summary(result), panels(plots.information_steps(result))
    for column, estimator in enumerate(ESTIMATORS):
        for row, name in enumerate(("information_x", "information_y")):
            at = {"beta": 0.0, "estimator": estimator}
            lines_and_bands(axes[2 * row + column], found.mean[name].sel(at), found.half_width[name].sel(at))


def lines_and_bands(axes, mean, half_width):
    bands = [each for each in axes.collections if isinstance(each, FillBetweenPolyCollection)]
    for layer, band in zip(mean.layer.values, bands, strict=True):
        (line,) = drawn(axes, layer)
        values, half = (each.sel(layer=layer).values for each in (mean, half_width))
        np.testing.assert_array_equal(line.get_xdata(), STEPS)
        np.testing.assert_allclose(line.get_ydata(), values)
        edges = {tuple(corner) for corner in band.get_paths()[0].vertices.round(9)}
        assert edges >= set(zip(STEPS, (values + half).round(9), strict=True))
        assert edges >= set(zip(STEPS, (values - half).round(9), strict=True))


def test_phases_are_shaded_for_the_deepest_that_compresses_and_barred_for_all(result):
    steps = np.arange(6.0).reshape(1, 3, 2)
    fitted, peak = (("beta", "layer", "estimator"), 10 * steps + 5), (("beta", "layer", "estimator"), 100 * steps + 7)
    verdicts = [["compresses", "does not"], ["compresses", "cannot tell"], ["does not", "compresses"]]
    result = result.assign(fitting_step_mean=fitted, peak_step_mean=peak, verdict=(fitted[0], [verdicts]))
    every = panels(plots.information_steps(result))
    for column, deepest in enumerate((1, 2)):
        for axes in every[column:4:2]:
            spans = [(patch.get_x(), patch.get_x() + patch.get_width()) for patch in axes.patches]
            expected = [(0, fitted[1][0, deepest, column]), (peak[1][0, deepest, column], STEPS[-1])]
            np.testing.assert_allclose(spans, expected)
        bars = every[4 + column].patches
        fitting = [bar.get_width() for bar in bars if np.isclose(bar.get_height(), 0.8)]
        np.testing.assert_allclose(fitting, fitted[1][0, :, column])
        falling = [bar for bar in bars if np.isclose(bar.get_height(), 0.4)]
        rows = [row for row in range(3) if verdicts[row][column] != "does not"]
        np.testing.assert_allclose([bar.get_x() for bar in falling], peak[1][0, rows, column])
        np.testing.assert_allclose([bar.get_x() + bar.get_width() for bar in falling], STEPS[-1])
        filled = [bar.get_facecolor()[3] == 1 for bar in falling]
        assert filled == [verdicts[row][column] == "compresses" for row in rows]


def test_an_upper_bound_of_hundreds_of_bits_gets_an_axis_that_shows_its_end_too():
    def huge(found):
        found["x"][..., 1] = 3000 / (1 + np.arange(len(STEPS)))[:, None] ** 2

    axes = panels(plots.information_steps(make(change=huge)))
    assert [each.get_yscale() for each in axes[:2]] == ["linear", "symlog"]
    assert axes[1].get_ylabel() == "logarithmic beyond 20" and axes[1].get_ylim()[1] > 3000


def test_a_layer_that_does_not_compress_has_no_shade():
    flat = make(["h1"], change=lambda found: found["x"].fill(8.0))
    assert (flat.verdict == "does not").all()
    figure = plots.information_steps(flat)
    assert [len(axes.patches) for axes in panels(figure)] == [0, 0, 0, 0, 1, 1]


def test_gradients_carry_the_means(result):
    mean = summary(result).mean.sel(beta=0.0)
    for figure, names in (
        (plots.gradient_ratio(result), ["gradient_mean", "gradient_std", "gradient_ratio"]),
        (plots.units(result), ["weight_norm", "saturated", "dead"]),
    ):
        for axes, name in zip(panels(figure), names, strict=True):
            assert axes.get_yscale() == ("log" if name.startswith("gradient") else "linear")
            for layer in result.layer.values:
                (line,) = drawn(axes, layer)
                np.testing.assert_array_equal(line.get_xdata(), STEPS)
                np.testing.assert_allclose(line.get_ydata(), mean[name].sel(layer=layer))


def test_units_without_a_range_are_left_out(result):
    figure = plots.units(result.assign(saturated=result.saturated * np.nan))
    assert [axes.get_ylabel() for axes in panels(figure)] == ["norm of weights", "dead units (%)"]
