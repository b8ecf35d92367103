"""Whatever harms the files or a member of a run, the run that goes on ends with the same bits."""

import json
import shutil

import jax
import numpy as np
import pytest
import xarray as xr
from small import assert_error_line, assert_same_bits, compiled, files, finish, flags, start  # noqa: F401
from whole import FIELDS, run, saved

from experiments import output
from vib import load
from vib.errors import InvalidInput
from vib.training import folder, trainer

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.fixture
def copy(whole, tmp_path):
    """A folder of the same run, to be harmed."""
    return shutil.copytree(whole, tmp_path / "copy")


def test_second_run_in_a_folder_stops(copy):
    before = files(copy)
    with folder.claimed(copy):
        assert_error_line(finish(start("-m", "experiments.sweep", *flags(copy, **FIELDS))), "another run", str(copy))
    assert files(copy) == before


def test_another_config_in_a_folder_stops(copy):
    before = files(copy)
    with pytest.raises(InvalidInput) as error:
        run(copy, **{"model.latent": 3, "sweep.betas": (1e-3, 1e-2, 0.2)})
    message = str(error.value)
    assert all(w in message for w in ("model.latent: 2 -> 3", "sweep.betas", "0.1) -> (", "another workdir", str(copy)))
    assert "\n" not in message and "train" not in message
    assert files(copy) == before


@pytest.mark.parametrize("field", ["sweep.chunk", "train.steps", "checkpoint.every"])
def test_any_field_counts_as_another_config(copy, field):
    with pytest.raises(InvalidInput, match=field):
        run(copy, **{field: 3})


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def empty(path):
    path.write_bytes(b"")


def empty_all(path):
    for file in path.parents[1].rglob("*"):
        if file.is_file():
            empty(file)


def remove(path):
    path.unlink()


def largest(place):
    return max((path for path in place.rglob("d/*") if path.is_file()), key=lambda path: path.stat().st_size)


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("harm", [truncate, flip, empty, empty_all, remove])
def test_damaged_checkpoint_is_set_aside(copy, undisturbed, capsys, harm):
    (copy / "results.nc").unlink()
    harm(largest(copy / "checkpoints/1/100/content"))
    assert_same_bits(run(copy), undisturbed)
    said = capsys.readouterr().out
    assert "step 100 is damaged" in said and "step 90 of 100" in said
    assert saved(copy, 1)[0] == [90, 100] and any((copy / "checkpoints").glob("damaged-1-100*"))


@pytest.mark.parametrize("part", ["index/metadata", "content/_METADATA", "_CHECKPOINT_METADATA", "commit_success.txt"])
def test_checkpoint_without_its_small_files(copy, undisturbed, part):
    (copy / "results.nc").unlink()
    (copy / "checkpoints/0/100" / part).unlink()
    assert_same_bits(run(copy), undisturbed)


def test_damaged_checkpoint_shows_no_traceback(copy, undisturbed):
    (copy / "results.nc").unlink()
    remove(largest(copy / "checkpoints/1/100/content"))
    code, out, err = finish(start("-m", "experiments.sweep", *flags(copy, **FIELDS)))
    assert code == 0 and "step 100 is damaged" in out
    assert err == ""
    assert_same_bits(xr.load_dataset(copy / "results.nc"), undisturbed)


def test_no_intact_checkpoint_starts_anew(copy, undisturbed, capsys):
    (copy / "results.nc").unlink()
    for step in 90, 100:
        flip(largest(copy / f"checkpoints/1/{step}/content"))
    assert_same_bits(run(copy), undisturbed)
    said = capsys.readouterr().out
    assert "step 100 is damaged" in said and "step 90 is damaged" in said


def test_damage_twice_at_the_same_step(copy, undisturbed):
    for _ in range(2):
        (copy / "results.nc").unlink()
        flip(largest(copy / "checkpoints/1/100/content"))
        result = run(copy)
    assert_same_bits(result, undisturbed)


