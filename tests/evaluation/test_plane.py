"""The plane of a sweep is what the estimators say of each member's own layers; what was not measured says so."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
import xarray as xr
from conftest import assert_one_line
from quick import quickly_compiled  # noqa: F401
from small import compiled  # noqa: F401

from experiments import record, runner
from vib import information
from vib.errors import InvalidInput
from vib.evaluation import activations, plane
from vib.evaluation.plane import Plane
from vib.information import FLAGS
from vib.run import prepare
from vib.training import sharding, sweep
from vib.training.sweep import stream, train_until

pytestmark = pytest.mark.usefixtures("compiled")
NET = {
    "model.kind": "classifier",
    "model.latent": None,
    "model.widths": (5, 3),
    "model.activation": "tanh",
    "sweep.betas": (0.0,),
    "train.steps": 20,
    "data.test_fraction": 0.2,
    "plane.inputs": "all",
    "plane.gradient_batches": 3,
}
FAST, SLOW = ("binned_unit", "binned_width"), ("kde",)


@pytest.fixture(scope="module")
def trained():
    """A grid of three seeds and two betas of a VIB, trained a little, its data and the inputs of its plane."""
    fields = {"sweep.seeds": (0, 1, 2), "sweep.betas": (0.01, 0.3), "plane.inputs": "test"}
    setup = prepare(small.config("digits_vib", **fields, **{"plane.estimators": (*FAST, *SLOW, "encoder")}))
    grid = train_until(setup.make_sweep([0.01, 0.3]), setup.batches["train"], 20)
    return grid, setup


@pytest.fixture(scope="module")
def row(trained):
    grid, setup = trained
    asked = setup.plane._replace(seeds=2)
    return plane.measure(grid, setup.batches["train"], setup.inputs.x, setup.inputs.y, asked)


def test_numbers_are_those_of_each_member_alone(trained, row):
    """Member by member and outside of the grid's program: the estimator on that member's layers."""
    grid, setup = trained
    layers, _ = plane.describe(grid, setup.inputs.x, setup.inputs.y, setup.plane)
    assert layers == ["h1", "z", "output"]
    assert plane.names(setup.plane) == [*FAST, "kde_lower", "kde_upper", "encoder_lower", "encoder_upper"]
    for seed, beta in ((0, 0), (1, 1)):
        model = sweep.member(grid, seed, beta)
        key = jax.random.split(stream(grid.seed[seed], "plane"))[0]
        named = activations.layers(model, setup.inputs.x, key)
        for i, layer in enumerate(layers):
            found = information.binned(named[layer].value, setup.inputs.y, edges="width", width=0.07, classes=10)
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
    grid, setup = trained
    _, kinds = plane.describe(grid, setup.inputs.x, setup.inputs.y, setup.plane)
    assert kinds["information_x"].tolist() == [
        ["estimate", "estimate", "lower", "estimate", "", ""],
        ["", "", "", "", "lower", "upper"],
        [""] * 6,
    ]
    known = (kinds["information_y"] == "estimate").tolist()
    assert known == [[True] * 4 + [False] * 2, [True] * 6, [True] * 4 + [False] * 2]
    for name in plane.QUANTITIES:
        empty = np.isnan(row[name]).all(axis=(-2, -1))
        np.testing.assert_array_equal(empty, kinds[name] == "")


def test_only_the_first_seeds_are_measured_by_slow_estimators(trained, row):
    grid, setup = trained
    kde = row["information_x"][0, 2:4]
    assert np.isfinite(kde[:, :2]).all() and np.isnan(kde[:, 2]).all()
    assert np.isfinite(row["information_x"][0, :2]).all()
    quick = plane.measure(grid, setup.batches["train"], setup.inputs.x, setup.inputs.y, setup.plane, slow=False)
    np.testing.assert_array_equal(quick["information_x"][:, :2], row["information_x"][:, :2])
    assert np.isnan(quick["information_x"][:, 2:]).all()


def test_spread_over_devices_it_is_the_same(trained, row):
    grid, setup = trained
    spread = sharding.place(grid)
    assert spread.step.sharding.mesh.size == 2
    again = plane.measure(spread, setup.batches["train"], setup.inputs.x, setup.inputs.y, setup.plane._replace(seeds=2))
    for name, values in row.items():
        np.testing.assert_allclose(again[name], values, rtol=1e-3, atol=1e-3)


def test_flags_say_what_cannot_be_right():
    """Two layers, three estimators: fine, above the ceiling, below zero, at a ceiling, not measured, diverged."""
    asked, kinds = Plane(("binned_unit", "ross", "encoder")), np.full((2, 4), "estimate")
    shape = (1, 2, 4, 2, 1)
    rows = {name: np.ones(shape) for name in plane.QUANTITIES}
    rows |= {f"{name}_ceiling": np.full(shape, 3.0) for name in plane.QUANTITIES}
    rows["information_x_error"] = np.full(shape, np.nan)
    x = rows["information_x"][0, 0, :, 0, 0]
    x[:3] = 3.002, -0.5, 2.95
    rows["information_x_ceiling"][0, 1, 3] = np.nan
    rows["information_x_resolved"] = np.ones(shape)  # of y there is none, as in rows of an earlier version
    rows["information_x_resolved"][0, 1, :2, 0, 0] = 0, np.nan
    found = plane.variables(
        rows, ["h1", "h2"], dict.fromkeys(plane.QUANTITIES, kinds), asked, 100, np.array([[True], [False]])
    )
    assert "information_x_error" not in found  # of estimators that know none
    dims, flags, codes = found["information_x_flag"]
    assert codes["flag_meanings"].split() == list(FLAGS)
    assert dims == ("seed", "beta", "step", "layer", "estimator")
    named = np.array(FLAGS)[flags]
    assert named[0, 0, 0, 0].tolist() == ["above_ceiling", "below_zero", "unresolved", "fine"]
    assert named[0, 0, 0, 1].tolist() == ["unresolved", "fine", "fine", "not_measured"]
    assert (named[1, 0, 0, :, :3] == "not_finite").all()
    assert np.isnan(found["information_x"][1][1]).all()


def test_rows_of_an_earlier_version_go_on():
    earlier, row = {"loss": np.zeros((3, 2))}, {"loss": np.ones(2), "information_x_resolved": np.ones((4, 2))}
    rows = record.append(earlier, row)
    assert {name: len(values) for name, values in rows.items()} == dict.fromkeys(row, 4)
    assert np.isnan(rows["information_x_resolved"][:3]).all() and (rows["information_x_resolved"][3] == 1).all()
    assert record.append({}, row)["information_x_resolved"].shape == (1, 4, 2)


@pytest.mark.parametrize("old", [{0}, {1}, {0, 1}])
def test_chunks_of_which_some_are_of_an_earlier_version_end_in_results(trained, row, old):
    """Of each chunk the first beta counts; what the old ones do not say is NaN there, and nowhere else."""
    _, setup = trained
    new = {name: value[None] for name, value in row.items()} | {"seconds_plane": np.ones((1, row["dead"].shape[-1]))}
    stripped = {name: value for name, value in new.items() if not name.endswith(("_error", "_resolved"))}
    rows = record.join([stripped if chunk in old else new for chunk in (0, 1)], [1, 1])
    assert (rows.keys() == new.keys()) == (len(old) < 2)
    for name, value in rows.items():
        for chunk in (0, 1):
            told = np.full_like(new[name], np.nan) if name not in stripped and chunk in old else new[name]
            np.testing.assert_array_equal(value[..., chunk], told[..., 0])
    finite = np.ones((row["dead"].shape[-2], 2), bool)
    found = record.plane_variables(setup, rows, finite)
    assert found["information_x"][1].shape[:2] == finite.shape


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"plane.estimators": ("kdee",)}, ["plane.estimators", "kdee", "'kde'"]),
        ({"plane.estimators": ("ross",), "plane.k": 5000}, ["k", "5000"]),
        ({"plane.estimators": ("binned_unit",), "plane.bins": 1}, ["bins", "1"]),
        ({"plane.inputs": "both"}, ["plane.inputs", "both"]),
        ({"plane.examples": 1}, ["plane.examples", "1"]),
        ({"plane.every": 0}, ["plane.every", "0"]),
        ({"plane.estimators": ("noisy",), "plane.draws": 1}, ["plane.draws", "1"]),
        ({"plane.estimators": ("kde",), "plane.noise_variance": 0.0}, ["noise_variance", "0"]),
        ({"plane.estimators": ("kde",), "plane.gradient_batches": 1}, ["plane.gradient_batches", "1"]),
        ({"model.noise_std": -0.1}, ["model.noise_std", "-0.1"]),
        ({"model.noise_std": 0.1, "model.latent": 2}, ["model.noise_std", "model.latent"]),
        ({"model.kind": "vib"}, ["model.latent", "classifier"]),
        ({"model.initialisation": "xavier"}, ["model.initialisation", "xavier"]),
    ],
)
def test_mistakes_are_told_before_training(changes, words):
    with pytest.raises(InvalidInput) as error:
        jax.eval_shape(lambda: prepare(small.config("szt_vib", **NET | changes)).make_sweep([0.0]))
    assert_one_line(error, *words)


def test_bins_that_do_not_fit_the_activation_are_warned_of(caplog):
    fields = NET | {"plane.estimators": ("binned_unit",)}
    prepare(small.config("szt_vib", **fields))
    assert not caplog.records
    prepare(small.config("szt_vib", **fields | {"model.activation": "relu"}))
    assert "binned_unit" in caplog.text and "relu" in caplog.text


def test_population_is_known_as_such():
    """All 4096 patterns are; a part of them, or draws from a table, are a sample."""
    asked = NET | {"plane.estimators": ("binned_unit",)}
    assert prepare(small.config("szt_vib", **asked)).plane.enumerated
    assert not prepare(small.config("szt_vib", **asked | {"plane.inputs": "train"})).plane.enumerated
    assert not prepare(small.config("szt_vib", **asked | {"plane.examples": 4000})).plane.enumerated


@pytest.fixture(scope="module")
def result(compiled, tmp_path_factory):  # noqa: F811
    fields = NET | {"plane.estimators": (*FAST, *SLOW), "plane.every": 2, "plane.seeds": 1}
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
    fields = NET | {"plane.estimators": (*FAST, *SLOW), "plane.every": 2, "plane.seeds": 1, "checkpoint.every": 5}
    calls, true = [], runner.train_until

    def stopping(grid, data, stop):
        calls.append(stop)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return true(grid, data, stop)

    monkeypatch.setattr(runner, "train_until", stopping)
    with pytest.raises(KeyboardInterrupt):
        small.run(tmp_path / "run", "szt_vib", **fields)
    monkeypatch.undo()
    resumed = small.run(tmp_path / "run", "szt_vib", **fields)
    for name in ("information_x", "information_y", "information_x_flag", "gradient_ratio", "compression"):
        one, two = resumed[name].values, result[name].values
        assert one.tobytes() == two.tobytes(), name


def measured(name, **fields):
    """The variables of the plane of one member before its first step, {information_x, ...} over layer and estimator."""
    setup = prepare(small.config(name, **fields | {"sweep.seeds": (0,), "plane.gradient_batches": 2}))
    row = record.measure_plane(setup, setup.batches, setup.make_sweep(fields["sweep.betas"]), True, lambda: None)
    rows = {name: value[None] for name, value in row.items()}
    return xr.Dataset(record.plane_variables(setup, rows, np.ones((1, 1), bool))).isel(seed=0, beta=0, step=0)


@pytest.mark.parametrize("name", ["gaussian_vib", "digits_vae"])
def test_other_models_have_a_plane_too(name):
    """A regression has no labels to bin against, but nearest neighbours; a VAE has layers and no output of labels."""
    estimators = ("ksg", "encoder") if name == "gaussian_vib" else ("binned_layer", "encoder")
    found = measured(name, **{"sweep.betas": (0.1,), "plane.examples": 60, "plane.estimators": estimators})
    assert found.layer.values.tolist()[:2] == ["h1", "z"]
    assert np.isfinite(found.information_x.sel(layer="z", estimator="encoder_upper"))
    assert np.isfinite(found.information_y.sel(layer="z", estimator=estimators[0]))


def test_noisy_network_is_measured_by_its_own_noise():
    fields = NET | {"model.noise_std": 0.2, "plane.estimators": ("noisy",), "plane.draws": 4, "plane.examples": 64}
    found = measured("szt_vib", **fields).information_x.sel(estimator="noisy")
    assert (found.sel(layer=["h1", "h2"]) > 0).all() and (found.sel(layer=["h1", "h2"]) < np.log(64)).all()
    assert np.isnan(found.sel(layer="output"))  # it has no noise of its own


def test_measurement_is_one_program_for_the_grid(trained):
    """A second measurement compiles nothing."""
    grid, setup = trained
    arguments = (setup.batches["train"], setup.inputs.x, setup.inputs.y, setup.plane._replace(seeds=2))
    plane.measure(grid, *arguments)
    before = [made._cache_size() for made in (plane._measured, plane._drift)]
    plane.measure(train_until(jax.tree.map(jnp.copy, grid), setup.batches["train"], 30), *arguments)
    assert [made._cache_size() for made in (plane._measured, plane._drift)] == before
