"""The information plane of a network that was trained elsewhere."""

import numpy as np
import pytest
import xarray as xr
from conftest import assert_one_line

import vib
from vib import plots
from vib.errors import InvalidInput

STEPS = (0, 10, 100, 1000)
ESTIMATORS = {"binned_layer": {"bins": 8}, "kde": {"noise_variance": 0.01}, "ross": {}}


@pytest.fixture(scope="module")
def data():
    random = np.random.default_rng(0)
    y = random.integers(0, 2, 200)
    return random.normal(size=(200, 3)) + 3 * y[:, None], y


def network(x, seed, steps=STEPS):
    """{layer: [step, N, width]}: weights that grow as it learns, and an output that sees one column."""
    w = np.random.default_rng(seed).normal(size=(3, 4))
    h1 = np.stack([np.tanh(x @ w * (1 + i)) for i in range(len(steps))])
    return {"h1": h1, "output": h1[..., :1]}


@pytest.fixture(scope="module")
def found(data):
    return vib.plane.of_activations([network(data[0], seed) for seed in range(3)], *data, STEPS, ESTIMATORS)


def test_it_is_a_result_like_any_other(found):
    assert dict(found.information_x.sizes) == {"seed": 3, "beta": 1, "step": 4, "layer": 2, "estimator": 4}
    assert found.step.values.tolist() == list(STEPS) and found.layer.values.tolist() == ["h1", "output"]
    assert found.information_x_kind.sel(estimator="kde_upper").values.tolist() == ["estimate"] * 2  # a sample
    assert set(found.verdict.values.ravel()) <= {"", "compresses", "does not", "cannot tell"}
    figures = plots.figures(found)
    assert figures["information_steps"].axes[-1].get_xlabel() == "step"  # of what, only its user knows
    assert "information_plane" in figures


def test_it_has_no_information_curve(found):
    for draw in (plots.information_curve, plots.rate_distortion):
        with pytest.raises(InvalidInput) as error:
            draw(found)
        assert_one_line(error, "plots", "holds no finite", "draw another figure")


def test_the_numbers_are_those_of_the_estimators(found, data):
    x, y = data
    value = network(x, 1)["h1"][2]
    binned = vib.information.binned(value, y, bins=8, edges="layer")
    lower, upper = vib.information.kde(value, y, 0.01)
    at = {"seed": 1, "step": 100, "layer": "h1"}
    for name, about in (("binned_layer", binned), ("kde_lower", lower), ("kde_upper", upper)):
        for quantity in ("information_x", "information_y"):
            here = float(found[quantity].sel(**at, estimator=name).squeeze())
            assert here == pytest.approx(float(getattr(about, quantity).value), rel=1e-6)


def test_a_folder_of_files_is_the_same(found, data, tmp_path):
    folders = []
    for seed in range(3):
        folders.append(tmp_path / str(seed))
        folders[-1].mkdir()
        values = network(data[0], seed)
        for i, step in enumerate(STEPS):
            np.savez(folders[-1] / f"step_{step}.npz", **{name: value[i] for name, value in values.items()})
    xr.testing.assert_identical(vib.plane.of_activations(folders, *data, estimators=ESTIMATORS), found)


def test_inputs_of_any_kind(data):
    x, y = data
    names = np.array(["cat", "dog"])[y]
    one = vib.plane.of_activations(network(x, 0), x.tolist(), names, estimators=("binned_layer",))
    other = vib.plane.of_activations(network(x.astype("float32"), 0), x, y, estimators=("binned_layer",))
    np.testing.assert_allclose(one.information_y, other.information_y, atol=0.05)
    assert one.step.values.tolist() == [0, 1, 2, 3]
    regression = vib.plane.of_activations(network(x, 0), x, x[:, :1], estimators={"ksg": {}})
    assert np.isfinite(regression.information_y).all()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"activations": []}, ("activations", "none")),
        ({"activations": {}}, ("activations", "{layer: [step, N, ...]}")),
        ({"activations": {"h1": np.zeros((4, 200, 2)), "h2": np.zeros((3, 200, 2))}}, ("activations", "3, 4 steps")),
        ({"activations": {"h1": np.zeros((4, 100, 2))}}, ("h1", "(100, 2)", "200")),
        ({"activations": {"h1": np.full((4, 200, 2), np.nan)}}, ("h1", "NaN")),
        ({"steps": (1, 2)}, ("steps", "2 for 4")),
        ({"y": np.zeros(10)}, ("y", "(10,)")),
        ({"estimators": ("kd",)}, ("plane.estimators", "did you mean 'kde'")),
        ({"estimators": ("noisy",)}, ("noisy", "can measure nothing")),
        ({"activations": "nowhere"}, ("activations", "'nowhere'", "npz")),
        ({"activations": {"h1": [np.zeros((200, 2)), np.zeros((100, 2))]}}, ("h1", "no array")),
        ({"activations": {"h1": np.full((4, 200, 2), "a")}}, ("h1", "<U1", "real numbers")),
        ({"x": np.full((200, 3), "a")}, ("x", "<U1", "real numbers")),
        ({"steps": (2, 1, 1, 0)}, ("steps", "[2, 1, 1, 0]", "do not rise")),
        ({"steps": (1, 2, 2, 3)}, ("steps", "do not rise")),
        ({"steps": (-1, 2, 3, 4)}, ("steps", "[-1, 2, 3, 4]", "from 0 on")),
        ({"steps": (0.5, 1, 2, 3)}, ("steps", "float64", "whole number")),
        ({"steps": 4}, ("steps", "()", "one whole number for each")),
        ({"estimators": {"kde": None}}, ("plane.estimators", "None")),
        ({"estimators": 3}, ("plane.estimators", "3")),
        ({"estimators": ()}, ("estimators", "none given")),
    ],
)
def test_mistakes_are_one_line(data, changes, words):
    given = {"activations": network(data[0], 0), "x": data[0], "y": data[1]} | changes
    with pytest.raises(InvalidInput) as error:
        vib.plane.of_activations(**given)
    assert_one_line(error, *words)


def test_one_estimator_may_be_given_by_its_name(data):
    values = network(data[0], 0)
    found = [vib.plane.of_activations(values, *data, estimators=each) for each in ("kde", ["kde"], {"kde": {}})]
    for each in found[1:]:
        xr.testing.assert_identical(each, found[0])


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"a_1": ("h1",), "b_1": ("h1",)}, ("a_1.npz", "b_1.npz", "both of step 1")),
        ({"epoch_1": ("h1",), "epoch_1.5": ("h1",)}, ("epoch_1.5.npz", "named by 1.5", "whole number")),
        ({"step_1": ("h1",), "step_1e3": ("h1",)}, ("step_1e3.npz", "named by 1e3")),
        ({"step_1": ("h1",), "step_2": ("h1", "h2")}, ("step_2.npz' has h1, h2", "the same layers")),
        ({"step_1": ("h1", "h2"), "step_2": ("h1",)}, ("step_2.npz' has h1;", "the same layers")),
        ({"step_1": ("h1",), "step_2": None}, ("step_2.npz", "no whole npz")),
    ],
)
def test_a_folder_that_does_not_fit_is_one_line(data, files, words, tmp_path):
    for name, layers in files.items():
        if layers is None:
            (tmp_path / f"{name}.npz").write_bytes(b"PK torn")
        else:
            np.savez(tmp_path / f"{name}.npz", **dict.fromkeys(layers, data[0]))
    with pytest.raises(InvalidInput) as error:
        vib.plane.of_activations(tmp_path, *data)
    assert_one_line(error, "activations", *words)
