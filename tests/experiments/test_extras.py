"""What a run is whole without: it comes after the results are safe, and what cannot be had is named."""

import os
import signal
from functools import partial

import numpy as np
import pytest
import small
import xarray as xr
from curves import make
from small import assert_same_bits, compiled  # noqa: F401

from experiments import output, saving
from vib import load, results
from vib.errors import InvalidInput
from vib.evaluation import phases
from vib.evaluation.frontier import Frontier
from vib.evaluation.marginal_kl import MarginalKL
from vib.interrupt import Interrupted
from vib.training import trainer

FIELDS = {
    "data.name": "arrays", "sweep.seeds": (0,), "sweep.betas": (0.1, 0.2, 0.4), "train.steps": 4,
    "train.batch_size": 5, "evaluate.measurements": 2,
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("compiled")


def save(folder, tests, train=10):
    random, path = np.random.default_rng(0), folder / "own.npz"
    x = {"x_train": random.normal(size=(train, 3)), "x_test": random.normal(size=(tests, 3))}
    np.savez(path, **x, y_train=np.arange(train) % 2, y_test=np.arange(tests) % 2)
    return {"data.options": {"path": str(path)}}


def test_a_test_split_of_one_example_loses_its_marginal_kl_alone(tmp_path, capsys):
    data = save(tmp_path, tests=1)
    for _ in range(2):  # trained, and taken as it is
        result = small.run(tmp_path / "run", "base", **FIELDS | data)
        assert "left out: marginal KL" in capsys.readouterr().out
        assert "marginal KL" in result.attrs["left_out"] and "marginal_kl_lower" not in result
        assert np.isfinite(result.rate).all() and np.isfinite(result.distortion).all()
    assert result.identical(load(tmp_path / "run").results)


@pytest.fixture(scope="module")
def undisturbed(compiled, tmp_path_factory):  # noqa: F811
    """(data fields, results) of a run of two chunks that nothing disturbs."""
    data = save(tmp_path_factory.mktemp("data"), tests=8) | {"sweep.chunk": 2}
    return data, small.run(tmp_path_factory.mktemp("undisturbed"), "base", **FIELDS | data)


def at_save(monkeypatch, number, act):
    """Lets act() be called once before results are saved for the n-th time."""
    true, calls = results.save, []

    def saving(*arguments):
        calls.append(arguments)
        if len(calls) == number:
            act()
        true(*arguments)

    monkeypatch.setattr(results, "save", saving)


def full():
    raise InvalidInput("no room")


def test_results_are_on_disk_before_any_extra(undisturbed, tmp_path, monkeypatch):
    data, there = undisturbed[0], []

    def broken(*_):
        there.append(xr.load_dataset(tmp_path / "run/results.nc"))
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(MarginalKL, "measure", broken)
    without = small.run(tmp_path / "run", "base", **FIELDS | data)
    assert without.attrs["left_out"] == "marginal KL: RuntimeError: a mistake of ours" and "awaits" not in without.attrs
    (first,) = there
    assert np.isfinite(first.rate).all() and first.attrs["awaits"] == "marginal KL" and "left_out" not in first.attrs


@pytest.mark.parametrize(
    ("number", "act", "error", "words"),
    [
        (
            1,
            lambda: os.kill(os.getpid(), signal.SIGINT),
            Interrupted,
            "trained and saved, but not yet with marginal KL",
        ),
        (2, lambda: os.kill(os.getpid(), signal.SIGTERM), Interrupted, "trained and saved$"),
        (2, full, InvalidInput, "no room"),
    ],
)
def test_extras_that_were_cut_off_come_with_the_same_command(
    undisturbed, tmp_path, monkeypatch, capsys, number, act, error, words
):
    """Nothing is trained again: the numbers are those of the first time, and so is the rest, to the bit."""
    data, whole = undisturbed
    again = partial(small.run, tmp_path / "run", "base", **FIELDS | data)
    at_save(monkeypatch, number, act)
    with pytest.raises(error, match=words):
        again()
    cut_off = load(tmp_path / "run").results
    finished = "awaits" not in cut_off.attrs
    assert finished == ("marginal_kl_lower" in cut_off) == words.endswith("$")
    monkeypatch.setattr(trainer, "train_until", None)
    capsys.readouterr()
    result = again()
    assert ("is finished" if finished else "not yet with marginal KL: adding") in capsys.readouterr().out
    assert_same_bits(result, whole)
    assert result.identical(load(tmp_path / "run").results)
    np.testing.assert_array_equal(result.seconds_wall, cut_off.seconds_wall)


PLANE = FIELDS | {
    "data.name": "discrete",
    "data.options": {"joint": ((0.4, 0.1), (0.1, 0.4)), "samples_train": 50, "samples_test": 50},
    "plane.estimators": ("kde",), "sweep.betas": (0.1,), "model.widths": (3,), "model.latent": 2,
}  # fmt: skip


@pytest.fixture
def drawn(monkeypatch):
    """The names of the figures that are drawn; none is rendered."""
    names = set()
    monkeypatch.setattr(saving, "figure", lambda figure, path: names.add(path.stem))
    return names


def broken(*_):
    return 1 / 0


@pytest.mark.parametrize("missing", ["marginal KL", "frontier", "phases"])
def test_what_a_run_leaves_does_not_depend_on_any_extra(missing, drawn, tmp_path, capsys, monkeypatch):
    """Nor does one that cannot be had take another along."""
    places = {"marginal KL": (MarginalKL, "measure"), "frontier": (Frontier, "__call__")}
    monkeypatch.setattr(*places.get(missing, (phases, "with_phases")), broken)
    made = small.run(tmp_path, "base", **PLANE)
    assert made.attrs["left_out"] == f"{missing}: ZeroDivisionError: division by zero"
    has = {"marginal KL": "marginal_kl_lower", "frontier": "frontier_rate", "phases": "verdict"}
    assert {name for name, variable in has.items() if variable not in made} == {missing}
    output.write(made, tmp_path)
    output.check(made)
    assert {"information_curve", "information_steps", "information_plane"} <= drawn
    assert ("compresses?" in capsys.readouterr().out) == (missing != "phases")


def test_a_vae_without_its_images_is_drawn(drawn, tmp_path):
    output.write(make(kind="vae", drop=("accuracy", "accuracy_averaged", "information_y_bound")), tmp_path)
    assert "rate_distortion" in drawn


@pytest.mark.parametrize("pairs", [{"model.marginal": "pairwise"}, {"train.objective": "total_correlation"}])
@pytest.mark.parametrize("lone", ["train.batch_size", "evaluate.train_examples", "test example"])
def test_pairs_need_two(lone, pairs, tmp_path):
    """And both of them are known before the first step."""
    data = save(tmp_path, tests=1 if lone == "test example" else 4)
    fields = FIELDS | data | pairs | ({lone: 1} if "." in lone else {})
    (told,) = pairs.values()
    with pytest.raises(InvalidInput, match=rf"({lone}: 1|1 {lone}); .*{told}.* 2 or more"):
        small.run(tmp_path / "run", "base", **fields)
    assert not (tmp_path / "run").exists()


def test_a_plane_needs_two_inputs(tmp_path):
    fields = save(tmp_path, tests=1) | {"plane.estimators": ("kde",), "plane.inputs": "test"}
    with pytest.raises(InvalidInput, match=r"plane.inputs: 'test' is 1 example"):
        small.run(tmp_path / "run", "base", **FIELDS | fields)
    assert not (tmp_path / "run").exists()
