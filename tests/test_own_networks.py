"""Networks of one's own in vib.train and vib.load: used, told apart, and refused in one line."""

from functools import partial

import numpy as np
import pytest
from conftest import assert_one_line
from flax import nnx
from given import SMALL, three_classes, two_classes  # noqa: F401
from small import assert_same_bits

import vib
from vib.errors import InvalidInput
from vib.run import name_of


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


def around(shape):
    return lambda key: Shaped(key, shape)


def test_functions_that_make_networks_are_known_by_what_they_hold():
    makers = [
        Shaped, partial(Shaped, shape=nnx.relu), partial(Shaped, shape=nnx.tanh), lambda key: Shaped(key, nnx.relu),
        lambda key: Shaped(key, nnx.tanh), lambda key: Shaped(key, 0.5), around(nnx.relu), around(nnx.tanh),
    ]  # fmt: skip
    names = [name_of(maker) for maker in makers]
    assert len(set(names)) == len(makers) and not any("\n" in name or " at 0x" in name for name in names)
    assert name_of(around(nnx.relu)) == name_of(around(nnx.relu)) == "around.<locals>.<lambda>(Shaped, relu)"
    assert name_of(partial(Shaped)) == name_of(Shaped) == "Shaped"


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
