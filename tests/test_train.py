"""Training from Python: vib.train and the Run that it returns."""

from functools import partial

import jax
import numpy as np
import pytest
from conftest import assert_one_line
from flax import nnx
from small import assert_same_bits

import vib
from vib.config import create
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
        ({"data.seed": 3}, ("data", "give one of them")),
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


def test_a_config_that_names_a_network_or_data_is_used_with_them(images, blobs):
    run = vib.train("vib", images, encoder=partial(Conv), **SMALL | {"steps": 2})
    assert run.config.model.encoder == "partial"
    again = vib.train(run.config, images, encoder=partial(Conv), progress=False)
    assert_same_bits(again.results, run.results)
    for given, words in (((images,), ("encoder", "'partial'")), ((blobs,), ("data", "crc32"))):
        with pytest.raises(InvalidInput) as error:
            vib.train(run.config, *given, progress=False)
        assert_one_line(error, *words)


def test_a_finished_run_has_no_number_that_it_was_not_asked_for(blobs, tmp_path):
    class Late(Evaluator):
        name = "late"
        variables = {"late": Variable(("seed", "beta"), "1", "what was not measured")}

    vib.train("vib", blobs, workdir=tmp_path, **SMALL | {"steps": 2})
    with pytest.raises(InvalidInput) as error:
        vib.train("vib", blobs, workdir=tmp_path, evaluators=[Late()], **SMALL | {"steps": 2})
    assert_one_line(error, "evaluators", "'late'", "another workdir")


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
