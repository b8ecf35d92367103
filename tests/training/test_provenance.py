"""A run is used with its own data alone, and says so where it goes on under other code."""

import json
import shutil

import numpy as np
import pytest
import small
from conftest import assert_one_line
from small import assert_same_bits, compiled, files  # noqa: F401

from vib import api, data, load
from vib.errors import InvalidInput
from vib.training import folder

FIELDS = {
    "data.name": "arrays", "sweep.seeds": (0,), "sweep.betas": (0.1,), "train.steps": 6, "train.batch_size": 5,
    "checkpoint.every": 3, "evaluate.measurements": 2,
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("compiled")


def save(path, seed=0):
    """An npz of two classes; those of different seeds differ in their inputs alone."""
    random = np.random.default_rng(seed)
    arrays = {f"x_{split}": random.normal(size=(20, 3)) for split in ("train", "test")}
    np.savez(path, **arrays, y_train=np.arange(20) % 2, y_test=np.arange(20) % 2)
    return data.identity(data.load("arrays", path=str(path)))


def run(workdir, path):
    return small.run(workdir, "base", **FIELDS, **{"data.options": {"path": str(path)}})


@pytest.fixture(scope="module")
def own(compiled, tmp_path_factory):  # noqa: F811
    """(folder of a run, its npz, the identity of that)."""
    base = tmp_path_factory.mktemp("own")
    identity = save(base / "own.npz")
    run(base / "run", base / "own.npz")
    return base / "run", base / "own.npz", identity


@pytest.fixture
def copy(own, tmp_path):
    """A folder of the same run, to be changed; its npz stays where it is."""
    return shutil.copytree(own[0], tmp_path / "copy")


@pytest.fixture
def other(own):
    """The identity of other data that lie in the place of the run's own."""
    before = own[1].read_bytes()
    yield save(own[1], seed=1)
    own[1].write_bytes(before)


def refused(use, *words):
    with pytest.raises(InvalidInput) as error:
        use()
    assert_one_line(error, *words)


def test_the_record_is_there_from_the_start(own):
    workdir, _, identity = own
    config = json.loads((workdir / "config.json").read_text())
    assert config["data"]["identity"] == identity == load(workdir).results.attrs["data"]
    assert config["begun_with"] == folder.code() and {"vib", "jax", "commit"} <= config["begun_with"].keys()
    assert data.identity(load(workdir).data()) == identity


@pytest.mark.parametrize("left", ["finished", "not finished"])
def test_no_use_with_other_data(own, copy, other, left):
    if left == "not finished":
        (copy / "results.nc").unlink()
        shutil.rmtree(copy / "checkpoints/0/6")
    before = files(copy)
    uses = [lambda: run(copy, own[1])]
    if left == "finished":
        stored = load(copy)
        uses += [stored.data, lambda: stored.member(0.1, 0), lambda: api.check(stored.config)]
    for use in uses:
        refused(use, own[2], other, "another workdir")
    assert files(copy) == before


def test_with_its_own_data_again_it_goes_on(own, copy):
    (copy / "results.nc").unlink()
    shutil.rmtree(copy / "checkpoints/0/6")
    assert_same_bits(run(copy, own[1]), load(own[0]).results)


def test_a_folder_of_another_version_is_refused_and_stays(own, copy):
    path = copy / "config.json"
    config = json.loads(path.read_text())
    config["model"]["a_field_of_old"] = 3
    path.write_text(json.dumps(config))
    before = files(copy)
    for use in (lambda: run(copy, own[1]), lambda: load(copy)):
        refused(use, str(path), "another version", "model.a_field_of_old", "another workdir")
    assert files(copy) == before


def test_other_code_is_said_and_kept(own, copy, capsys):
    config = json.loads((copy / "config.json").read_text())
    config["begun_with"] |= {"jax": "0.0.1", "commit": "another one, of the README perhaps"}
    (copy / "config.json").write_text(json.dumps(config))
    run(copy, own[1])
    assert "begun with" not in capsys.readouterr().out  # a finished run is not gone on with
    (copy / "results.nc").unlink()
    result = run(copy, own[1])
    (line,) = [line for line in capsys.readouterr().out.splitlines() if "begun with" in line]
    assert f"jax: 0.0.1 -> {folder.code()['jax']}" in line and "may differ" in line
    assert "flax" not in line and "commit" not in line
    assert json.loads((copy / "config.json").read_text())["begun_with"]["jax"] == "0.0.1"
    assert json.loads(result.attrs["versions"])["jax"] == folder.code()["jax"]
