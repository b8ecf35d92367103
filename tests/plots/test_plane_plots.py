"""The information plane carries the result's numbers, says what is in doubt, and stays readable."""

from itertools import combinations

import numpy as np
import pytest
from layered import (
    ESTIMATORS,
    EVERY,
    HARD,
    LAYERS,
    ONE,
    STEPS,
    drawn,
    hard,
    make,
    only_y,
    panels,
    put,
    summary,
)
from matplotlib.collections import LineCollection
from matplotlib.text import Annotation, Text

from vib import plots, results
from vib.errors import InvalidInput
from vib.information import FLAGS

LAYERED = ["information_plane", "information_steps", "gradient_ratio", "units"]


@pytest.fixture(scope="module")
def result():
    return make()


@pytest.fixture(scope="module")
def crowded():
    return make(LAYERS, HARD, seeds=6, change=hard)


@pytest.fixture(scope="module")
def plane(result):
    return plots.information_plane(result)


@pytest.fixture(scope="module")
def crowded_figures(crowded):
    return plots.figures(crowded)


def test_plane_carries_the_means_and_the_seeds(result, plane):
    mean, seeds = summary(result).mean, results.in_bits(result)
    for axes, estimator in zip(panels(plane), ESTIMATORS, strict=True):
        assert axes.get_title(loc="left") == estimator
        at = {"beta": 0.0, "estimator": estimator}
        for dots, layer in zip(drawn(axes, "mean"), result.layer.values, strict=True):
            part = mean.sel(at | {"layer": layer})
            np.testing.assert_allclose(dots.get_offsets().T, [part.information_x, part.information_y])
        both = [seeds[f"information_{q}"].sel(at).transpose("seed", "layer", "step") for q in "xy"]
        expected = np.stack(both, -1).reshape(-1, len(STEPS), 2)
        np.testing.assert_allclose(drawn(axes, "seeds")[0].get_segments(), expected)


def test_a_path_of_segments_joins_the_means(plane):
    axes = panels(plane)[0]
    paths = [each for each in axes.collections if isinstance(each, LineCollection) and each.get_label() != "seeds"]
    for path, dots in zip(paths, drawn(axes, "mean"), strict=True):
        np.testing.assert_allclose([pair[1] for pair in path.get_segments()], dots.get_offsets()[1:])
        np.testing.assert_array_equal(path.get_colors(), dots.get_edgecolor()[1:])


def test_a_colour_is_a_step_and_the_bar_says_which(plane):
    colours = np.array([dots.get_edgecolor() for axes in panels(plane) for dots in drawn(axes, "mean")])
    assert (colours == colours[0]).all() and len(np.unique(colours[0], axis=0)) == len(STEPS)
    (bar,) = [axes for axes in plane.axes if axes not in panels(plane)]
    assert bar.get_ylabel() == "step (optimiser updates)" and bar.get_yticklabels()[0].get_text() == "0"


def test_flagged_points_are_hollow_and_the_legend_says_why():
    def change(found):
        found["y_flag"][1, 0, 4, 2, 0] = FLAGS.index("above_ceiling")
        found["x_flag"][0, 0, 7, 1, 1] = FLAGS.index("below_zero")

    result = make(change=change)
    figure = plots.information_plane(result)
    hollow = [[(dots.get_facecolor() == 1).all(1) for dots in drawn(axes, "mean")] for axes in panels(figure)]
    assert np.argwhere(hollow).tolist() == [[0, 2, 4], [1, 1, 7]]
    assert [len(drawn(axes, "flagged")[0].get_offsets()) for axes in panels(figure)] == [1, 1]
    assert figure.legends[0].get_texts()[-1].get_text() == "a seed is above its ceiling or below zero"
    steps = panels(plots.information_steps(result))
    marks = [[line.get_xdata().tolist() for line in axes.lines if line.get_marker() == "o"] for axes in steps[:4]]
    assert marks == [[[], [], []], [[], [STEPS[7]], []], [[], [], [STEPS[4]]], [[], [], []]]


