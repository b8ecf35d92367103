"""Figures of the latent report that show codes and images: every one at its place, in its colour, unstretched."""

import numpy as np
import pytest
from matplotlib.collections import EllipseCollection, PathCollection

from vib import plots

pytestmark = pytest.mark.filterwarnings("error")


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


def test_names_of_classes_are_no_formulas():
    names = np.array(["$a$", "_b", "c$ and $d"])
    figure = plots.maps({"PCA": np.zeros((3, 2))}, {"class": names})
    legend = figure.axes[0].get_legend().get_texts()
    assert [text.get_text() for text in legend] == [r"\$a\$", "_b", r"c\$ and \$d"]
    assert not any(is_math for _, is_math in (text._preprocess_math(text.get_text()) for text in legend))
    rows = plots.image_rows([(f"class {name}", np.zeros((2, 4, 4, 1))) for name in ("$^$", "$a$")])
    assert not any(text.get_parse_math() for text in rows.axes[0].get_yticklabels())


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
