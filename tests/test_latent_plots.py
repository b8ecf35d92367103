"""Figures of the lab: every number and image at its place, in its unit, on made-up results."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr
from matplotlib.collections import EllipseCollection, PathCollection

from vib import plots
from vib.plots import Panel
from vib.results import interval

pytestmark = pytest.mark.filterwarnings("error")
BETAS = (0.1, 1.0, 10.0)
SIZES, RD = (30, 100, 300), ("rate", "distortion")


def result(betas=BETAS, seeds=3, **changes):
    """A result with numbers of the lab: some in nats, some shares, some along an axis."""
    random = np.random.default_rng(0)
    shape = (seeds, len(betas))
    found = {
        "gap": (("seed", "beta"), 3 + random.uniform(size=shape), {"units": "nats"}),
        "hole_share": (("seed", "beta"), random.uniform(size=shape), {"units": "1"}),
        "log_likelihood": (("seed", "beta"), -40 + random.normal(size=shape), {"units": "nats"}),
        "path_ratio": (("seed", "beta", "path"), 1 + random.uniform(size=(*shape, 2)), {"units": "1"}),
    }
    for name in ("probe_accuracy", "probe_neighbour_accuracy"):
        found[name] = (("seed", "beta", "labels"), random.uniform(size=(*shape, len(SIZES))), {"units": "1"})
        for space in ("pixels", "components"):
            found[f"{name}_{space}"] = (("labels",), random.uniform(size=len(SIZES)), {"units": "1"})
    found["finite"] = (("seed", "beta"), np.ones(shape, np.int8))
    axes = {"seed": list(range(seeds)), "beta": list(betas), "path": ["linear", "spherical"], "labels": list(SIZES)}
    return xr.Dataset(found | changes, axes)


def bars(axes, name):
    """(x, y, half-widths) of the line of that name."""
    found = next(each for each in axes.containers if each.get_label() == name)
    line, _, (*_, segments) = found.lines  # those of y come last
    half = [np.ptp(s[:, 1]) / 2 if len(s) else np.nan for s in segments.get_segments()]
    return line.get_xdata(orig=False), line.get_ydata(orig=False), np.array(half)


GAP = Panel("KL (bits)", {"gap": ("gap", {})})


def test_nats_are_drawn_in_bits_with_the_interval_of_the_results():
    made = result()
    x, y, half = bars(plots.against_beta(made, [GAP]).axes[0], "gap")
    mean, width = interval(made.gap)
    np.testing.assert_allclose(x, BETAS)
    np.testing.assert_allclose(y, mean / np.log(2))
    np.testing.assert_allclose(half, width / np.log(2))


def test_what_has_no_unit_is_drawn_as_it_is_at_its_place_on_its_axis():
    made = result()
    lines = {name: ("path_ratio", {"path": name}) for name in ("linear", "spherical")}
    axes = plots.against_beta(made, [Panel("length", lines)]).axes[0]
    for name in lines:
        np.testing.assert_allclose(bars(axes, name)[1], made.path_ratio.sel(path=name).mean("seed"))
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["linear", "spherical"]
    styles = [(line.get_color(), line.get_marker()) for line in (bars_.lines[0] for bars_ in axes.containers)]
    assert len(set(styles)) == 2


def test_betas_in_any_order_are_joined_from_left_to_right():
    made = result(betas=(10.0, 0.1, 1.0))
    x, y, _ = bars(plots.against_beta(made, [GAP]).axes[0], "gap")
    np.testing.assert_allclose(x, BETAS)
    np.testing.assert_allclose(y, [float(made.gap.sel(beta=b).mean()) / np.log(2) for b in BETAS])


def test_levels_are_lines_across_with_names():
    panel = Panel("share", {"holes": ("hole_share", {})}, {"no holes": 0.01, "most": 0.9}, share=True)
    axes = plots.against_beta(result(), [panel]).axes[0]
    heights = {line.get_label(): line.get_ydata() for line in axes.lines if line.get_label() in panel.levels}
    assert {name: set(y) for name, y in heights.items()} == {"no holes": {0.01}, "most": {0.9}}
    assert {text.get_text() for text in axes.get_legend().get_texts()} == {"holes", "no holes", "most"}


def test_axes_of_shares_of_what_is_never_negative_and_of_the_rest():
    shares = Panel("share", {"holes": ("hole_share", {})}, share=True)
    others = Panel("log p(x) (bits)", {"likelihood": ("log_likelihood", {})})
    figure = plots.against_beta(result(), [shares, GAP, others])
    share, gap, likelihood = figure.axes
    assert share.get_ylim() == (-0.02, 1.02)
    assert -0.2 < gap.get_ylim()[0] < 0 < 4 < gap.get_ylim()[1]
    assert likelihood.get_ylim()[0] > -70 and likelihood.get_ylim()[1] < -40
    assert [axes.get_ylabel() for axes in figure.axes] == ["share", "KL (bits)", "log p(x) (bits)"]
    assert all("multiplier of the rate" in axes.get_xlabel() for axes in figure.axes)
    assert gap.get_legend() is None  # one line says itself what it is
    assert figure._supxlabel.get_text() == "Mean and 95 % interval over 3 seeds"


LOST = np.where(np.arange(3) == 1, np.nan, [[3.0, 1.0, 2.0]] * 3)
AWKWARD = {
    "one seed": result(seeds=1),
    "one beta": result(betas=(0.5,)),
    "zero beta": result(betas=(0.0, 0.1, 1.0)),
    "narrow": result(betas=(0.3, 0.5, 1.0)),
    "a beta lost": result(gap=(("seed", "beta"), LOST, {"units": "nats"})),
    "all zero": result(gap=(("seed", "beta"), np.zeros((3, 3)), {"units": "nats"})),
    "nothing": result(gap=(("seed", "beta"), np.full((3, 3), np.nan), {"units": "nats"})),
}


@pytest.mark.parametrize("case", AWKWARD)
def test_awkward_results_are_drawn(case):
    figure = plots.against_beta(AWKWARD[case], [GAP])
    assert (figure._supxlabel.get_text() == "One seed") == (case == "one seed")
    _, y, _ = bars(figure.axes[0], "gap")
    assert np.isnan(y).sum() == {"a beta lost": 1, "nothing": 3}.get(case, 0)


@pytest.mark.parametrize("betas", [(0.3, 1.0), (0.3, 0.5, 0.6, 1.0), BETAS, (1.0, 3.0, 8.0, 16.0, 30.0, 60.0)])
def test_beta_labels_do_not_overlap(betas):
    figure = plots.against_beta(result(betas), [GAP, GAP, GAP])
    figure.draw_without_rendering()
    for axes in figure.axes:
        ticks = [*axes.xaxis.get_major_ticks(), *axes.xaxis.get_minor_ticks()]
        low, high = axes.get_xlim()
        there = [t for t in ticks if t.label1.get_text() and low <= t.get_loc() <= high]
        boxes = sorted((t.label1.get_window_extent() for t in there), key=lambda box: box.x0)
        assert len(boxes) >= 2
        assert all(one.x1 < two.x0 for one, two in pairwise(boxes))


def test_heat_writes_every_number_on_one_scale():
    tables = [np.array([[0.0, 1.26], [2.0, np.nan]]), np.array([[0.5, 4.0], [0.1, 0.2]])]
    figure = plots.heat(tables, ["z0", "z1"], ["x", "hue"], "I(z; factor) (bits)", ["one", "two"], "below")
    *panels, bar = figure.axes
    for axes, table, title in zip(panels, tables, ("one", "two"), strict=True):
        image = axes.images[0]
        np.testing.assert_array_equal(np.ma.filled(image.get_array(), np.nan), table)
        assert image.get_clim() == (0, 4) and axes.get_title() == title and axes.get_xlabel() == "below"
        assert [text.get_text() for text in axes.get_xticklabels()] == ["x", "hue"]
        written = {text.get_position(): text.get_text() for text in axes.texts}
        # (column, row), and nothing where there is no number
        places = [(i, j) for i, j in np.ndindex(2, 2) if np.isfinite(table[i, j])]
        assert written == {(j, i): f"{table[i, j]:.1f}" for i, j in places}
    assert [text.get_text() for text in panels[0].get_yticklabels()] == ["z0", "z1"]
    assert bar.get_ylabel() == "I(z; factor) (bits)"
    box, whole = bar.yaxis.label.get_window_extent(), figure.bbox
    assert whole.y0 <= box.y0 and box.y1 <= whole.y1  # of a low figure too
    dark = {text.get_text(): text.get_color() for text in panels[1].texts}
    assert dark["4.0"] == "white" and dark["0.5"] == "black"


@pytest.mark.parametrize("table", [np.zeros((2, 2)), np.full((2, 2), np.nan)])
def test_heat_of_nothing(table):
    assert len(plots.heat([table], ["a", "b"], ["c", "d"], "bits", ["t"]).axes[0].texts) == 4 * np.isfinite(table).all()


def test_maps_put_every_code_at_its_place_in_the_colour_of_its_value():
    random = np.random.default_rng(0)
    points = {"PCA": random.normal(size=(60, 2)), "UMAP": random.normal(size=(60, 2))}
    colours = {"class": random.integers(0, 3, 60) * 2, "x": np.arange(60) % 20}
    figure = plots.maps(points, colours)
    titles = [axes.get_title() for axes in figure.axes]
    assert titles == ["PCA, by class", "UMAP, by class", "PCA, by x", "UMAP, by x"]
    for axes, title in zip(figure.axes, titles, strict=True):
        dots = next(each for each in axes.collections if isinstance(each, PathCollection))
        name, colouring = title.split(", by ")
        np.testing.assert_array_equal(dots.get_offsets(), points[name])
        assert axes.get_aspect() == 1
        shades = {
            value: np.unique(dots.get_facecolors()[colours[colouring] == value], axis=0) for value in colours[colouring]
        }
        assert all(len(found) == 1 for found in shades.values())
        assert len(np.unique(np.concatenate(list(shades.values())), axis=0)) == len(shades)
    legends = [[text.get_text() for text in figure.axes[i].get_legend().get_texts()] for i in (1, 3)]
    assert legends == [["0", "2", "4"], ["0", "4", "9", "14", "19"]]
    handle = figure.axes[1].get_legend().legend_handles[1]
    dots = figure.axes[1].collections[0]
    np.testing.assert_allclose(
        plots.maps.__globals__["matplotlib"].colors.to_rgb(handle.get_color()),
        dots.get_facecolors()[np.flatnonzero(colours["class"] == 2)[0], :3],
    )


def test_posteriors_are_ellipses_of_one_standard_deviation():
    mean, std = np.array([[0.0, 1.0], [3.0, -2.0]]), np.array([[0.5, 0.1], [0.2, 1.0]])
    axes = plots.posteriors(mean, std, np.array([0, 1]), "class").axes[0]
    found = next(each for each in axes.collections if isinstance(each, EllipseCollection))
    np.testing.assert_array_equal(found.get_offsets(), mean)
    np.testing.assert_allclose(found.get_widths(), 2 * std[:, 0])
    np.testing.assert_allclose(found.get_heights(), 2 * std[:, 1])
    (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
    assert left <= -0.5 and right >= 3.2 and low <= -3 and high >= 1.1 and axes.get_aspect() == 1
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("z0", "z1")
    assert axes.get_legend().get_title().get_text() == "class"


@pytest.mark.parametrize("channels", [1, 3])
def test_rows_of_images_of_unequal_length_stay_at_their_places_unstretched(channels):
    random = np.random.default_rng(0)
    rows = [(name, random.uniform(size=(n, 8, 6, channels))) for name, n in (("first", 3), ("", 5), ("last", 1))]
    axes = plots.image_rows(rows, "title").axes[0]
    drawn = np.asarray(axes.images[0].get_array()).reshape(27, 35, channels)  # images and their gaps of 1
    for i, (_, images) in enumerate(rows):
        for j, image in enumerate(images):
            np.testing.assert_array_equal(drawn[9 * i : 9 * i + 8, 7 * j : 7 * j + 6], image)
        assert (drawn[9 * i : 9 * i + 9, 7 * len(images) :] == 1).all()  # white where a row has ended
    assert axes.get_aspect() == 1 and axes.images[0].get_clim() == (0, 1) and axes.get_title() == "title"
    assert [text.get_text() for text in axes.get_yticklabels()] == ["first", "", "last"]
    np.testing.assert_allclose(axes.get_yticks(), [4, 13, 22])


def test_rows_of_images_are_large_enough_and_names_do_not_reach_them():
    rows = [("a long name of a row", np.zeros((2, 8, 8, 1))), ("b", np.zeros((2, 8, 8, 1)))]
    figure = plots.image_rows(rows)
    axes, canvas = figure.axes[0], figure.bbox
    for text in axes.get_yticklabels():
        box = text.get_window_extent()
        assert canvas.x0 <= box.x0 and box.x1 <= axes.get_window_extent().x0
    assert axes.get_window_extent().width / 2 > 0.4 * figure.dpi


def test_probes_carry_means_and_baselines():
    made = result()
    figure = plots.probes(made)
    for axes, name in zip(figure.axes, ("probe_accuracy", "probe_neighbour_accuracy"), strict=True):
        lines = {line.get_label(): line for line in axes.lines}
        assert list(lines) == ["β = 0.1", "β = 1", "β = 10", "inputs", "principal components"]
        for beta in BETAS:
            line = lines[f"β = {beta:g}"]
            np.testing.assert_allclose(line.get_xdata(), SIZES)
            np.testing.assert_allclose(line.get_ydata(), made[name].sel(beta=beta).mean("seed"))
        np.testing.assert_allclose(lines["inputs"].get_ydata(), made[f"{name}_pixels"])
        np.testing.assert_allclose(lines["principal components"].get_ydata(), made[f"{name}_components"])
        assert len({lines[f"β = {beta:g}"].get_color() for beta in BETAS}) == 3
        assert [tick.get_text() for tick in axes.get_xticklabels()] == [str(size) for size in SIZES]
        assert axes.get_xlabel() == "training labels"
    assert figure.axes[0].get_ylabel() == "test accuracy (%)"


@pytest.mark.parametrize("case", ["one seed", "one beta", "zero beta", "narrow"])
def test_probes_of_awkward_results(case):
    assert len(plots.probes(AWKWARD[case]).axes) == 2


def test_probes_of_sizes_and_members_that_are_not_there():
    values = np.full((2, 3, 3), np.nan)
    values[0, :2, :2] = 0.5
    made = result(seeds=2).assign(probe_accuracy=(("seed", "beta", "labels"), values))
    lines = {line.get_label(): line.get_ydata() for line in plots.probes(made).axes[0].lines}
    np.testing.assert_array_equal(lines["β = 0.1"], [0.5, 0.5, np.nan])
    assert np.isnan(lines["β = 10"]).all()


def test_runs_against_each_other_by_the_rate_of_images():
    def run(seed):
        random = np.random.default_rng(seed)
        shape = (3, 3)
        found = {f"image_{name}": (("seed", "beta"), random.uniform(1, 9, shape), {"units": "nats"}) for name in RD}
        for name in ("frechet", "precision", "recall"):
            found[f"sample_{name}"] = (("seed", "beta", "source"), random.uniform(size=(*shape, 2)), {"units": "1"})
        return xr.Dataset(found, {"seed": [0, 1, 2], "beta": [10.0, 0.1, 1.0], "source": ["prior", "fitted mixture"]})

    runs = {"one": run(0), "two": run(1)}
    figure = plots.trade(runs)
    for axes, name in zip(figure.axes, ("image_distortion", "sample_frechet", "sample_precision"), strict=False):
        for title, result in runs.items():
            values = result.sortby("beta")
            values = values[name] / np.log(2) if name == "image_distortion" else values[name].sel(source="prior")
            x, y, half = bars(axes, title)
            np.testing.assert_allclose(x, result.sortby("beta").image_rate.mean("seed") / np.log(2))
            np.testing.assert_allclose(y, values.mean("seed"))
            np.testing.assert_allclose(half, interval(values)[1])
        assert axes.get_xlabel() == "rate (bits)"
    assert [axes.get_ylabel() for axes in figure.axes][:2] == [
        "distortion of test images (bits)", "Fréchet distance of prior samples",
    ]  # fmt: skip
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
