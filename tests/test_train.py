"""Training from Python: vib.train and the Run that it returns."""

from pathlib import Path

import jax
import numpy as np
import pytest
from conftest import assert_one_line
from flax import nnx
from given import SMALL, three_classes, two_classes  # noqa: F401
from small import assert_same_bits

import vib
from vib.config import Train, create
from vib.errors import InvalidInput
from vib.evaluation.evaluator import Evaluator, Variable


@pytest.fixture(scope="module")
def run(blobs):
    return vib.train("vib", blobs, **SMALL)


def test_the_lines_of_the_readme(run, blobs):
    assert set(run.results.rate.dims) == {"split", "seed", "beta", "step"}
    assert "information_curve" in run.plots() and run.plot("information_curve").axes
    model = run.member(beta=0.1, seed=0)
    q, _ = model.encode(blobs.x_test)
    stored = run.results.rate.sel(split="test", beta=0.1, seed=0).isel(step=-1)
    assert float(model.rate(q, None, blobs.y_test).mean()) == pytest.approx(float(stored), rel=1e-4)
    assert run.workdir is None and run.data() is blobs


def test_in_a_folder_the_numbers_and_members_are_the_same(run, blobs, tmp_path):
    saved = vib.train("vib", blobs, workdir=tmp_path / "run", **SMALL)
    assert_same_bits(saved.results, run.results)
    again = vib.load(tmp_path / "run", data=blobs)
    assert_same_bits(again.results, run.results)
    for one, other in zip(jax.tree.leaves(again.member(0.1, 1)), jax.tree.leaves(run.member(0.1, 1)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_one_grid_at_a_time_is_the_whole_grid_in_memory_too(run, blobs):
    chunked = vib.train("vib", blobs, **SMALL, chunk=1)
    np.testing.assert_allclose(chunked.results.rate, run.results.rate, rtol=1e-4, atol=1e-5)
    assert chunked.member(1e-3, 1).beta is None and chunked.member(0.1, 1).beta is None


def test_a_run_on_given_data_asks_for_them(run, blobs, images, tmp_path):
    vib.train("vib", blobs, workdir=tmp_path, **SMALL)
    with pytest.raises(InvalidInput) as error:
        vib.load(tmp_path).data()
    assert_one_line(error, "data", "vib.load")
    with pytest.raises(InvalidInput) as error:
        vib.load(tmp_path, data=images)
    assert_one_line(error, "data", "crc32")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"step": 3}, ("step", "did you mean 'steps'")),
        ({"samples": 3}, ("samples", "train.samples", "evaluate.samples")),
        ({"steps": 0}, ("train.steps", "0", "below 1")),
        ({"train.stps": 3}, ("train.stps", "did you mean 'steps'")),
        ({"marginal": "mixtur"}, ("model.marginal", "did you mean 'mixture'")),
        ({"widths": (3.5,)}, ("model.widths", "3.5")),
        ({"batch_size": 1000}, ("train.batch_size", "1000", "90")),
        ({"betas": (0.1, 0.1)}, ("sweep.betas", "0.1", "twice")),
        ({"estimators": ("kd",)}, ("plane.estimators", "did you mean 'kde'")),
        ({"estimators": {"kde": {"k": 3}}}, ("plane.estimators.kde", "'k'")),
        ({"data.seed": 3}, ("data.seed", "no effect", "from_arrays")),
        ({"data.name": "sprites"}, ("data", "sprites", "give one of them")),
        ({"chunk": 1, "code": "categorical"}, ("model.marginal", "categorical")),
        ({"held_out": 1.5}, ("data.held_out: 1.5 is no integer", "number or name")),
        ({"target_rates": (1.0,), "u": "power"}, ("sweep.betas, sweep.target_rates",)),
        ({"data.options": {"of": {1, 2}}}, ("data.options.of", "set", "config.json")),
        ({"encoder": nnx.Module()}, ("encoder", "a Module itself", "function")),
    ],
)
def test_a_mistake_is_one_line_before_anything_is_done(blobs, tmp_path, fields, words):
    with pytest.raises(InvalidInput) as error:
        vib.train("vib", blobs, workdir=tmp_path / "run", **SMALL | fields)
    assert_one_line(error, *words)
    assert not (tmp_path / "run/config.json").exists()


def test_unknown_kind():
    with pytest.raises(InvalidInput) as error:
        vib.train("vob")
    assert_one_line(error, "model.kind", "did you mean")


