"""What is saved comes back bit for bit; what is damaged is set aside, and never taken for good."""

import resource
import shutil
import threading
from contextlib import contextmanager
from pathlib import Path

import jax
import numpy as np
import pytest
from conftest import MESHES, assert_bitwise, assert_close, assert_one_line

from vib import models
from vib.errors import InvalidInput
from vib.training import checkpoint, sharding, sweep

MESH = (1, 2)


def rows_at(step):
    """Rows as a run holds them: a float32 and a float64 measure, counts, and flags."""
    random = np.random.default_rng(step)
    return {
        "rate": random.normal(size=(3, 2, 2, 2)).astype(np.float32),
        "seconds_wall": random.uniform(size=3),
        "step": np.array([0, 1, step]),
        "finite": random.uniform(size=(3, 2, 2)) < 0.5,
    }


def same_rows(found, wanted):
    assert found.keys() == wanted.keys()
    for name, values in wanted.items():
        found_values = np.asarray(found[name])
        assert found_values.dtype == values.dtype, name
        np.testing.assert_array_equal(found_values, values)


@pytest.fixture(scope="module")
def at(tiny):
    """The grid at steps 20 and 40 on two devices, as host copies: {step: sweep}."""
    return {step: jax.device_get(tiny.train(tiny.start(MESH), step)) for step in (20, 40)}


@pytest.fixture(scope="module")
def like(tiny):
    return sharding.blueprint(lambda betas: tiny.create(betas=betas), tiny.betas)


@pytest.fixture(scope="module")
def saved(tiny, tmp_path_factory):
    """A folder with checkpoints of steps 20 and 40, both written while donated training went on."""
    folder = tmp_path_factory.mktemp("run") / "checkpoints" / "0"
    with checkpoint.manager(folder) as manager:
        grid = tiny.start(MESH)
        for step in (20, 40):
            grid = tiny.train(grid, step)
            checkpoint.save(manager, grid, rows_at(step))
            grid = tiny.train(grid, step + 15)
            grid = tiny.train(tiny.start(MESH), step)  # training 15 steps on was only to overwrite the memory
    return folder


@pytest.fixture
def folder(saved, tmp_path):
    """A copy of that folder, to be damaged."""
    return Path(shutil.copytree(saved, tmp_path / "checkpoints" / "0"))


def restore(folder, like):
    with checkpoint.manager(folder) as manager:
        return checkpoint.restore(manager, like)


def test_state_at_the_save_comes_back_bit_for_bit(saved, at, like):
    restored = restore(saved, like)
    assert restored.damaged == []
    assert_bitwise(restored.sweep, at[40])
    same_rows(restored.rows, rows_at(40))


def test_restored_sweep_lies_where_the_new_one_would(saved, like):
    found = restore(saved, like).sweep
    for leaf, wanted in zip(jax.tree.leaves(found), jax.tree.leaves(like), strict=True):
        assert leaf.sharding == wanted.sharding and leaf.dtype == wanted.dtype


@pytest.mark.parametrize("mesh", MESHES)
def test_training_goes_on_as_if_never_stopped(tiny, saved, like, mesh):
    """On the same devices bit for bit, by the same program; on others to float tolerance."""
    start = tiny.start(mesh)
    laid = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=x.sharding), start)
    whole = tiny.train(tiny.start(MESH), 40, 42)
    programs = sweep.train_until._cache_size()
    resumed = tiny.train(restore(saved, laid).sweep, 42)
    if mesh == MESH:
        assert_bitwise(resumed, whole)
        assert sweep.train_until._cache_size() == programs
    assert_close(resumed, whole, 1e-4)  # two steps on: see the tests of the sweep


def test_only_the_last_two_are_kept(tiny, tmp_path, at):
    with checkpoint.manager(tmp_path) as manager:
        for step in (1, 2, 3):
            checkpoint.save(manager, at[20].replace(step=np.int32(step)), rows_at(step))
        manager.wait_until_finished()
        assert sorted(manager.all_steps()) == [2, 3]


def test_empty_folder_holds_no_sweep(tmp_path, like):
    assert restore(tmp_path / "new" / "folder", like) == (None, {}, [])


def files_of(folder, step):
    return sorted(path for path in (folder / str(step)).rglob("*") if path.is_file())


def numbers_of(folder, part):
    """The file with the numbers of a part of the newest checkpoint."""
    return max((folder / "40" / part / "d").iterdir(), key=lambda path: path.stat().st_size)