@pytest.mark.parametrize("harm", [truncate, flip, empty])
def test_damaged_results_are_written_anew(copy, undisturbed, capsys, harm):
    harm(copy / "results.nc")
    assert_same_bits(run(copy), undisturbed)
    assert "damaged" in capsys.readouterr().out
    assert_same_bits(xr.load_dataset(copy / "results.nc"), undisturbed)


def test_member_of_a_damaged_checkpoint_is_no_other_member(copy):
    """Earlier weights are not those that results.nc tells of; the remedy in the message must bring them back."""
    flip(largest(copy / "checkpoints/1/100/content"))
    for _ in range(2):
        with pytest.raises(InvalidInput, match=r"damaged.*results\.nc"):
            load(copy).member(beta=0.1, seed=0)
    load(copy).member(beta=1e-3, seed=0)
    (copy / "results.nc").unlink()
    run(copy)
    load(copy).member(beta=0.1, seed=0)


def test_member_is_of_the_run_that_lies_there(copy):
    old = load(copy).member(beta=1e-3, seed=0)
    shutil.rmtree(copy)
    run(copy, **{"train.learning_rate": 0.02})
    new = load(copy).member(beta=1e-3, seed=0)
    assert (old.head.linear.kernel[...] != new.head.linear.kernel[...]).any()


def test_diverged_beta_is_masked_and_named(undisturbed, tmp_path):
    result = run(tmp_path, **{"sweep.betas": (1e-3, 3e38, 1e-1)})
    assert_diverged(result, tmp_path, [(0, 1), (1, 1)], "seed 0, beta 3e+38; seed 1, beta 3e+38")
    for name in ("rate", "distortion", "loss", "accuracy", "accuracy_averaged", "information_y_bound"):
        kept = result[name].sel(beta=[1e-3, 1e-1]).values
        assert kept.tobytes() == undisturbed[name].sel(beta=[1e-3, 1e-1]).values.tobytes(), name


def test_member_made_nan_in_mid_run_disturbs_no_other(undisturbed, tmp_path, monkeypatch):
    def train_until(sweep, data, stop):
        sweep = true(sweep, data, stop)
        return poison(sweep, 1, 0) if stop == 50 and float(sweep.beta[0]) < 0.05 else sweep

    true = trainer.train_until
    monkeypatch.setattr(trainer, "train_until", train_until)
    result = run(tmp_path)
    assert_diverged(result, tmp_path, [(1, 0)], "seed 1, beta 0.001")
    others = np.ones((2, 3), bool)
    others[1, 0] = False
    for name, values in undisturbed.data_vars.items():
        if {"seed", "beta", "step"} <= set(values.dims):
            kept = result[name].transpose("seed", "beta", ...).values[others]
            assert kept.tobytes() == values.transpose("seed", "beta", ...).values[others].tobytes(), name


def poison(sweep, seed, beta):
    """The sweep with one member's weights made NaN, laid out as before."""

    def harmed(leaf):
        return jax.device_put(np.asarray(leaf.at[seed, beta].set(np.nan)), leaf.sharding)

    return sweep.replace(model=jax.tree.map(harmed, sweep.model))


def assert_diverged(result, workdir, members, named):
    """Members are marked in results.nc, NaN at every step, counted and named there and in the table."""
    stored = xr.load_dataset(workdir / "results.nc")
    for dataset in (result, stored):
        assert [tuple(place) for place in np.argwhere(~dataset.finite.values.astype(bool))] == members
        assert dataset.attrs["diverged"] == named
        lost = dataset.rate.transpose("seed", "beta", ...).values[tuple(np.transpose(members))]
        assert np.isnan(lost).all()
        assert np.isfinite(dataset.rate.values).sum() == dataset.rate.size - lost.size
    caption = output.table(stored).caption
    assert named in caption and f"{len(members)} of 6" in caption
    json.loads(stored.attrs["config"])
