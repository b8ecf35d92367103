"""The result and its file: axes and attributes; bit-exact, whole or not at all, readable by xarray alone."""

import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from vib import results
from vib.errors import InvalidInput
from vib.evaluation.evaluator import Evaluator, Variable
from vib.evaluation.rate_distortion import RateDistortion
from vib.results import provenance
from vib.results.dataset import Chunk

STEPS, SEEDS, BETAS = [0, 10, 100], [0, 1, 2, 3, 4], [1e-3, 0.1, 1.0]
ATTRS = {"kind": "vib", "classes": 10, "entropy_y_test": 2.3, "config": {"lr": 0.1}, "commit": None, "ok": True}
ENTROPIES = [2.2, 2.3]


def rows(names=("rate", "distortion", "loss", "accuracy"), shape=(3, 2, 5, 3)):
    random = np.random.default_rng(0)
    return {name: random.gamma(2.0, size=shape).astype(np.float32) for name in names}


def build(measured=None, finite=None, **options):
    measured = (measured or rows()) | {"finite": [np.ones((5, 3), bool) if finite is None else finite]}
    return results.build([RateDistortion(1, **options)], [Chunk(BETAS, measured)], SEEDS, STEPS, ATTRS)


def test_axes_and_attributes_are_those_of_the_design():
    measured = rows() | {"seconds_wall": [0.0, 1.0, 2.0]}
    dataset = build(measured, entropies=ENTROPIES)
    assert dataset.rate.dims == ("split", "seed", "beta", "step")
    assert dataset.rate.sel(split="test", seed=2, beta=0.1, step=100) == measured["rate"][2, 1, 2, 1]
    assert dataset.rate.dtype == np.float32
    assert all(dataset[name].attrs["units"] == "nats" for name in ("rate", "loss", "information_y_bound"))
    assert dataset.accuracy.attrs["units"] == "1" and dataset.seconds_wall.attrs["units"] == "s"
    assert all(values.attrs["long_name"] for values in dataset.variables.values())
    assert dataset.rate.attrs["bounds"] == "I(X;Z) from above"
    np.testing.assert_allclose(dataset.information_y_bound[0], 2.2 - dataset.distortion[0].astype(float))
    assert json.loads(dataset.attrs["config"]) == {"lr": 0.1}
    assert "commit" not in dataset.attrs and "diverged" not in dataset.attrs


def test_a_moving_average_of_the_weights_is_an_axis_of_what_it_was_measured_by():
    measured = rows(shape=(3, 2, 2, 5, 3))
    dataset = build(measured, averaged=True, entropies=ENTROPIES)
    assert dataset.rate.dims == dataset.information_y_bound.dims == ("weights", "split", "seed", "beta", "step")
    at = {"weights": "averaged", "split": "test", "seed": 2, "beta": 0.1, "step": 100}
    assert dataset.rate.sel(at) == measured["rate"][2, 1, 1, 2, 1]


def test_a_deterministic_rate_says_why_it_is_nan_and_counts_as_finite():
    measured = rows() | {"rate": np.full((3, 2, 5, 3), np.nan, np.float32)}
    dataset = build(measured, bounds=None)
    assert dataset.finite.all() and "deterministic" in dataset.rate.attrs["note"]


def test_diverged_members_are_masked_and_named_and_the_others_untouched():
    measured, finite = rows(), np.ones((5, 3), bool)
    finite[0, 1] = False
    measured["loss"][1, 0, 4, 2] = np.inf
    dataset = build(measured, finite=finite)
    assert dataset.attrs["diverged"] == "seed 0, beta 0.1; seed 4, beta 1"
    finite[4, 2] = False
    np.testing.assert_array_equal(dataset.finite, finite)
    for name, values in measured.items():
        moved = np.moveaxis(values, 0, -1)
        np.testing.assert_array_equal(dataset[name].values[:, finite], moved[:, finite])
        assert np.isnan(dataset[name].values[:, ~finite]).all()


def test_a_diverged_member_has_no_number_of_any_type_but_codes_stay():
    class Counts(Evaluator):
        number = Variable(("seed", "beta"), "1", "a number")
        variables = {"count": number, "known": number, "code": number._replace(attrs={"flag_values": [0, 1]})}

    finite, ones = np.ones((5, 3), bool), np.ones((3, 5, 3), int)
    finite[0, 1] = False
    measured = {"count": ones, "known": ones == 1, "code": ones, "finite": [finite]}
    dataset = results.build([Counts()], [Chunk(BETAS, measured)], SEEDS, STEPS, ATTRS)
    for name in ("count", "known"):
        np.testing.assert_array_equal(np.isnan(dataset[name]).all("step"), ~finite)
        assert (results.summary(dataset).mean[name] == 1).all()
    assert dataset.code.dtype == int and (dataset.code == 1).all()