def truncate(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def flip(path, place=None):
    raw = bytearray(path.read_bytes())
    raw[len(raw) // 2 if place is None else place] ^= 0x10
    path.write_bytes(raw)


def falls_back(folder, like, at):
    """The older checkpoint is restored, and the damaged one lies beside the folder with all its files."""
    files = [path.read_bytes() for path in files_of(folder, 40)]
    restored = restore(folder, like)
    assert restored.damaged == [40]
    assert_bitwise(restored.sweep, at[20])
    same_rows(restored.rows, rows_at(20))
    assert not (folder / "40").exists()
    (aside,) = folder.parent.glob("damaged*")
    assert sorted(path.read_bytes() for path in aside.rglob("*") if path.is_file()) == sorted(files)


@pytest.mark.parametrize("damage", [truncate, flip, Path.unlink])
@pytest.mark.parametrize("part", ["content"])
def test_damaged_arrays_fall_back_to_the_older_checkpoint(folder, like, at, part, damage):
    damage(numbers_of(folder, part))
    falls_back(folder, like, at)


def test_everything_truncated_to_nothing_falls_back(folder, like, at):
    for path in files_of(folder, 40):
        path.write_bytes(b"")
    falls_back(folder, like, at)


def test_a_flip_anywhere_is_harmless_or_found(folder, like, at):
    """In every single file: the state of step 40 comes back whole, or that of step 20 does."""
    good = {path: path.read_bytes() for path in files_of(folder, 40)}
    found = []
    for path in good:
        flip(path)
        with checkpoint.manager(folder) as manager:
            items = checkpoint.read(manager, 40)
        if items is not None:
            assert_bitwise(checkpoint.unflatten(items["state"], like), at[40])
            same_rows(items["rows"], rows_at(40))
        found.append(items is None)
        path.write_bytes(good[path])
    assert any(found)


def test_every_flip_in_the_index_is_found(folder, like):
    (path,) = [path for path in files_of(folder, 40) if path.parent.name == "index" and b"crc32" in path.read_bytes()]
    good = path.read_bytes()
    with checkpoint.manager(folder) as manager:
        for place in range(len(good)):
            flip(path, place)
            assert checkpoint.read(manager, 40) is None or good[place : place + 1].isspace(), place
            path.write_bytes(good)


def test_no_good_checkpoint_at_all(folder, like):
    for step in (20, 40):
        for path in files_of(folder, step):
            truncate(path)
    restored = restore(folder, like)
    assert restored.sweep is None and restored.rows == {} and restored.damaged == [40, 20]


def test_after_a_fall_back_the_run_saves_again_and_may_be_damaged_again(folder, like, at):
    for _ in range(2):
        flip(numbers_of(folder, "content"))
        with checkpoint.manager(folder) as manager:
            assert checkpoint.restore(manager, like).damaged == [40]
            checkpoint.save(manager, at[40], rows_at(40))
        restored = restore(folder, like)
        assert restored.damaged == []
        assert_bitwise(restored.sweep, at[40])
        same_rows(restored.rows, rows_at(40))


def test_what_a_killed_save_left_is_no_checkpoint(folder, like, at):
    """Orbax writes into a folder of another name and renames it when all is there."""
    (folder / "60.orbax-checkpoint-tmp").mkdir()
    shutil.copy(files_of(folder, 40)[0], folder / "60.orbax-checkpoint-tmp")
    restored = restore(folder, like)
    assert restored.damaged == [] and restored.sweep.step == 40


def test_checkpoint_of_another_model(tiny, saved):
    def other(key):
        return models.vib(key, (6,), 3, latent=2, widths=(9,), std_shift=-1.0)

    wrong = sharding.blueprint(
        lambda betas: sweep.create(other, tiny.objective, tiny.tx, tiny.seeds, betas, **tiny.recipe), tiny.betas
    )
    with pytest.raises(InvalidInput) as error:
        restore(saved, wrong)
    assert_one_line(error, "another workdir")
    assert sorted(path.name for path in saved.iterdir()) == ["20", "40"]


@contextmanager
def short_files(size):
    """The system refuses every file longer than `size`, as it does on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_save_that_the_system_refuses_is_one_line_and_the_older_ones_stay(folder, like, at):
    """The write goes on in threads: it is at the end, or at the next save, that the refusal is told."""
    later = at[40].replace(step=np.int32(60))
    for finish in (lambda _: None, lambda manager: checkpoint.save(manager, later, rows_at(60))):
        with pytest.raises(InvalidInput) as error, short_files(1000), checkpoint.manager(folder) as manager:
            checkpoint.save(manager, later, rows_at(60))
            finish(manager)
        assert_one_line(error, "cannot write", str(folder), "File too large", "kB needed", "make room")
        assert sorted(path.name for path in folder.iterdir()) == ["20", "40"]
    with checkpoint.manager(folder) as manager:
        assert checkpoint.restore(manager, like).sweep.step == 40
        checkpoint.save(manager, later, rows_at(60))
    assert_bitwise(restore(folder, like).sweep, later)


def test_a_folder_that_the_system_refuses_leaves_no_thread_waiting_for_it(folder, at):
    """Orbax would wait for it for twenty minutes, and the program with it."""
    with pytest.raises(InvalidInput, match=r"cannot write .*yours to write"), checkpoint.manager(folder) as manager:
        shutil.rmtree(folder)
        folder.write_text("mine")
        checkpoint.save(manager, at[40].replace(step=np.int32(60)), rows_at(60))
    assert not [thread for thread in threading.enumerate() if "Signaling" in type(thread).__name__]
    assert folder.read_text() == "mine"
