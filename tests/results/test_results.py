"""The result file: bit-exact, whole or not at all, readable by xarray alone; its means and intervals."""

import json
import os
import subprocess
from pathlib import Path

import h5py
import numpy as np
import pytest
import xarray as xr
from scipy import stats

from vib import results
from vib.errors import InvalidInput
from vib.results import provenance

STEPS, SEEDS, BETAS = [0, 10, 100], [0, 1, 2, 3, 4], [1e-3, 0.1, 1.0]
ATTRS = {"kind": "vib", "classes": 10, "entropy_y_test": 2.3, "config": {"lr": 0.1}, "commit": None, "ok": True}


def rows(names=("rate", "distortion", "loss", "accuracy", "information_y_bound", "rate_ema")):
    random = np.random.default_rng(0)
    return {name: random.gamma(2.0, size=(3, 2, 5, 3)).astype(np.float32) for name in names}


def build(measured=None, **options):
    return results.build(measured or rows(), STEPS, SEEDS, BETAS, ATTRS, **options)


def test_axes_and_attributes_are_those_of_the_design():
    measured = rows()
    dataset = build(measured, others={"seconds_wall": (("step",), [0.0, 1.0, 2.0])})
    assert dataset.rate.dims == ("split", "seed", "beta", "step")
    assert dataset.rate.sel(split="test", seed=2, beta=0.1, step=100) == measured["rate"][2, 1, 2, 1]
    assert dataset.rate.dtype == np.float32
    assert all(dataset[name].attrs["units"] == "nats" for name in ("rate", "loss", "information_y_bound", "rate_ema"))
    assert dataset.accuracy.attrs["units"] == "1" and dataset.seconds_wall.attrs["units"] == "s"
    assert all(values.attrs["long_name"] for values in dataset.variables.values())
    assert dataset.rate.attrs["bounds"] == "I(X;Z) from above"
    assert json.loads(dataset.attrs["config"]) == {"lr": 0.1}
    assert "commit" not in dataset.attrs and "diverged" not in dataset.attrs


def test_a_deterministic_rate_says_why_it_is_nan_and_counts_as_finite():
    measured = rows() | {"rate": np.full((3, 2, 5, 3), np.nan, np.float32)}
    dataset = results.build(measured, STEPS, SEEDS, BETAS, {"kind": "classifier"})
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


@pytest.mark.parametrize(
    "measured", [{"rat": np.zeros((3, 2, 5, 3))}, {"rate": np.zeros((2, 5, 3, 3))}], ids=["name", "shape"]
)
def test_unknown_names_and_wrong_shapes_stop(measured):
    with pytest.raises(InvalidInput, match="rate"):
        build(measured)


def test_round_trip_is_bit_exact_and_xarray_alone_can_read_it(tmp_path):
    finite = np.ones((5, 3), bool)
    finite[3] = False
    dataset = build(finite=finite, others={"seconds_wall": (("step",), [0.0, 1.5, 2.0])})
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
    with pytest.raises(InvalidInput, match="no axis 'split"):
        results.load(tmp_path / "other.nc")