def test_an_unresolved_value_is_hollow_too():
    figure = plots.information_plane(make(["h1"], change=put("x_flag", FLAGS.index("unresolved"), 0, 0, 0, 0, 0)))
    assert (drawn(panels(figure)[0], "mean")[0].get_facecolor()[0] == 1).all()
    assert figure.legends[0].get_texts()[-1].get_text() == "a seed is unresolved"


def test_nothing_is_hollow_where_nothing_is_flagged(plane):
    assert not any((dots.get_facecolor() == 1).all(1).any() for dots in drawn(panels(plane)[0], "mean"))
    assert not any("seed is" in text.get_text() for text in plane.legends[0].get_texts())


def test_steps_not_measured_leave_a_coarser_path():
    result = make(change=put("x", np.nan, EVERY, EVERY, slice(1, None, 2), EVERY, 1))
    fine, coarse = (drawn(axes, "mean")[0].get_offsets() for axes in panels(plots.information_plane(result)))
    assert (len(fine), len(coarse)) == (len(STEPS), len(STEPS[::2])) and np.isfinite(coarse).all()


def test_plane_leaves_out_what_did_not_measure_both_and_steps_say_so():
    result = make(change=put("x", np.nan, ..., 1))
    assert [axes.get_title(loc="left") for axes in panels(plots.information_plane(result))] == ["binned_unit"]
    figure = plots.information_steps(result)
    silent = [any(text.get_text() == "not measured" for text in axes.texts) for axes in panels(figure)]
    assert silent == [False, True, False, False, False, False]
    assert not panels(figure)[1].patches


def test_ceilings_near_the_values_are_drawn():
    result = make(change=lambda found: found["x_ceiling"].__setitem__((..., 0), [12, 9.81, 99]))
    axes = panels(plots.information_plane(result))[0]
    upright = [line.get_xdata()[0] for line in axes.lines if line.get_xdata()[0] == line.get_xdata()[1]]
    level = [line.get_ydata()[0] for line in axes.lines if line.get_ydata()[0] == line.get_ydata()[1]]
    np.testing.assert_allclose(upright, [9.81, 12])
    np.testing.assert_allclose(level, [1])


def test_panels_say_kind_seeds_and_verdicts(crowded, crowded_figures):
    figure = crowded_figures["information_plane"]
    words = {axes.get_title(loc="left"): axes.texts[0].get_text().replace("\n", " ") for axes in panels(figure)}
    assert list(words) == ["binned_unit", "kde_lower (5 seeds)", "kde_upper (5 seeds)", "noisy"]
    said = words["binned_unit"].replace("\N{NO-BREAK SPACE}", " ")
    assert said.startswith("I(X;T): exact, ceiling 12 bits (output 9.81) I(T;Y): exact, ceiling 1 bit")
    assert "I(X;T): lower bound, ceiling 12 bits I(T;Y): estimate" in words["kde_lower (5 seeds)"]
    found = results.in_bits(crowded).sel(beta=0.0, estimator="binned_unit")
    for verdict, text in (("compresses", "compresses: "), ("does not", "does not compress: ")):
        layers = found.layer.values[found.verdict.values == verdict]
        assert len(layers) and (text in said)
        for layer in layers if verdict == "compresses" else ():
            assert f"{layer} {found.compression_mean.sel(layer=layer).item():.1f}" in said


def test_every_layer_is_named_once_where_it_covers_no_end_and_no_other_name(crowded_figures):
    figure = crowded_figures["information_plane"]
    figure.canvas.draw()
    for axes in panels(figure):
        names = [text for text in axes.texts if isinstance(text, Annotation)]
        boxes = [Text.get_window_extent(text) for text in names]
        ends = axes.transData.transform([dots.get_offsets()[0] for dots in drawn(axes, "end")])
        assert not any(one.overlaps(two) for one, two in combinations(boxes, 2))
        assert not any(box.count_contains(ends) for box in boxes)
        said = [part for text in names for part in text.get_text().split(", ")]
        spans = [[LAYERS.index(name) for name in part.split("-")] for part in said]
        assert sorted(i for span in spans for i in range(span[0], span[-1] + 1)) == list(range(6))
        for text in names:
            first = LAYERS.index(text.get_text().split(", ")[0].split("-")[0])
            np.testing.assert_allclose(text.xy, drawn(axes, "mean")[first].get_offsets()[-1])


