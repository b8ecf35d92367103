"""Training from Python: vib.train and the Run that it returns."""

from functools import partial
from pathlib import Path

import jax
import numpy as np
import pytest
from conftest import assert_one_line
from flax import nnx
from small import assert_same_bits

import vib
from vib.config import Train, create
from vib.errors import InvalidInput
from vib.evaluation.evaluator import Evaluator, Variable

SMALL = {"betas": (1e-3, 0.1), "seeds": 2, "steps": 30, "widths": (8,), "latent": 2, "measurements": 4}
SMALL |= {"batch_size": 20, "evaluate.samples": 2, "progress": False}


@pytest.fixture(scope="module")
def blobs():
    """Three classes of 5 coordinates, 90 examples, 30 of them held out."""
    random = np.random.default_rng(0)
    y = np.repeat(np.arange(3), 40)
    x = random.normal(size=(120, 5)) + 2 * y[:, None]
    return vib.data.from_arrays(x, y, test_fraction=0.25)


@pytest.fixture(scope="module")
def images():
    """Two classes of 8 x 8 pixels, bright above or below."""
    random = np.random.default_rng(0)
    y = np.arange(80) % 2
    x = random.random((80, 8, 8, 1)) * 0.5
    x[y == 1, :4] += 0.5
    x[y == 0, 4:] += 0.5
    return vib.data.from_arrays(x, y, test_fraction=0.25, low=0.0, high=1.0)


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


class Conv(nnx.Module):
    """A convolutional network as somebody might write it in a notebook."""

    def __init__(self, key):
        rngs = nnx.Rngs(key)
        self.conv = nnx.Conv(1, 4, (3, 3), strides=2, rngs=rngs)
        self.norm = nnx.LayerNorm(4, rngs=rngs)
        self.out = nnx.Linear(64, 10, rngs=rngs)

    def __call__(self, x, key=None):
        c1 = nnx.relu(self.norm(self.conv(x)))
        hidden = nnx.relu(self.out(c1.reshape(len(x), -1)))
        return hidden, {"c1": c1, "hidden": hidden}


class Upward(nnx.Module):
    """A decoder to images."""

    def __init__(self, key):
        rngs = nnx.Rngs(key)
        self.first, self.conv = nnx.Linear(2, 64, rngs=rngs), nnx.ConvTranspose(4, 1, (4, 4), strides=(2, 2), rngs=rngs)

    def __call__(self, z, key=None):
        d1 = nnx.relu(self.first(z))
        return self.conv(d1.reshape(len(z), 4, 4, 4)), {"d1": d1}


def test_an_encoder_of_ones_own(images):
    fields = SMALL | {"steps": 100, "learning_rate": 0.01, "estimators": ("binned_layer",)}
    run = vib.train("vib", images, encoder=Conv, **fields)
    assert run.results.layer.values.tolist() == ["c1", "hidden", "z", "output"]
    assert np.isfinite(run.results.information_y.sel(layer="c1")).any()
    last = run.results.accuracy_averaged.sel(split="test", beta=1e-3).isel(step=-1)
    assert (last > 0.9).all()
    q, activations = run.member(1e-3, 0).encode(images.x_test)
    assert q.mean.shape == (20, 2) and activations["c1"].shape == (20, 4, 4, 4)


def test_a_decoder_of_ones_own_in_a_folder(images, tmp_path):
    own = {"encoder": Conv, "decoder": Upward}
    run = vib.train("vae", images, **own, workdir=tmp_path, likelihood="gaussian", **SMALL)
    first, last = (run.results.distortion.sel(split="train").isel(step=i) for i in (0, -1))
    assert (last < first).all() and run.results.reconstruction.shape[1:4] == (12, 8, 8)
    assert vib.load(tmp_path, data=images, **own).member(0.1, 0).decode(np.zeros((3, 2)))[0].mean.shape == (3, 8, 8, 1)
    with pytest.raises(InvalidInput) as error:
        vib.load(tmp_path, data=images).member(0.1, 0)
    assert_one_line(error, "encoder", "Conv", "vib.load")
    for given, words in (
        ({"encoder": Bare}, ("'Conv'", "'Bare'")),
        ({"decoder": Upward, "encoder": Conv(0)}, ("Conv",)),
    ):
        with pytest.raises(InvalidInput) as error:
            vib.load(tmp_path, data=images, **given)
        assert_one_line(error, "encoder", *words)


class Shaped(Conv):
    """A network with a function to choose."""

    def __init__(self, key, shape=nnx.relu):
        super().__init__(key)
        self.shape = shape

    def __call__(self, x, key=None):
        return self.shape(super().__call__(x)[0]), {}


def test_networks_that_only_a_bound_argument_tells_apart_are_not_taken_for_each_other(images, tmp_path):
    fields = SMALL | {"steps": 2, "workdir": tmp_path}
    run = vib.train("vib", images, encoder=partial(Shaped, shape=nnx.tanh), **fields)
    assert run.config.model.encoder == "Shaped(shape=tanh)"
    with pytest.raises(InvalidInput) as error:
        vib.train("vib", images, encoder=partial(Shaped, shape=nnx.relu), **fields)
    assert_one_line(error, "model.encoder", "Shaped(shape=tanh) -> Shaped(shape=relu)", "another workdir")


def test_a_config_that_names_a_network_or_data_is_used_with_them(images, blobs):
    run = vib.train("vib", images, encoder=partial(Conv), **SMALL | {"steps": 2})
    assert run.config.model.encoder == "Conv"
    again = vib.train(run.config, images, encoder=partial(Conv), progress=False)
    assert_same_bits(again.results, run.results)
    for given, words in (((images,), ("encoder", "'Conv'")), ((blobs,), ("data", "crc32"))):
        with pytest.raises(InvalidInput) as error:
            vib.train(run.config, *given, progress=False)
        assert_one_line(error, *words)


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


class Normalised(Conv):
    def __init__(self, key):
        super().__init__(key)
        self.norm = nnx.BatchNorm(4, rngs=nnx.Rngs(key))


class Bare(Conv):
    def __call__(self, x, key=None):
        return super().__call__(x)[0]


class Flat(Conv):
    def __call__(self, x, key=None):
        return super().__call__(x)[1]["c1"], {}


@pytest.mark.parametrize(
    ("encoder", "words"),
    [(Normalised, ("encoder", "BatchStat", "LayerNorm")), (Bare, ("encoder", "(hidden, {")), (Flat, ("[B, width]",))],
)
def test_networks_that_cannot_be_used(images, encoder, words):
    with pytest.raises(InvalidInput) as error:
        vib.train("vib", images, encoder=encoder, **SMALL)
    assert_one_line(error, *words)


def test_a_config_is_a_kind_a_dict_or_a_config():
    one = create("vae", steps=7, seeds=range(3))
    other = create({"model": {"kind": "vae"}, "train": {"steps": np.int64(7)}, "sweep": {"seeds": [0, 1, 2]}})
    assert one == other == create(one) and one.sweep.seeds == (0, 1, 2)
    assert create({"train": Train(batch_size=7)}, steps=3).train == Train(batch_size=7, steps=3)
    assert create(**{"data.options": {"path": Path("x.npz")}}).data.options == {"path": "x.npz"}