def named(variable, name="own"):
    """A list of one evaluator, of one variable."""
    made = Evaluator()
    made.name, made.variables = name, {variable: Variable(("seed", "beta"), "1", "a number")}
    return [made]


def test_a_finished_run_has_no_number_that_it_was_not_asked_for(blobs, tmp_path):
    class Late(Evaluator):
        name = "late"
        variables = {"late": Variable(("seed", "beta"), "1", "what was not measured")}

        def measure(self, sweep, batches, moment):
            return {}

    fields = SMALL | {"steps": 2}
    vib.train("vib", blobs, workdir=tmp_path / "without", **fields)
    with pytest.raises(InvalidInput) as error:
        vib.train("vib", blobs, workdir=tmp_path / "without", evaluators=[Late()], **fields)
    assert_one_line(error, "evaluators", "'late'", "another workdir")
    first, again = (vib.train("vib", blobs, workdir=tmp_path / "with", evaluators=[Late()], **fields) for _ in range(2))
    assert "late" not in first.results and first.results.identical(again.results)


@pytest.mark.parametrize(
    ("evaluators", "words"),
    [
        (named("accuracy"), ("'accuracy'", "of 'own'")),
        (named("marginal_kl_lower"), ("'marginal_kl_lower'",)),
        (named("finite"), ("'finite'",)),
        (named("seconds_x"), ("'seconds_x'",)),
        (named("mine", name="rate and distortion"), ("'rate and distortion'",)),
        (named("mine", name="wall"), ("'wall'",)),
        (named("mine", name=""), ("has no name",)),
        (named("mine") * 2, ("'own'",)),
        (named("mine") + named("mine", name="other"), ("'mine' of 'other'",)),
        ([Evaluator], ("Evaluator is no instance",)),
        (Evaluator(), ("no list",)),
    ],
)
def test_evaluators_that_cannot_be_measured_stop_before_anything_is_written(blobs, tmp_path, evaluators, words):
    with pytest.raises(InvalidInput) as error:
        vib.train("vib", blobs, workdir=tmp_path / "run", evaluators=evaluators, **SMALL)
    assert_one_line(error, "evaluators", *words)
    assert not (tmp_path / "run").exists()


def test_the_config_of_a_run_is_one_to_train_from(blobs):
    """With other betas, other data or another share of noise as if it had been written by hand."""
    first = vib.train("vib", blobs, **SMALL | {"steps": 1})
    assert first.config.sweep.chunk is None
    more = create(first.config, betas=(0.1, 0.2, 0.3))
    assert vib.api.check(more, blobs).chunk == 3
    with pytest.raises(InvalidInput) as error:
        vib.train(first.config, blobs, label_noise=0.5)
    assert_one_line(error, "data.label_noise", "no effect", "from_arrays")
    assert create(first.config, steps=2).data.identity == first.config.data.identity
    digits = vib.api.check("vib").config
    assert create(digits, **{"data.seed": 1}).data.identity is None
    asked = vib.api.check("vib", blobs, target_rates=(0.5, 1.0), u="power", batch_size=20).config
    assert asked.sweep.betas == (1.0, 0.5) and asked.sweep.target_rates == (0.5, 1.0)
    assert create(asked, betas=(0.1,)).sweep.target_rates is None


@pytest.mark.parametrize(
    ("config", "data", "words"),
    [
        ("vib", (np.zeros((4, 2)), np.zeros(4)), ("data", "tuple", "from_arrays")),
        (vib.data.load("digits"), None, ("config", "Dataset", "'vib'")),
        (np.zeros((4, 2)), np.zeros(4), ("config", "ndarray", "'vib'")),
        ({"data": "digits"}, None, ("data: 'digits' is not valid", "a dict of fields")),
    ],
)
def test_what_is_no_config_or_no_data_is_named(config, data, words):
    with pytest.raises(InvalidInput) as error:
        vib.train(config, data, **{"data.seed": 1})
    assert_one_line(error, *words)


def test_a_config_is_a_kind_a_dict_or_a_config():
    one = create("vae", steps=7, seeds=range(3))
    other = create({"model": {"kind": "vae"}, "train": {"steps": np.int64(7)}, "sweep": {"seeds": [0, 1, 2]}})
    assert one == other == create(one) and one.sweep.seeds == (0, 1, 2)
    assert create({"train": Train(batch_size=7)}, steps=3).train == Train(batch_size=7, steps=3)
    assert create(**{"data.options": {"path": Path("x.npz")}}).data.options == {"path": "x.npz"}