def test_ends_that_touch_share_a_name():
    def same(found):
        found["x"][..., 1, 0], found["y"][..., 1, 0] = found["x"][..., 0, 0], found["y"][..., 0, 0]

    axes = panels(plots.information_plane(make(estimators=ONE, change=same)))[0]
    assert [text.get_text() for text in axes.texts if isinstance(text, Annotation)] == ["h1, h2", "output"]


@pytest.mark.parametrize(("factor", "together"), [(0.4, True), (0.1, False)])
def test_panels_share_the_range_of_x_where_the_values_compare(factor, together):
    one, two = panels(plots.information_plane(make(change=lambda found: found["x"][..., 1].__imul__(factor))))
    assert (one.get_xlim() == two.get_xlim()) == together and one.get_ylim() == two.get_ylim()


def beyond(axes):
    """Labels of ticks outside the range of an axis, which are not drawn."""
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        for tick in (*axis.get_major_ticks(), *axis.get_minor_ticks()):
            if not low <= tick.get_loc() <= high:
                yield tick.label1


def test_no_text_covers_another(crowded_figures):
    for name, figure in crowded_figures.items():
        figure.canvas.draw()
        texts = set(figure.findobj(Text)) - {label for axes in figure.axes for label in beyond(axes)}
        texts = [text for text in texts if text.get_visible() and text.get_text().strip()]
        boxes = [(text.get_text(), Text.get_window_extent(text)) for text in texts]
        for (one, box), (two, other) in combinations(boxes, 2):
            assert not box.padded(-1).overlaps(other.padded(-1)), (name, one, two)
        assert all(figure.bbox.padded(1).contains(*corner) for _, box in boxes for corner in (box.min, box.max)), name


def test_of_many_betas_the_first_a_middle_and_the_last_are_shown():
    figure = plots.information_plane(make(betas=[0.001, 0.01, 0.1, 1.0], seeds=2))
    labels = [axes.get_ylabel().split("\n")[0] for axes in panels(figure)[::2]]
    assert labels == ["β = 0.001", "β = 0.1", "β = 1"]
    assert "3 of 4 betas shown" in figure.get_supxlabel() and "4096 training and test inputs" in figure.get_supxlabel()


def lost(found):
    found["x"][0] = found["y"][0] = np.nan
    found["x_ceiling"][:] = np.inf


def first_beta_lost(found):
    found["x"][:, 0] = found["y"][:, 0] = np.nan


CASES = {
    "one seed, one layer": ({"layers": ["h1"], "seeds": 1, "betas": [0.1]}, LAYERED),
    "one step": ({"steps": [0]}, LAYERED),
    "two steps, none at the start": ({"steps": [5, 50]}, LAYERED),
    "one seed lost, no ceiling": ({"change": lost}, LAYERED),
    "first beta lost": ({"betas": [0.1, 1.0], "change": first_beta_lost}, LAYERED),
    "all zero": ({"change": lambda found: [found[name].fill(0) for name in "xy"]}, LAYERED),
    "I(T;Y) alone": ({"change": only_y}, LAYERED[1:]),
    "neither": ({"change": lambda found: [found[name].fill(np.nan) for name in "xy"]}, LAYERED[2:]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("error")
def test_every_plane_gives_its_set_of_figures(case):
    options, names = CASES[case]
    assert list(plots.figures(make(**{"estimators": ONE} | options))) == names


def test_a_result_without_a_plane_has_none_of_these_figures(result):
    plain = result.drop_dims(["layer", "estimator"])
    assert not plots.figures(plain)
    for draw in (plots.information_plane, plots.information_steps, plots.gradient_ratio, plots.units):
        with pytest.raises(InvalidInput, match="plots: "):
            draw(plain)
