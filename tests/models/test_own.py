"""Networks of one's own: their noise is drawn where a key is given, and known where layers are measured."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from flax import nnx

import vib
from vib import api, models
from vib.errors import InvalidInput
from vib.evaluation import activations, standard

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
X, Y = RANDOM.normal(size=(20, 5)).astype(np.float32), np.arange(20) % 3


class Noisy(nnx.Module):
    """A tanh layer and noise from the key."""

    def __init__(self, key, inputs, outputs):
        self.linear = nnx.Linear(inputs, outputs, rngs=nnx.Rngs(key))

    def __call__(self, x, key=None):
        h = jnp.tanh(self.linear(x))
        return h if key is None else h + jax.random.normal(key, h.shape), {"own": h}


ENCODER, DECODER = partial(Noisy, inputs=5, outputs=4), partial(Noisy, inputs=2, outputs=5)


def layers(make, **options):
    return activations.layers(make(KEY, (5,), 3, latent=2, widths=(4,), **options), X, KEY)


def test_noise_of_a_network_leaves_no_function_of_the_input_behind_it():
    fixed = {name: layer.fixed for name, layer in layers(models.classifier).items()}
    assert fixed == {"h1": True, "z": True, "output": True}
    fixed = {name: layer.fixed for name, layer in layers(models.classifier, own_decoder=DECODER).items()}
    assert fixed == {"h1": True, "z": True, "down": False, "output": False}
    for make in (models.classifier, models.vib):
        named = layers(make, own=ENCODER)
        assert not any(layer.fixed for layer in named.values())
        assert named["z"].q is None  # q(z|x) is that of one draw of the noise


@pytest.mark.parametrize("make", [models.vae, partial(models.vib, outputs=3)])
def test_a_decoder_draws_its_noise(make):
    model = make(KEY, shape=(5,), latent=2, widths=(4,), decoder_widths=(), own_decoder=DECODER)
    still, one, two = (
        jax.tree.leaves(model.decode(jnp.zeros((3, 2)), key)[0])[0] for key in (None, *jax.random.split(KEY))
    )
    assert (one != two).any() and (still != one).any()


def test_nothing_of_the_config_is_said_of_an_encoder_that_it_does_not_make(caplog):
    model = models.classifier(KEY, (5,), 3, latent=None, widths=(), own=ENCODER, activation="tanh")
    saturated = activations.idle(model, activations.layers(model, X, KEY))["saturated"]
    assert np.isnan(list(saturated.values())).all()
    data, small = vib.data.from_arrays(X, Y, X, Y), {"widths": (4,), "batch_size": 5, "betas": (0.1,)}
    with pytest.raises(InvalidInput) as error:
        options = {"kind": "classifier", "latent": None, "noise_std": 0.1, **small}
        api.setup_of(vib.config.create(**options), data, ENCODER)
    assert_one_line(error, "model.noise_std", "0.1", "set it to 0")
    config = vib.config.create(estimators=("binned_unit",), latent=2, **small)
    for encoder, warned in ((None, True), (ENCODER, False)):
        caplog.clear()
        standard.information_plane(api.setup_of(config, data, encoder))
        assert ("binned_unit" in caplog.text) == warned
