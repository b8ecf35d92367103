"""The plane of a sweep is what the estimators say of each member's own layers; what was not measured says so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
import xarray as xr
from conftest import assert_one_line
from small import compiled  # noqa: F401

from vib import information, results
from vib.errors import InvalidInput
from vib.evaluation import activations, plane
from vib.evaluation.estimators import ESTIMATORS
from vib.evaluation.plane_rows import QUANTITIES, flagged
from vib.evaluation.standard import information_plane, plane_inputs
from vib.information import FLAGS
from vib.results.dataset import Chunk
from vib.training import sharding, sweep, trainer
from vib.training.sweep import stream, train_until
from vib.training.trainer import Moment

pytestmark = pytest.mark.usefixtures("compiled")
NET = {
    "model.kind": "classifier",
    "model.latent": None,
    "model.widths": (5, 3),
    "model.activation": "tanh",
    "sweep.betas": (0.0,),
    "train.steps": 20,
    "data.options": {"test_fraction": 0.2},
    "plane.inputs": "all",
    "plane.gradient_batches": 3,
}
FAST, SLOW = ("binned_unit", "binned_width"), ("kde",)


@pytest.fixture(scope="module")
def trained():
    """A grid of three seeds and two betas of a VIB, trained a little, its data and its plane."""
    fields = {"sweep.seeds": (0, 1, 2), "sweep.betas": (0.01, 0.3), "plane.inputs": "test"}
    slow = {"plane.slow_seeds": 2, "plane.slow_every": 2}
    setup = small.prepare("digits_vib", **fields, **slow, **{"plane.estimators": (*FAST, *SLOW, "encoder")})
    grid = train_until(setup.make_sweep([0.01, 0.3]), setup.batches["train"], 20)
    return grid, setup.batches, information_plane(setup)


LAST = Moment(20, 1, True)


@pytest.fixture(scope="module")
def row(trained):
    grid, batches, asked = trained
    return asked.measure(grid, batches, LAST)


def test_numbers_are_those_of_each_member_alone(trained, row):
    """Member by member and outside of the grid's program: the estimator on that member's layers."""
    grid, _, asked = trained
    layers, inputs = asked.coordinates["layer"], asked.inputs
    assert layers == ["h1", "z", "output"]
    assert asked.coordinates["estimator"] == [*FAST, "kde_lower", "kde_upper", "encoder_lower", "encoder_upper"]
    assert {name: values.ndim for name, values in row.items()} == {
        name: len(about.dims) for name, about in asked.variables.items()
    }
    for seed, beta in ((0, 0), (1, 1)):
        model = sweep.member(grid, seed, beta)
        key = jax.random.split(stream(grid.seed[seed], "plane"))[0]
        named = activations.layers(model, inputs.x, key)
        for i, layer in enumerate(layers):
            found = information.binned(named[layer].value, inputs.y, edges="width", width=0.07, classes=10)
            np.testing.assert_allclose(row["information_y"][i, 1, seed, beta], found.information_y.value, atol=0.02)
            if named[layer].fixed:
                np.testing.assert_allclose(row["information_x"][i, 1, seed, beta], found.information_x.value, atol=0.02)
        bounds = information.encoder_bounds(named["z"].q, named["z"].value)
        np.testing.assert_allclose(row["information_x"][1, 4, seed, beta], bounds.lower.value, atol=1e-3)
        np.testing.assert_allclose(row["information_x"][1, 5, seed, beta], bounds.upper.value, rtol=1e-3)
        errors = [row["information_x_error"][1, place, seed, beta] for place in (4, 5)]
        np.testing.assert_allclose(errors, [side.error for side in bounds], rtol=1e-2)


def test_what_does_not_apply_has_no_number_and_no_kind(trained, row):
    """Behind the noise of z there is no binned or KDE I(X;T), and a layer that is no code has no encoder."""
    _, _, asked = trained
    kinds = {
        name: np.array([[each[place] for each in of_layer.values()] for of_layer in asked.kinds.values()])
        for place, name in enumerate(QUANTITIES)
    }
    assert [*asked.kinds] == ["h1", "z", "output"] and asked.coordinates["estimator"] == [*asked.kinds["h1"]]
    assert kinds["information_x"].tolist() == [
        ["estimate", "estimate", "lower", "estimate", "", ""],
        ["", "", "", "", "lower", "upper"],
        [""] * 6,
    ]
    known = (kinds["information_y"] == "estimate").tolist()
    assert known == [[True] * 4 + [False] * 2, [True] * 6, [True] * 4 + [False] * 2]
    for name in QUANTITIES:
        empty = np.isnan(row[name]).all(axis=(-2, -1))
        np.testing.assert_array_equal(empty, kinds[name] == "")


def test_only_the_first_seeds_are_measured_by_slow_estimators(trained, row):
    """And at every second measurement, and the last one."""
    grid, batches, asked = trained
    kde = row["information_x"][0, 2:4]
    assert np.isfinite(kde[:, :2]).all() and np.isnan(kde[:, 2]).all()
    assert np.isfinite(row["information_x"][0, :2]).all()
    quick = asked.measure(grid, batches, Moment(20, 1, False))
    np.testing.assert_array_equal(quick["information_x"][:, :2], row["information_x"][:, :2])
    assert np.isnan(quick["information_x"][:, 2:]).all()
    second = asked.measure(grid, batches, Moment(20, 2, False))
    np.testing.assert_array_equal(second["information_x"], row["information_x"])


def test_spread_over_devices_it_is_the_same(trained, row):
    grid, batches, asked = trained
    spread = sharding.place(grid)
    assert spread.step.sharding.mesh.size == 2
    again = asked.measure(spread, batches, LAST)
    for name, values in row.items():
        np.testing.assert_allclose(again[name], values, rtol=1e-3, atol=1e-3)


def test_flags_say_what_cannot_be_right():
    """Two layers, three estimators: fine, above the ceiling, below zero, at a ceiling, not measured, not finite."""
    names, dims = ["binned_unit", "ross", "encoder_lower", "encoder_upper"], ("seed", "beta", "step", "layer")
    made_by = {name: ESTIMATORS[name.removesuffix("_lower").removesuffix("_upper")] for name in names}
    ceilings = np.full((2, 1, 1, 2, 4), 3.0)
    ceilings[..., 1, 3] = np.nan
    x, resolved = np.ones_like(ceilings), np.ones_like(ceilings)
    x[0, 0, 0, 0, :3] = 3.002, -0.5, 2.95
    x[1] = np.nan
    resolved[0, 0, 0, 1, :2] = 0, np.nan  # NaN: of an estimator that does not say
    parts = {"": x, "_ceiling": ceilings, "_resolved": resolved, "_error": np.full_like(x, np.nan)}
    arrays = {f"information_x{end}": ((*dims, "estimator"), values) for end, values in parts.items()}
    kinds = {layer: dict.fromkeys(names, ("estimate", "")) for layer in ("h1", "h2")}
    measured = xr.Dataset(arrays, {"layer": ["h1", "h2"], "estimator": names})
    found = flagged(measured.copy(), "information_x", kinds, made_by, 100, False)
    assert "information_x_error" not in found  # of estimators that know none
    flags = found.information_x_flag
    assert flags.attrs["flag_meanings"].split() == list(FLAGS) and flags.dims == (*dims, "estimator")
    named = np.array(FLAGS)[flags.values]
    assert named[0, 0, 0, 0].tolist() == ["above_ceiling", "below_zero", "unresolved", "fine"]
    assert named[0, 0, 0, 1].tolist() == ["unresolved", "fine", "fine", "not_measured"]
    assert (named[1, 0, 0, :, :3] == "not_finite").all()
    assert found.information_x_kind.dims == found.information_x_ceiling.dims == ("layer", "estimator")
    unasked = {layer: dict.fromkeys(names, ("", "")) for layer in ("h1", "h2")}
    flags = flagged(measured, "information_x", unasked, made_by, 100, False).information_x_flag
    assert (np.array(FLAGS)[flags.values] == "not_measured").all()


def test_rows_of_an_earlier_version_go_on():
    earlier, row = {"loss": np.zeros((3, 2))}, {"loss": np.ones(2), "information_x_resolved": np.ones((4, 2))}
    rows = trainer.append(earlier, row)
    assert {name: len(values) for name, values in rows.items()} == dict.fromkeys(row, 4)
    assert np.isnan(rows["information_x_resolved"][:3]).all() and (rows["information_x_resolved"][3] == 1).all()
    assert trainer.append({}, row)["information_x_resolved"].shape == (1, 4, 2)


@pytest.mark.parametrize("value", [3, True, np.float32(2.5)])
def test_a_number_that_is_left_out_at_a_step_is_nan_of_whatever_type(value):
    rows = trainer.append(trainer.append({}, {"count": np.asarray(value), "kept": np.ones(2)}), {"kept": np.ones(2)})
    np.testing.assert_array_equal(rows["count"], [value, np.nan])


def result_of(asked, rows, betas=(0.01, 0.3)):
    """The result of rows of the plane, a chunk a beta, whose first beta counts."""
    finite = {"finite": np.ones((1, *next(iter(rows))["dead"].shape[-2:]), bool)}
    chunks = [
        Chunk([beta], {name: value[None] for name, value in row.items()} | finite, finite["finite"].shape[2] - 1)
        for beta, row in zip(betas, rows, strict=True)
    ]
    return results.build([asked], chunks, range(finite["finite"].shape[1]), [20], {})


@pytest.mark.parametrize("old", [0, 1])
def test_chunks_of_which_one_is_of_an_earlier_version_end_in_results(trained, row, old):
    """What the old one does not say is NaN there, and nowhere else."""
    stripped = {name: value for name, value in row.items() if not name.endswith(("_error", "_resolved"))}
    result = result_of(trained[2], [stripped if chunk == old else row for chunk in (0, 1)])
    whole = result_of(trained[2], [row, row])
    assert result.information_x.dims == ("seed", "beta", "step", "layer", "estimator")
    for name in ("information_x", "information_y", "dead", "information_x_error"):
        assert np.isfinite(whole[name]).any()
        for chunk in (0, 1):
            told = whole[name].isel(beta=chunk).values
            told = np.full_like(told, np.nan) if name.endswith("_error") and chunk == old else told
            np.testing.assert_array_equal(result[name].isel(beta=chunk), told)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"plane.estimators": ("kdee",)}, ["plane.estimators", "kdee", "'kde'"]),
        ({"plane.estimators": {"ross": {"k": 5000}}}, ["k", "5000"]),
        ({"plane.estimators": {"binned_unit": {"bins": 1}}}, ["bins", "1"]),
        ({"plane.estimators": {"kde": {"bins": 30}}}, ["plane.estimators.kde", "'bins'", "noise_variance"]),
        ({"plane.estimators": ("kde", "kde")}, ["plane.estimators", "'kde'", "twice"]),
        ({"plane.inputs": "both", "plane.estimators": ("kde",)}, ["plane.inputs", "both"]),
        ({"plane.examples": 1}, ["plane.examples", "1"]),
        ({"plane.slow_every": 0}, ["plane.slow_every", "0"]),
        ({"plane.estimators": {"noisy": {"draws": 1}}}, ["plane.estimators.noisy", "draws", "1"]),
        ({"plane.estimators": {"noisy": {"draws": "x"}}}, ["plane.estimators.noisy.draws", "'x'"]),
        ({"plane.estimators": {"kde": {"noise_variance": 0.0}}}, ["noise_variance", "0"]),
        ({"plane.estimators": ("kde",), "plane.gradient_batches": 1}, ["plane.gradient_batches", "1"]),
        ({"model.noise_std": -0.1}, ["model.noise_std", "-0.1"]),
        ({"model.noise_std": 0.1, "model.latent": 2}, ["model.noise_std", "model.latent"]),
        ({"model.kind": "vib"}, ["model.latent", "classifier"]),
        ({"model.initialisation": "xavier"}, ["model.initialisation", "xavier"]),
    ],
)
def test_mistakes_are_told_before_training(changes, words):
    with pytest.raises(InvalidInput) as error:
        small.prepare("szt_vib", **NET | changes)
    assert_one_line(error, *words)


def test_bins_that_do_not_fit_the_activation_are_warned_of(caplog):
    fields = NET | {"plane.estimators": ("binned_unit",)}
    small.prepare("szt_vib", **fields)
    assert not caplog.records
    small.prepare("szt_vib", **fields | {"model.activation": "relu"})
    assert "binned_unit" in caplog.text and "relu" in caplog.text


def test_population_is_known_as_such():
    """All 4096 patterns are; a part of them, or draws from a table, are a sample."""

    def enumerated(**changes):
        return plane_inputs(small.prepare("szt_vib", **NET | changes)).enumerated

    assert enumerated()
    assert not enumerated(**{"plane.inputs": "train"})
    assert not enumerated(**{"plane.examples": 4000})
    assert not enumerated(**{"data.label_noise": 0.1})


@pytest.fixture(scope="module")
def result(compiled, tmp_path_factory):  # noqa: F811
    fields = NET | {"plane.estimators": (*FAST, *SLOW), "plane.slow_every": 2, "plane.slow_seeds": 1}
    return small.run(tmp_path_factory.mktemp("plane"), "szt_vib", **fields)


def test_result_holds_the_plane(result):
    assert dict(result.information_x.sizes) == {"seed": 2, "beta": 1, "step": 4, "layer": 3, "estimator": 4}
    assert result.layer.values.tolist() == ["h1", "h2", "output"]
    assert result.attrs["plane_inputs"] == "4096 training and test inputs, the whole population"
    assert "cluster" in result.attrs["plane_note"]
    assert (result.information_x_kind.sel(estimator="binned_unit") == "exact").all()
    assert result.information_x_ceiling.max() == pytest.approx(np.log(4096))
    assert result.information_y_ceiling.values == pytest.approx(result.attrs["entropy_y_test"], abs=1e-3)
    assert {"gradient_ratio", "weight_norm", "saturated", "dead", "verdict", "compression"} <= set(result)
    kde = np.isfinite(result.information_x.sel(estimator="kde_lower")[:, 0, :, 0])
    assert kde.values.tolist() == [[True, False, True, True], [False] * 4]


def test_lower_bounds_are_below_upper_ones(result):
    lower, upper = (result.information_x.sel(estimator=f"kde_{side}") for side in ("lower", "upper"))
    assert (lower <= upper + 1e-5).where(np.isfinite(upper), True).all()
    assert (result.information_x_flag.isin([0, 1])).all()


def test_interrupted_and_resumed_it_is_bit_for_bit_the_same(tmp_path, monkeypatch, result):
    """Stopped in the middle of the measured steps: rows of the plane come back from the checkpoint."""
    fields = NET | {
        "plane.estimators": (*FAST, *SLOW),
        "plane.slow_every": 2,
        "plane.slow_seeds": 1,
        "checkpoint.every": 5,
    }
    calls, true = [], trainer.train_until

    def stopping(grid, data, stop):
        calls.append(stop)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return true(grid, data, stop)

    monkeypatch.setattr(trainer, "train_until", stopping)
    with pytest.raises(KeyboardInterrupt):
        small.run(tmp_path / "run", "szt_vib", **fields)
    monkeypatch.undo()
    resumed = small.run(tmp_path / "run", "szt_vib", **fields)
    for name in ("information_x", "information_y", "information_x_flag", "gradient_ratio", "compression"):
        one, two = resumed[name].values, result[name].values
        assert one.tobytes() == two.tobytes(), name


def measured(name, **fields):
    """The variables of the plane of one member before its first step, {information_x, ...} over layer and estimator."""
    setup = small.prepare(name, **fields | {"sweep.seeds": (0,), "plane.gradient_batches": 2})
    asked, betas = information_plane(setup), fields["sweep.betas"]
    row = asked.measure(setup.make_sweep(betas), setup.batches, Moment(0, 0, False))
    return result_of(asked, [row], betas).isel(seed=0, beta=0, step=0)


@pytest.mark.parametrize("name", ["gaussian_vib", "digits_vae"])
def test_other_models_have_a_plane_too(name):
    """A regression has no labels to bin against, but nearest neighbours; a VAE has layers and no output of labels."""
    estimators = ("ksg", "encoder") if name == "gaussian_vib" else ("binned_layer", "encoder")
    found = measured(name, **{"sweep.betas": (0.1,), "plane.examples": 60, "plane.estimators": estimators})
    assert found.layer.values.tolist()[:2] == ["h1", "z"]
    assert np.isfinite(found.information_x.sel(layer="z", estimator="encoder_upper"))
    assert np.isfinite(found.information_y.sel(layer="z", estimator=estimators[0]))


def test_noisy_network_is_measured_by_its_own_noise():
    fields = NET | {"model.noise_std": 0.2, "plane.estimators": {"noisy": {"draws": 4}}, "plane.examples": 64}
    found = measured("szt_vib", **fields).information_x.sel(estimator="noisy")
    assert (found.sel(layer=["h1", "h2"]) > 0).all() and (found.sel(layer=["h1", "h2"]) < np.log(64)).all()
    assert np.isnan(found.sel(layer="output"))  # it has no noise of its own


def test_measurement_is_one_program_for_the_grid(trained):
    """A second measurement compiles nothing."""
    grid, batches, asked = trained
    asked.measure(grid, batches, LAST)
    before = [made._cache_size() for made in (plane.measured, plane._drift)]
    asked.measure(train_until(jax.tree.map(jnp.copy, grid), batches["train"], 30), batches, LAST)
    assert [made._cache_size() for made in (plane.measured, plane._drift)] == before
