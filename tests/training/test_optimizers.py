"""Directions of descent against their recurrences in numpy."""

import jax
import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.training import optimizers

GRADIENTS = np.random.default_rng(0).normal(size=(7, 3)).astype(np.float32)
FLOAT32 = 1e-5


def directions(tx, gradients=GRADIENTS):
    """The directions that a transformation makes of a sequence of gradients."""
    state, found = tx.init(gradients[0]), []
    update = jax.jit(tx.update)
    for gradient in gradients:
        direction, state = update(gradient, state)
        found.append(np.asarray(direction))
    return np.array(found)


def adam(gradients, b1, b2):
    """Kingma & Ba 2015, algorithm 1, with learning rate 1."""
    first = second = 0
    for t, g in enumerate(gradients.astype(np.float64), 1):
        first, second = b1 * first + (1 - b1) * g, b2 * second + (1 - b2) * g**2
        yield -(first / (1 - b1**t)) / (np.sqrt(second / (1 - b2**t)) + 1e-8)


@pytest.mark.parametrize("b1", [0.5, 0.9])
def test_adam(b1):
    np.testing.assert_allclose(directions(optimizers.make(b1=b1)), list(adam(GRADIENTS, b1, 0.999)), rtol=1e-4)


@pytest.mark.parametrize("b1", [0.0, 0.7])
def test_sgd_with_momentum(b1):
    velocity = np.zeros((8, 3))
    for t, gradient in enumerate(GRADIENTS):
        velocity[t + 1] = b1 * velocity[t] + gradient
    np.testing.assert_allclose(directions(optimizers.make("sgd", b1=b1)), -velocity[1:], rtol=FLOAT32, atol=1e-6)


def test_staircase_decay():
    """x 0.5 every 3 steps: steps 0 to 2 at 1, 3 to 5 at 1/2, 6 at 1/4."""
    tx = optimizers.make("sgd", b1=0.0, decay_rate=0.5, decay_steps=3)
    factors = np.array([1, 1, 1, 0.5, 0.5, 0.5, 0.25])
    np.testing.assert_allclose(directions(tx), -GRADIENTS * factors[:, None], rtol=FLOAT32)


def test_clipping_bounds_the_norm_and_keeps_the_direction():
    gradients = np.array([[3, 4, 0], [0.3, 0.4, 0]], np.float32)
    found = directions(optimizers.make("sgd", b1=0.0, clip=1.0), gradients)
    np.testing.assert_allclose(found, [[-0.6, -0.8, 0], [-0.3, -0.4, 0]], rtol=FLOAT32)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"optimizer": "adamm"}, ("train.optimizer", "adamm", "'adam'")),
        ({"b1": 1.0}, ("train.b1", "1.0")),
        ({"b2": -0.1}, ("train.b2", "-0.1")),
        ({"clip": 0.0}, ("train.clip", "0.0")),
        ({"decay_rate": 0.0}, ("train.decay_rate", "0.0")),
        ({"decay_rate": 0.9, "decay_steps": 0}, ("train.decay_steps", "0")),
    ],
)
def test_what_cannot_work_is_told(options, words):
    with pytest.raises(InvalidInput) as error:
        optimizers.make(**options)
    assert_one_line(error, *words)
