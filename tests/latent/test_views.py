"""Codes of inputs and images of codes: what the model gives, a chunk at a time, and what it cannot give."""

import jax
import numpy as np
import pytest
from conftest import assert_one_line

from vib import models
from vib.errors import InvalidInput
from vib.latent import views

SHAPE = (4, 4, 1)
X = np.random.default_rng(0).uniform(-1, 1, (23, *SHAPE)).astype(np.float32)
Z = np.random.default_rng(1).normal(size=(23, 2)).astype(np.float32)


def vae(**options):
    return models.vae(jax.random.key(0), SHAPE, latent=2, widths=(8,), decoder_widths=(8,), **options)


def vib(**options):
    return models.vib(jax.random.key(0), SHAPE, 3, latent=2, widths=(8,), **options)


@pytest.mark.parametrize("make", [vae, vib])
def test_codes_are_those_of_the_encoder(make):
    model = make()
    q, expected = views.codes(model, X, chunk=5), model.encode(X)[0]
    assert isinstance(q.mean, np.ndarray) and q.mean.shape == q.std.shape == (23, 2)
    for found, own in zip(q, expected, strict=True):
        np.testing.assert_allclose(found, own, rtol=1e-5, atol=1e-6)


def test_a_deterministic_encoder_has_no_noise():
    q = views.codes(vae(deterministic=True), X)
    assert not q.std.any() and q.mean.any()


@pytest.mark.parametrize(("likelihood", "bounded"), [("bernoulli", True), ("gaussian", True), ("logistic", False)])
def test_images_are_the_mean_of_the_decoder(likelihood, bounded):
    """By hand: one hidden layer, one linear, and a sigmoid where pixels are bounded."""
    model = vae(likelihood=likelihood, bounded=bounded)
    hidden, linear = model.decoder.hidden.layers[0], model.decoder.linear
    h = np.maximum(Z @ np.asarray(hidden.kernel[...]).T + np.asarray(hidden.bias[...]), 0)
    out = h @ np.asarray(linear.kernel[...]).T + np.asarray(linear.bias[...])
    expected = 1 / (1 + np.exp(-out)) if bounded else out
    found = views.images(model, Z, chunk=10)
    np.testing.assert_allclose(found, expected.reshape(23, *SHAPE), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("chunk", [1, 6, 23, 100])
def test_chunks_equal_the_whole(chunk):
    def squares(x):
        return {"square": x**2, "sum": x.sum(-1)}

    found = views.in_chunks(squares, Z, chunk)
    np.testing.assert_array_equal(found["square"], Z**2)
    np.testing.assert_array_equal(found["sum"], Z.sum(-1))


def test_chunks_are_of_one_size():
    sizes = []
    views.in_chunks(lambda x: sizes.append(len(x)) or x, Z, 10)
    assert sizes == [10, 10, 10]


def test_a_conditioned_model_has_codes_and_images_of_each_beta():
    model = vae(beta_range=(0.01, 1.0))
    for look, inputs in ((views.codes, X), (views.images, Z)):
        low, high = (np.asarray(look(model.at(beta), inputs)) for beta in (0.01, 1.0))
        assert np.abs(low - high).max() > 1e-3
    bound = model.at(0.01)
    np.testing.assert_allclose(views.codes(bound, X).mean, bound.encode(X)[0].mean, rtol=1e-5, atol=1e-6)
    expected = bound.decoder.image(bound.decode(Z)[0])
    np.testing.assert_allclose(views.images(bound, Z), expected, rtol=1e-5, atol=1e-6)


SYMBOLS = vib(code="categorical", marginal="categorical")
CONDITIONED = vae(beta_range=(0.01, 1.0))
CONVOLUTIONS = vae(architecture="conv", channels=(2,))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: views.images(vae(), Z[:, :1]), ("z: shape (23, 1)", "2 dimensions", "[N, 2]")),
        (lambda: views.images(vae(), Z[0]), ("z: shape (2,)", "[N, 2]")),
        (lambda: views.images(vib(), Z), ("member", "decodes to labels", "'vae' or 'autoencoder'")),
        (lambda: views.images(vae(), Z[:0]), ("inputs: none",)),
        (lambda: views.codes(SYMBOLS, X), ("member", "categorical", "Gaussian")),
        (lambda: views.codes(vib(), X[:, 1:]), ("x: shape (23, 3, 4, 1)", "as it was trained")),
        (lambda: views.codes(CONVOLUTIONS, X[:, :2]), ("x: shape (23, 2, 4, 1)",)),
        (lambda: views.codes(CONVOLUTIONS, X[..., 0]), ("x: shape (23, 4, 4)",)),
        (lambda: views.codes(vib(), X[:0]), ("inputs: none",)),
        (lambda: views.codes(vib(), X, chunk=0), ("chunk: 0", ">= 1")),
        (lambda: views.codes(vib(), X, chunk=2.5), ("chunk: 2.5", "whole")),
        (lambda: views.codes(CONDITIONED, X), ("beta: none given", "0.01 to 1.0")),
        (lambda: views.images(CONDITIONED, Z), ("beta: none given", "0.01 to 1.0")),
        (lambda: views.codes(CONDITIONED.at(0.1), X[:, 1:]), ("x: shape (23, 3, 4, 1)", "as it was trained")),
    ],
)
def test_mistakes_are_told_in_one_line(call, words):
    with pytest.raises(InvalidInput) as error:
        call()
    assert_one_line(error, *words)