def test_what_has_no_betas_or_is_empty_is_joined_of_several_chunks():
    class One(Evaluator):
        variables = {"one": Variable(("seed",), "1", "a number")}

    chunks = [Chunk(BETAS[:2], {"one": np.ones(5)}), Chunk(BETAS[2:], {"one": np.ones(5)}, padding=1)]
    assert results.extended(build(), One(), chunks).one.dims == ("seed",)
    empty = [chunk._replace(rows={}) for chunk in chunks]
    xr.testing.assert_identical(results.extended(build(), One(), empty), build())


def test_arrays_on_other_axes_than_their_evaluator_says_stop():
    with pytest.raises(InvalidInput, match=r"rate and distortion: 'rate' has the shape \(3, 2, 3, 5\)"):
        build(rows() | {"rate": np.zeros((3, 2, 3, 5))})


def test_chunks_lie_side_by_side_without_their_padding():
    measured = rows(shape=(3, 2, 5, 2)) | {"finite": [np.ones((5, 2), bool)]}
    chunks = [Chunk(BETAS[:2], measured), Chunk(BETAS[2:], measured, padding=1)]
    dataset = results.build([RateDistortion(1)], chunks, SEEDS, STEPS, ATTRS)
    np.testing.assert_array_equal(dataset.beta, BETAS)
    np.testing.assert_array_equal(dataset.rate, np.moveaxis(measured["rate"][..., [0, 1, 0]], 0, -1))


def test_round_trip_is_bit_exact_and_xarray_alone_can_read_it(tmp_path):
    finite = np.ones((5, 3), bool)
    finite[3] = False
    dataset = build(rows() | {"seconds_wall": [0.0, 1.5, 2.0]}, finite)
    results.save(dataset, tmp_path / "results.nc")
    loaded = results.load(tmp_path / "results.nc")
    xr.testing.assert_identical(loaded, dataset)
    with xr.open_dataset(tmp_path / "results.nc") as plain:
        for name, values in dataset.variables.items():
            assert plain[name].dtype == values.dtype
            assert plain[name].values.tobytes() == values.values.tobytes()
        assert plain.rate.sel(split="train", beta=0.1, seed=1, step=10) == dataset.rate.values[0, 1, 1, 1]
    results.save(loaded, tmp_path / "again.nc")
    xr.testing.assert_identical(results.load(tmp_path / "again.nc"), dataset)


@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path, monkeypatch, call):
    old = build()
    results.save(old, tmp_path / "results.nc")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as broken, pytest.raises(InvalidInput, match="No space left"):
        broken.setattr(os, call, full)
        results.save(build(rows(("rate",))), tmp_path / "results.nc")
    assert [file.name for file in tmp_path.iterdir()] == ["results.nc"]
    xr.testing.assert_identical(results.load(tmp_path / "results.nc"), old)


def test_a_missing_folder_stops_with_one_line(tmp_path):
    with pytest.raises(InvalidInput, match=r"cannot write .*folder") as caught:
        results.save(build(), tmp_path / "absent" / "results.nc")
    assert "\n" not in str(caught.value)


def test_missing_and_foreign_files_stop(tmp_path):
    with pytest.raises(InvalidInput, match=r"no file .*run the sweep"):
        results.load(tmp_path / "results.nc")
    xr.Dataset({"a": ("b", [1.0])}).to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    with pytest.raises(InvalidInput, match="no axis 'seed"):
        results.load(tmp_path / "other.nc")


@pytest.mark.filterwarnings("error")
def test_damage_anywhere_is_noticed(tmp_path):
    path, dataset = tmp_path / "results.nc", build()
    results.save(dataset, path)
    whole = path.read_bytes()
    for length in (0, 7, len(whole) // 2, len(whole) - 39):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidInput, match="truncated or corrupt; delete it"):
            results.load(path)
    for place in np.random.default_rng(0).integers(len(whole) - 38, size=25):
        path.write_bytes(whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :])
        with pytest.raises(InvalidInput, match="checksum; delete it"):
            results.load(path)


def test_a_file_that_another_program_wrote_is_read_without_a_checksum(tmp_path):
    dataset = build()
    dataset.to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    xr.testing.assert_equal(results.load(tmp_path / "other.nc"), dataset)


def test_versions_and_commit(tmp_path, monkeypatch):
    assert {"python", "jax", "jaxlib", "flax", "optax", "numpy", "xarray", "vib"} <= set(results.versions())
    assert results.versions()["numpy"] == np.__version__

    git = ["git", "-C", tmp_path, "-c", "user.name=a", "-c", "user.email=a@b.c"]
    source = tmp_path / "vib" / "provenance.py"
    source.parent.mkdir()
    source.write_text("")
    monkeypatch.setattr(provenance, "SOURCE", tmp_path)
    monkeypatch.setattr(provenance, "__file__", str(source))
    assert results.commit() is None
    for words in (["init", "-q"], ["add", "."], ["commit", "-q", "--no-verify", "-m", "one"]):
        subprocess.run([*git, *words], check=True)
    clean = results.commit()
    assert len(clean) == 40
    Path(source).write_text("changed")
    assert results.commit() == f"{clean}+dirty"
    monkeypatch.setenv("PATH", "")
    assert results.commit() is None
