"""Inside a network: the layers by name, their noise, idle units, and drift and diffusion of the weights."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vib import models
from vib.evaluation import activations
from vib.objectives import Batch, Distortion, Lagrangian

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(40, 6)).astype(np.float32)
Y = RANDOM.integers(0, 3, 40).astype(np.int32)
IMAGES = RANDOM.uniform(size=(8, 8, 8, 1)).astype(np.float32)
NOISE = 0.3
SQUARED = Lagrangian(jnp.square, samples=2)


@pytest.fixture(scope="module")
def made():
    """Models by what they show."""
    plain = partial(models.classifier, KEY, (6,), 3, latent=None, widths=(5, 4), activation="tanh")
    return {
        "classifier": plain(),
        "noisy": plain(noise_std=NOISE, decoder_widths=(4,)),
        "coded": models.classifier(KEY, (6,), 3, latent=2, widths=(5,)),
        "vib": models.vib(KEY, (6,), 3, latent=2, widths=(5,), decoder_widths=(4,)),
        "regression": models.vib(KEY, (6,), 3, latent=2, widths=(5,), likelihood="gaussian"),
        "vae": models.vae(KEY, (8, 8, 1), latent=2, widths=(5,), decoder_widths=(4,), architecture="conv"),
    }


def test_layers_are_those_of_the_network_in_its_order(made):
    inputs = {"vae": IMAGES}
    named = {name: [*activations.layers(model, inputs.get(name, X), KEY)] for name, model in made.items()}
    assert named["classifier"] == ["h1", "h2", "output"]
    assert named["noisy"] == ["h1", "h2", "d1", "output"]
    assert named["coded"] == ["h1", "z", "output"]
    assert named["vib"] == ["h1", "z", "d1", "output"]
    assert named["regression"] == ["h1", "z", "output"]
    assert named["vae"] == ["c1", "c2", "h1", "z", "d1", "d2", "dc1"]
    assert all([*activations.kernels(made[name])] == layers for name, layers in named.items())


def test_values_are_those_of_a_plain_forward_pass(made):
    """h1 = tanh(x W^T + b), ..., softmax of the last: in NumPy."""
    model = made["classifier"]
    x, layers = X, [*model.encoder.mlp.layers, model.decoder.linear]
    found = activations.layers(model, X, KEY)
    for layer, known in zip(layers, found.values(), strict=True):
        x = x @ np.asarray(layer.kernel[...]).T + np.asarray(layer.bias[...])
        x = np.tanh(x) if layer is not layers[-1] else np.exp(x) / np.exp(x).sum(1, keepdims=True)
        np.testing.assert_allclose(known.value, x, rtol=1e-5, atol=1e-6)
        assert known.fixed


def test_only_what_lies_behind_noise_is_not_a_function_of_the_input(made):
    fixed = {name: known.fixed for name, known in activations.layers(made["vib"], X, KEY).items()}
    assert fixed == {"h1": True, "z": False, "d1": False, "output": False}
    one, two = (activations.layers(made["vib"], X, jax.random.key(seed)) for seed in (1, 2))
    assert {name: bool((one[name].value == two[name].value).all()) for name in one} == fixed


def test_code_comes_with_its_distribution(made):
    z = activations.layers(made["vib"], np.repeat(X[:1], 20_000, 0), KEY)["z"]
    np.testing.assert_allclose(z.value.mean(0), z.q.mean[0], atol=5 * float(z.q.std.max()) / 20_000**0.5)
    np.testing.assert_allclose(z.value.std(0), z.q.std[0], rtol=0.03)  # 6 standard errors


def test_noise_of_a_layer_is_independent_and_of_its_std(made):
    """Before its own noise the first layer is a function of x, the second already varies."""
    found = activations.layers(made["noisy"], np.repeat(X[:1], 5_000, 0), KEY, draws=3)
    first, second = found["h1"], found["h2"]
    assert first.means.shape == (3, 5_000, 5)
    assert np.ptp(first.means, axis=(0, 1)).max() == 0
    assert np.std(second.means, axis=(0, 1)).min() > 0.01
    noise = np.asarray(first.value - first.means[0])
    np.testing.assert_allclose(noise.std(0), NOISE, rtol=0.06)  # 6 standard errors
    correlation = np.corrcoef(np.hstack([noise, second.value - second.means[0]]).T) - np.eye(9)
    assert np.abs(correlation).max() < 5 / 5_000**0.5


def test_without_a_key_there_is_no_noise(made):
    model = made["noisy"]
    (one, _), (two, _) = model.encode(X), model.encode(X)
    np.testing.assert_array_equal(one.mean, two.mean)
    assert (model.encode(X, KEY)[0].mean != one.mean).all()


def test_idle_units_are_counted(made):
    value = jnp.array([[0.0, 0.985, -1.0], [0.0, 0.5, -1.0]])  # two dead units, values within 0.02 of the ends
    layer = activations.Layer(value, True)
    shares = activations.idle(made["classifier"], {"h1": layer, "output": layer})
    assert shares["dead"] == pytest.approx(dict.fromkeys(("h1", "output"), 2 / 3))
    assert shares["saturated"] == pytest.approx({"h1": 3 / 6, "output": np.nan}, nan_ok=True)
    assert np.isnan(activations.idle(made["coded"], {"h1": layer})["saturated"]["h1"])  # relu has no asymptotes


@pytest.mark.parametrize(("name", "objective"), [("classifier", Distortion()), ("vib", SQUARED)])
def test_drift_and_diffusion_of_a_plain_loop(made, name, objective):
    """Mean and standard deviation over minibatches, gradient by gradient, in NumPy and float64."""
    model, beta = made[name], 0.1
    batches = jax.tree.map(lambda leaf: leaf.reshape(5, 8, *leaf.shape[1:]), Batch(X, Y, Y))
    found = activations.drift(model, batches, beta, KEY, objective)
    gradient = jax.grad(objective.loss, has_aux=True)
    parts = []
    for i in range(5):
        batch = jax.tree.map(lambda leaf, i=i: leaf[i], batches)
        parts.append(activations.kernels(gradient(model, batch, beta, jax.random.fold_in(KEY, i))[0]))
    assert all([*values] == [*activations.kernels(model)] for values in found.values())
    for layer, kernel in activations.kernels(model).items():
        stack = np.array([part[layer] for part in parts], np.float64)
        mean, std = np.linalg.norm(stack.mean(0)), np.linalg.norm(stack.std(0, ddof=1))
        np.testing.assert_allclose(found["gradient_mean"][layer], mean, rtol=1e-4)
        np.testing.assert_allclose(found["gradient_std"][layer], std, rtol=1e-4)
        np.testing.assert_allclose(found["gradient_ratio"][layer], mean / std, rtol=1e-4)
        np.testing.assert_allclose(activations.weight_norm(model)[layer], np.linalg.norm(kernel), rtol=1e-5)
