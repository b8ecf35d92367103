"""Whatever stops a run, or harms its files, the run that goes on ends with the same bits."""

import json
import random
import shutil
import signal
import time
from functools import partial

import jax
import numpy as np
import pytest
import small
import xarray as xr
from small import assert_error_line, assert_same_bits, compiled, files, finish, flags, start  # noqa: F401

from experiments import folder, output, runner
from vib import load
from vib.errors import InvalidInput

# Two chunks, the second one padded; ten saves each.
FIELDS = {
    "sweep.betas": (1e-3, 1e-2, 1e-1),
    "sweep.chunk": 2,
    "train.steps": 100,
    "train.ema_decay": 0.9,
    "checkpoint.every": 10,
}
run = partial(small.run, **FIELDS)

# The sweep's own main, with a signal to itself a while after the n-th time that a file like this is put in place.
SIGNALLED = """
import os, runpy, sys, threading, time
part, count, seconds, number = sys.argv.pop(1), int(sys.argv.pop(1)), float(sys.argv.pop(1)), int(sys.argv.pop(1))

def strike():
    time.sleep(seconds)
    print("struck at", time.time(), file=sys.stderr, flush=True)
    os.kill(os.getpid(), number)

def watch(event, arguments):
    global count
    if event == "os.rename" and part in str(arguments[0]):
        count -= 1
        if count == 0:
            threading.Thread(target=strike).start() if seconds else strike()

sys.addaudithook(watch)
sys.argv[0] = "sweep"
runpy.run_module("experiments.sweep", run_name="__main__")
"""
SAVING = ".orbax-checkpoint-tmp"

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.fixture(scope="module")
def whole(compiled, tmp_path_factory):  # noqa: F811
    """The folder of a run that nothing disturbed."""
    workdir = tmp_path_factory.mktemp("whole")
    run(workdir)
    return workdir


@pytest.fixture
def copy(whole, tmp_path):
    """A folder of the same run, to be harmed."""
    return shutil.copytree(whole, tmp_path / "copy")


@pytest.fixture(scope="module")
def undisturbed(whole):
    return xr.load_dataset(whole / "results.nc")


def strike(workdir, part, count, number, seconds=0.0):
    """Runs the sweep until the signal: (exit code, stdout, stderr without the time, seconds from signal to end)."""
    done = finish(start("-c", SIGNALLED, part, count, seconds, int(number), *flags(workdir, **FIELDS)))
    ended, err = time.time(), done[2].splitlines()
    (struck,) = [line for line in err if line.startswith("struck at ")]
    return *done[:2], [line for line in err if line != struck], ended - float(struck.split()[-1])


def saved(workdir, chunk):
    """Steps of the checkpoints of a chunk: (finished, those that were being written)."""
    names = [path.name for path in (workdir / f"checkpoints/{chunk}").iterdir()]
    return [sorted(int(n.split(".")[0]) for n in names if (SAVING in n) == wanted) for wanted in (False, True)]


def test_kill_at_any_moment_loses_no_bit(undisturbed, tmp_path):
    """Over 20 s, because four processes are started to be killed."""
    kill = partial(strike, tmp_path, number=signal.SIGKILL)
    moment = random.Random()
    first = moment.randint(4, 12), moment.uniform(0.001, 0.05)
    # In the first chunk at a random moment, three renames a save and some saves before its end; then inside a save.
    assert kill(SAVING, first[0], seconds=first[1])[0] == -signal.SIGKILL, first
    newest = max(saved(tmp_path, 0)[0])
    code, out, *_ = kill(f"{newest + 20}{SAVING}", moment.randint(1, 3))
    assert code == -signal.SIGKILL and f"checkpoint of step {newest} " in out
    finished, unfinished = saved(tmp_path, 0)
    assert max(finished) == newest + 10 and unfinished == [newest + 20]
    # In the second chunk at a random moment; while the result is being put in place.
    second = moment.randint(4, 12), moment.uniform(0.001, 0.05)
    assert kill("checkpoints/1/", second[0], seconds=second[1])[0] == -signal.SIGKILL, second
    assert max(saved(tmp_path, 0)[0]) == 100 and saved(tmp_path, 1)[0] and not (tmp_path / "results.nc").exists()
    assert kill("results.nc", 1)[0] == -signal.SIGKILL
    assert max(saved(tmp_path, 1)[0]) == 100 and not (tmp_path / "results.nc").exists()
    run(tmp_path)
    assert_same_bits(xr.load_dataset(tmp_path / "results.nc"), undisturbed)
    assert not [path for path in tmp_path.rglob("*") if SAVING in path.name or path.name.endswith(".partial")]


def test_kill_before_the_first_checkpoint(undisturbed, tmp_path):
    assert strike(tmp_path, "config.json", 1, signal.SIGKILL)[0] == -signal.SIGKILL
    assert not (tmp_path / "config.json").exists()
    assert_same_bits(run(tmp_path), undisturbed)


def test_ctrl_c_and_termination_save_and_leave(undisturbed, tmp_path):
    for number, chunk in (signal.SIGINT, 0), (signal.SIGTERM, 1):
        code, out, err, seconds = strike(tmp_path, f"checkpoints/{chunk}/", 9, number)
        assert code == 130 and not err
        assert seconds < 5
        (line,) = [line for line in out.splitlines() if "stopped" in line]
        stopped = int(line.split("step ")[1].split()[0])
        assert "saved; run the same command again" in line and stopped < 100
        assert max(saved(tmp_path, chunk)[0]) == stopped and not saved(tmp_path, chunk)[1]
    assert_same_bits(run(tmp_path), undisturbed)


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
    assert all(w in message for w in ("model.latent: 2 -> 3", "sweep.betas", "0.1] -> [", "--workdir", str(copy)))
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
@pytest.mark.parametrize("item", ["content"])
def test_damaged_checkpoint_is_set_aside(copy, undisturbed, capsys, harm, item):
    (copy / "results.nc").unlink()
    harm(largest(copy / "checkpoints/1/100" / item))
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
    for name in ("rate", "distortion", "loss", "accuracy", "accuracy_averaged_ema", "information_y_bound_ema"):
        kept = result[name].sel(beta=[1e-3, 1e-1]).values
        assert kept.tobytes() == undisturbed[name].sel(beta=[1e-3, 1e-1]).values.tobytes(), name


def test_member_made_nan_in_mid_run_disturbs_no_other(undisturbed, tmp_path, monkeypatch):
    def train_until(sweep, data, stop):
        sweep = runner_train_until(sweep, data, stop)
        return poison(sweep, 1, 0) if stop == 50 and float(sweep.beta[0]) < 0.05 else sweep

    runner_train_until = runner.train_until
    monkeypatch.setattr(runner, "train_until", train_until)
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
