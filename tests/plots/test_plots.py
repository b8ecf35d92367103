"""The figures: they carry the summary's numbers, name their units, and survive every awkward result."""

import matplotlib
import numpy as np
import pytest
import xarray as xr
from curves import BETAS, STEPS, make
from matplotlib.collections import PathCollection

from vib import plots, results
from vib.errors import InvalidInput


def regression():
    result = make(drop=("accuracy", "accuracy_averaged"))
    del result.attrs["classes"]
    return result


def lost(*members):
    finite = np.ones((3, 4), bool)
    for member in members:
        finite[member] = False
    return make(finite=finite)


VIB = ["information_curve", "rate_and_distortion", "learning_curves", "accuracy"]
VAE = ["rate_distortion", "rate_and_distortion", "learning_curves"]
WITHOUT_Y = ("accuracy", "accuracy_averaged", "information_y_bound")
CASES = {
    "zero beta": (lambda: make(betas=[0.0, 1e-3, 1e-2, 1.0]), VIB),
    "zero beta, narrow": (lambda: make(betas=[0.0, 0.5, 1.0]), VIB),
    "single beta": (lambda: make(betas=[0.01]), VIB),
    "only zero": (lambda: make(betas=[0.0]), VIB),
    "single seed": (lambda: make(seeds=1), VIB),
    "single step": (lambda: make(steps=[0]), VIB),
    "first step missing": (lambda: make(steps=[5, 50]), VIB),
    "one member lost": (lambda: lost((0, 1)), VIB),
    "one beta lost": (lambda: lost((slice(None), 0)), VIB),
    "all but one lost": (lambda: lost((slice(None), slice(1, None)), (slice(1, None), 0)), VIB),
    "all lost": (lambda: lost((slice(None), slice(None))), []),
    "regression": (regression, VIB[:3]),
    "negative bounds": (lambda: make(information_y_bound=np.array([-0.5, -0.4, -0.2, -0.01])), VIB),
    "no bound": (lambda: make(drop=("information_y_bound",)), VIB[1:]),
    "no rate left": (lambda: make(rate=np.array([0.0])), VIB),
    "negative distortion": (lambda: make(kind="vae", drop=WITHOUT_Y, distortion=np.array([-40, -30, 0, 9])), VAE),
    "classifier": (lambda: make(betas=[0.0], kind="classifier", rate=np.array([np.nan])), VIB[1:]),
    "autoencoder": (lambda: make(kind="autoencoder", drop=WITHOUT_Y, rate=np.array([np.nan])), VAE[1:]),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.filterwarnings("error")
def test_every_result_gives_its_set_of_figures(case):
    make_result, names = CASES[case]
    result = make_result()
    assert plots.names(result) == list(plots.figures(result)) == names


def test_a_figure_by_its_name():
    axes = plots.figure(make(), "accuracy").axes[0]
    assert axes.get_ylabel() == "accuracy (%)"
    # of a kind that does not draw it unasked
    assert plots.figure(make(), "rate_distortion").axes[0].get_ylabel() == "distortion (bits per example)"
    with pytest.raises(InvalidInput, match=r"plot: unknown 'acuracy'; did you mean 'accuracy'\?"):
        plots.figure(make(), "acuracy")
    with pytest.raises(InvalidInput, match="no images"):
        plots.figure(make(), "reconstructions")


def test_figures_save_as_images_and_vectors(tmp_path):
    for ending in ("png", "pdf", "svg"):
        plots.accuracy(make()).savefig(tmp_path / f"figure.{ending}")
        assert (tmp_path / f"figure.{ending}").stat().st_size > 1000


def points(figure, split):
    return next(
        dots for dots in figure.axes[0].collections if isinstance(dots, PathCollection) and dots.get_label() == split
    )


@pytest.mark.parametrize("chosen", [False, True])
@pytest.mark.parametrize("weights", [None, "averaged", "final"])
def test_information_curve_carries_the_numbers_of_the_summary(weights, chosen):
    result = make(averaged=True)
    figure = plots.information_curve(results.of_weights(result, weights) if chosen else result, weights)
    assert ("averaged weights" in figure.get_supxlabel()) == (weights != "final")
    for split in ("train", "test"):
        expected = results.summary(result, split=split, weights=weights or "averaged").in_bits().mean
        drawn = points(figure, split).get_offsets()
        np.testing.assert_allclose(drawn[:, 0], expected.rate)
        np.testing.assert_allclose(drawn[:, 1], expected.information_y_bound)
    ceiling = [
        line
        for line in figure.axes[0].lines
        if len(line.get_ydata()) > 1 and np.allclose(line.get_ydata(), np.log2(10))
    ]
    assert len(ceiling) == 1
    bars = figure.axes[0].containers[1].lines[2]
    across = results.summary(result, weights=weights or "averaged").in_bits().half_width.rate
    lengths = [np.ptp(segment[:, 0]) / 2 for segment in bars[0].get_segments()]
    np.testing.assert_allclose(lengths, across)


def test_points_of_lost_betas_are_absent():
    drawn = points(plots.information_curve(lost((slice(None), 0))), "test").get_offsets()
    assert np.ma.getmaskarray(drawn)[0].any() or np.isnan(np.asarray(drawn)[0]).any()
    assert np.isfinite(np.asarray(drawn)[1:]).all()


def test_rate_and_distortion_carries_the_summary_and_names_the_overfitting():
    distortion = np.array([2.0, 1.0, 1.5, 2.0]) + np.array([0, 0.01, 0.02])[:, None]
    result = make(distortion=distortion)
    expected = results.summary(result).in_bits().mean
    rate, bottom = plots.rate_and_distortion(result).axes
    for axes, name in ((rate, "rate"), (bottom, "distortion")):
        line = next(bars.lines[0] for bars in axes.containers if bars.get_label() == "test")
        np.testing.assert_allclose(line.get_xdata(), BETAS)
        np.testing.assert_allclose(line.get_ydata(), expected[name])
    assert bottom.get_title(loc="left") == "least test distortion at β = 0.01, overfitting to the left of it"


def test_one_seed_has_no_interval_and_claims_no_overfitting():
    result = make(seeds=1, distortion=np.array([2.0, 1.0, 1.5, 2.0]))
    title = plots.rate_and_distortion(result).axes[1].get_title(loc="left")
    assert title == "least test distortion at β = 0.01"


def test_learning_curves_show_every_beta_of_both_splits_from_step_0():
    result = make()
    expected = results.summary(result, step=slice(None)).mean
    axes = plots.learning_curves(result).axes[2]
    solid = [line for line in axes.lines if line.get_linestyle() == "-"]
    assert len(axes.lines) == 2 * len(BETAS) and axes.get_xlim()[0] == 0
    for line, beta in zip(solid, BETAS, strict=True):
        np.testing.assert_allclose(line.get_xdata(), STEPS)
        np.testing.assert_allclose(line.get_ydata(), expected.accuracy.sel(beta=beta))


def test_accuracy_shows_chance():
    axes = plots.accuracy(make()).axes[0]
    assert any(line.get_label() == "chance" and np.allclose(line.get_ydata(), 0.1) for line in axes.lines)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("options", "names"), [({}, VIB), ({"kind": "vae", "drop": WITHOUT_Y}, VAE)])
