"""Figures of the latent report: every number and image at its place, in its unit, on made-up results."""

from itertools import pairwise

import numpy as np
import pytest
import xarray as xr

from vib import plots
from vib.plots import Panel
from vib.results import interval

pytestmark = pytest.mark.filterwarnings("error")
BETAS = (0.1, 1.0, 10.0)
SIZES, RD = (30, 100, 300), ("rate", "distortion")


def result(betas=BETAS, seeds=3, **changes):
    """A result with numbers of the latent report: some in nats, some shares, some along an axis."""
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


PROBES = [("linear probe", "probe_accuracy", {}), ("5 nearest neighbours", "probe_neighbour_accuracy", {})]


def test_probes_carry_means_and_baselines():
    made = result()
    figure = plots.probes(made, PROBES)
    for axes, (title, name, _) in zip(figure.axes, PROBES, strict=True):
        assert axes.get_title() == title
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
    assert len(plots.probes(AWKWARD[case], PROBES).axes) == 2


def test_probes_of_sizes_and_members_that_are_not_there():
    values = np.full((2, 3, 3), np.nan)
    values[0, :2, :2] = 0.5
    made = result(seeds=2).assign(probe_accuracy=(("seed", "beta", "labels"), values))
    lines = {line.get_label(): line.get_ydata() for line in plots.probes(made, PROBES).axes[0].lines}
    np.testing.assert_array_equal(lines["β = 0.1"], [0.5, 0.5, np.nan])
    assert np.isnan(lines["β = 10"]).all()


@pytest.mark.parametrize("count", [1, 4, 6])
def test_probes_of_factors(count):
    random, names = np.random.default_rng(0), [f"factor {i}" for i in range(count)]
    there = {"factor_r2": (("seed", "beta", "labels", "factor"), random.uniform(-9, 1, (3, 3, len(SIZES), count)))}
    for space in ("pixels", "components"):
        there[f"factor_r2_{space}"] = (("labels", "factor"), random.uniform(size=(len(SIZES), count)))
    made = result().assign(there).assign_coords(factor=names)
    figure = plots.probes(made, [(name, "factor_r2", {"factor": name}) for name in names])
    assert [axes.get_title() for axes in figure.axes] == names
    for i, axes in enumerate(figure.axes):
        lines = {line.get_label(): line.get_ydata() for line in axes.lines}
        at = made.factor_r2.sel(factor=names[i], beta=1.0)
        np.testing.assert_allclose(lines["β = 1"], at.mean("seed"))
        np.testing.assert_allclose(lines["inputs"], made.factor_r2_pixels.sel(factor=names[i]))
        assert axes.get_ylim() == (-0.3, 1.02)
        last_row = i >= count - min(count, 4)
        assert axes.get_xlabel() == ("training examples" if last_row else "")
    assert figure.axes[0].get_ylabel() == "test R²"


def test_diverged_members_are_named_below():
    made = result().assign_attrs(diverged="seed 0, beta 1; seed 1, beta 1; seed 2, beta 1")
    below = plots.against_beta(made, [GAP])._supxlabel.get_text()
    assert below.split("\n")[1] == "Diverged, left out: seed 0, beta 1; seed 1, beta 1 and 1 more"


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
            values = result[name] / np.log(2) if name == "image_distortion" else result[name].sel(source="prior")
            members = next(line for line in axes.lines if line.get_label() == title)
            expected = np.stack([result.image_rate.values.ravel() / np.log(2), values.values.ravel()], 1)
            np.testing.assert_allclose(members.get_xydata(), expected)
        assert axes.get_xlabel() == "rate (bits)"
    assert [axes.get_ylabel() for axes in figure.axes][:2] == [
        "distortion of test images (bits)", "Fréchet distance of prior samples",
    ]  # fmt: skip
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one", "two"]
    assert [axes.get_yscale() for axes in figure.axes] == ["linear", "log", "linear", "linear"]
    far = run(2)
    far.image_distortion[0, 0] = 1e4
    assert "logarithmic beyond 10" in plots.trade({"far": far}).axes[0].get_ylabel()