@pytest.mark.filterwarnings("error")
def test_a_truncated_file_stops_with_one_line(tmp_path):
    path = tmp_path / "results.nc"
    results.save(build(), path)
    whole = path.read_bytes()
    for length in (0, 7, len(whole) // 2, len(whole) - 39, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(InvalidInput, match="truncated or corrupt; delete it") as caught:
            results.load(path)
        assert "\n" not in str(caught.value)


def stored(path):
    """Where each variable's numbers lie: {name: [(first byte, size), ...]}."""
    with h5py.File(path) as file:
        variables = {name: part.id for name, part in file.items() if part.fletcher32}
        chunks = {name: map(part.get_chunk_info, range(part.get_num_chunks())) for name, part in variables.items()}
        return {name: [(chunk.byte_offset, chunk.size) for chunk in of_name] for name, of_name in chunks.items()}


def flipped(path, whole, place, bit):
    path.write_bytes(whole[:place] + bytes([whole[place] ^ 1 << bit]) + whole[place + 1 :])


@pytest.mark.filterwarnings("error")
def test_a_flipped_bit_of_any_number_is_noticed(tmp_path):
    path, dataset, random = tmp_path / "results.nc", build(), np.random.default_rng(0)
    results.save(dataset, path)
    whole, chunks = path.read_bytes(), stored(path)
    assert chunks.keys() == {name for name, part in dataset.variables.items() if part.dtype.kind in "biuf"}
    for begin, size in [chunk for of_name in chunks.values() for chunk in of_name]:
        flipped(path, whole, begin + random.integers(size), random.integers(8))
        with pytest.raises(InvalidInput, match="truncated or corrupt; delete it"):
            results.load(path)


def test_damage_anywhere_changes_no_number_unnoticed(tmp_path):
    """Headers and indices have checksums too: without theirs, numbers could be read from elsewhere or be left out."""
    path, dataset, random = tmp_path / "results.nc", build(), np.random.default_rng(1)
    results.save(dataset, path)
    whole, noticed = path.read_bytes(), 0
    for place in random.integers(len(whole), size=40):
        flipped(path, whole, place, random.integers(8))
        try:
            loaded = results.load(path)
        except InvalidInput:
            noticed += 1
            continue
        for name, part in dataset.variables.items():
            if part.dtype.kind in "biuf":
                np.testing.assert_array_equal(loaded[name], part)
    assert noticed > 20


def test_a_file_that_another_program_wrote_is_read_without_checksums(tmp_path):
    dataset = build()
    dataset.to_netcdf(tmp_path / "other.nc", engine="h5netcdf")
    xr.testing.assert_equal(results.load(tmp_path / "other.nc"), dataset)


def test_summary_has_the_student_t_interval_of_the_finite_seeds():
    finite = np.ones((5, 3), bool)
    finite[0, 1] = False  # four seeds left
    finite[1:, 2] = False  # one left
    dataset = build(finite=finite)
    summary = results.summary(dataset, split="train", step=1)
    for j in (0, 1):
        kept = dataset.rate.values[0, finite[:, j], j, 1].astype(np.float64)
        low, high = stats.t.interval(0.95, len(kept) - 1, kept.mean(), stats.sem(kept))
        np.testing.assert_allclose(summary.rate[j], kept.mean(), rtol=1e-12)
        np.testing.assert_allclose(summary.rate_half_width[j], (high - low) / 2, rtol=1e-9)
    assert summary.rate[2] == np.float64(dataset.rate.values[0, 0, 2, 1])
    assert np.isnan(summary.rate_half_width[2])
    np.testing.assert_array_equal(summary.members, [5, 4, 1])


def test_summary_of_nothing_finite_is_nan_and_takes_lists_and_slices():
    summary = results.summary(build(finite=np.zeros((5, 3), bool)), split=["train", "test"], step=slice(None))
    assert summary.rate.sizes == {"split": 2, "beta": 3, "step": 3}
    assert summary.rate.isnull().all() and summary.rate_half_width.isnull().all()


def test_bits_converts_what_is_in_nats_and_says_so():
    summary = results.summary(build())
    bits = results.bits(summary)
    for name in ("rate", "rate_ema", "distortion", "loss", "information_y_bound"):
        np.testing.assert_allclose(bits[f"{name}_bits"], summary[name] / np.log(2))
        np.testing.assert_allclose(bits[f"{name}_bits_half_width"], summary[f"{name}_half_width"] / np.log(2))
        assert bits[f"{name}_bits"].attrs["units"] == "bits" and name not in bits
    xr.testing.assert_identical(bits.accuracy, summary.accuracy)
    assert bits.attrs["entropy_y_test_bits"] == 2.3 / np.log(2) and "entropy_y_test" not in bits.attrs


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