def test_every_axis_names_its_unit(options, names):
    figures = plots.figures(make(**options))
    assert list(figures) == names
    for figure in figures.values():
        panels = [axes for axes in figure.axes if axes.get_label() != "<colorbar>"]
        units = ("(bits", "(%)", "(optimiser updates)", "multiplier of the rate")
        for label in [axes.get_ylabel() for axes in panels] + [panels[-1].get_xlabel()]:
            assert any(unit in label for unit in units), label


def test_labels_of_betas_do_not_overlap():
    axes = plots.information_curve(make(betas=list(np.geomspace(1e-5, 1, 12)))).axes[0]
    boxes = [text.get_window_extent() for text in axes.texts]
    assert len(boxes) >= 3
    assert not any(one.overlaps(two) for i, one in enumerate(boxes) for two in boxes[:i])


def test_figures_leave_no_trace_and_ignore_the_callers_style():
    settings = dict(matplotlib.rcParams)
    with matplotlib.rc_context({"font.size": 30}):
        assert plots.accuracy(make()).axes[0].xaxis.label.get_size() == 9
    assert dict(matplotlib.rcParams) == settings


@pytest.mark.parametrize(
    ("draw", "options", "words"),
    [
        (plots.information_curve, {"weights": "averaged"}, "weights: 'averaged' is not in the result"),
        (plots.information_curve, {"weights": "ema"}, "weights: 'ema'; give 'final' or 'averaged'"),
        (plots.information_curve, {}, "no finite information_y_bound"),
        (plots.accuracy, {}, "no finite accuracy"),
    ],
)
def test_what_is_not_there_cannot_be_drawn(draw, options, words):
    with pytest.raises(InvalidInput, match=words):
        draw(make(kind="vae", drop=WITHOUT_Y), **options)


def test_unknown_kind_stops():
    with pytest.raises(InvalidInput, match="did you mean 'vib'"):
        plots.figures(make(kind="vibb"))


IMAGE = ("example", "row", "column", "channel")


@pytest.mark.parametrize("channels", [1, 3])
def test_sheet_shows_each_image_at_its_place_unstretched(channels):
    random = np.random.default_rng(0)
    inputs = random.uniform(size=(3, 8, 6, channels))
    reconstructions, draws = random.uniform(size=(2, 2, 3, 8, 6, channels))
    made = {"reconstruction": (("beta", *IMAGE), reconstructions), "prior_sample": (("beta", *IMAGE), draws)}
    result = xr.Dataset({"input": (IMAGE, inputs)} | made, {"beta": [1.0, 0.1]})
    left, right = plots.reconstructions(result).axes
    rebuilt, samples = np.asarray(left.images[0].get_array()), np.asarray(right.images[0].get_array())
    squeeze = (lambda image: image[..., 0]) if channels == 1 else (lambda image: image)
    np.testing.assert_array_equal(rebuilt[:8, :6], squeeze(inputs[0]))
    np.testing.assert_array_equal(rebuilt[9:17, 14:20], squeeze(reconstructions[1, 2]))
    np.testing.assert_array_equal(rebuilt[18:26, 14:20], squeeze(reconstructions[0, 2]))
    np.testing.assert_array_equal(samples[18:26, 14:20], squeeze(draws[0, 2]))
    assert (samples[:9] == 1).all() and left.get_aspect() == right.get_aspect() == 1
    assert [text.get_text() for text in left.get_yticklabels()] == ["input", "β = 0.1", "β = 1"]


def test_a_result_with_images_gives_the_sheet_with_a_blank_row_for_a_lost_beta():
    values = np.random.default_rng(0).uniform(size=(3, 8, 8, 1, len(BETAS)))
    values[..., 1] = np.nan
    result = make(kind="vae", drop=WITHOUT_Y).assign(
        input=(IMAGE, values[..., 0]),
        reconstruction=((*IMAGE, "beta"), values),
        prior_sample=((*IMAGE, "beta"), values),
    )
    drawn = np.asarray(plots.figures(result)["reconstructions"].axes[0].images[0].get_array())
    np.testing.assert_array_equal(drawn[9:17, :8], values[0, :, :, 0, 0])
    assert (drawn[18:27] == 1).all() and not (drawn[27:35] == 1).all()
