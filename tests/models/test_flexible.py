"""The flexible VIB against the expansion that it solves, differentiated by jax, and its closed form in beta."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from vib.errors import InvalidInput
from vib.models import flexible
from vib.models.flexible import simplex
from vib.objectives import Batch, Expansion, terms

KEY, CLASSES, BETA = jax.random.key(0), 4, 0.3


def made():
    return jax.jit(lambda key: flexible(key, (5,), CLASSES, widths=(6,)))(KEY)


def batch(count=40):
    random = np.random.default_rng(0)
    x, y = random.standard_normal((count, 5)).astype(np.float32), random.integers(0, CLASSES, count)
    return Batch(jnp.asarray(x), jnp.asarray(y), jnp.asarray(y))


def expanded(logits, y):
    """-log softmax(logits)_y to second order around equal logits, by jax's own derivatives."""

    def loss(logits):
        return -jax.nn.log_softmax(logits)[y]

    zero = jnp.zeros_like(logits)
    return loss(zero) + jax.grad(loss)(zero) @ logits + logits @ jax.hessian(loss)(zero) @ logits / 2


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_the_decoder_makes_the_curvature_one(classes):
    def loss(logits):
        return -jax.nn.log_softmax(logits)[0]

    curvature = jax.hessian(loss)(jnp.zeros(classes))
    w = simplex(classes)
    np.testing.assert_allclose(w.T @ curvature @ w, np.eye(classes - 1), atol=1e-5)


def test_the_distortion_is_the_expectation_of_the_expansion():
    """By many draws of z, within five standard errors, an example each."""
    model, data = made(), batch(6)
    q, _ = model.at(BETA).encode(data.x)
    z = q.mean + q.std * jax.random.normal(KEY, (100_000, *q.mean.shape))
    logits, _ = model.at(BETA).decode(z)
    drawn = np.asarray(jax.vmap(jax.vmap(expanded), in_axes=(0, None))(logits, data.y))
    error = 5 * drawn.std(0) / np.sqrt(len(drawn))
    _, measured = Expansion().loss(model, data, BETA, KEY)
    assert (np.abs(measured.distortion - drawn.mean(0)) < error).all()


def test_the_loss_is_a_squared_error_whatever_the_beta():
    """Up to a constant and the factor (1 - beta) / 2, the squared distance of h from W^T (one-hot - 1 / classes)."""
    model, data = made(), batch()
    target = (np.eye(CLASSES)[data.y] - 1 / CLASSES) @ np.asarray(simplex(CLASSES))

    def squared(model):
        hidden, _ = model.encoder(data.x)
        return jnp.sum((model.head(hidden).mean - target) ** 2, axis=1).mean()

    expected = jax.tree.leaves(jax.grad(squared)(model))
    for beta in (0.1, 0.7):
        gradient = jax.tree.leaves(jax.grad(lambda m, beta=beta: Expansion().loss(m, data, beta, KEY)[0])(model))
        for ours, theirs in zip(gradient, expected, strict=True):
            np.testing.assert_allclose(ours, (1 - beta) / 2 * theirs, atol=1e-5)


def test_the_code_is_optimal_for_the_expansion():
    """With h where it is to be, no other mean or std of q(z|x) gives a lower expanded D + beta R."""
    w = np.asarray(simplex(CLASSES), np.float64) * np.sqrt(1 - BETA)
    target = w.T @ (np.eye(CLASSES)[1] - 1 / CLASSES)

    def loss(mean, std):
        distortion = -mean @ target + (1 - BETA) * (mean @ mean + (std**2).sum()) / 2
        return distortion + BETA * 0.5 * (mean @ mean + (std**2).sum() - 2 * np.log(std).sum())

    mean, std = target, np.full(CLASSES - 1, np.sqrt(BETA))
    random = np.random.default_rng(0)
    for _ in range(200):
        move = 0.1 * random.standard_normal((2, CLASSES - 1))
        assert loss(mean + move[0], np.abs(std + move[1])) > loss(mean, std)


def test_rate_falls_to_zero_at_beta_one():
    model, data = made(), batch()
    rates = [float(terms(model.at(beta), data, KEY)[0].rate.mean()) for beta in (0.01, 0.1, 0.5, 1.0, 3.0)]
    assert rates == sorted(rates, reverse=True) and rates[-1] == rates[-2] == 0


@pytest.mark.parametrize(
    "options", [{"latent": 7}, {"decoder_widths": (3,)}, {"marginal": "mixture"}, {"std": 1.0}, {"noise_std": 0.1}]
)
def test_options_that_leave_the_closed_form_stop_at_the_door(options):
    with pytest.raises(InvalidInput, match=f"model.{next(iter(options))}"):
        flexible(KEY, (5,), CLASSES, widths=(6,), **options)
