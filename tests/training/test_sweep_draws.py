"""What a step draws, shown by a model whose gradients are the draws themselves.

Its loss is linear in its weights, so that descent with learning rate 1 subtracts the mean of the one-hot examples, the
mean noise, and the ramp of beta.
"""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import struct
from stand_in import StandIn

from vib.distributions import Gaussian
from vib.objectives import Batch, Exponential, Lagrangian, Power
from vib.training import sweep


@struct.dataclass
class Spy(StandIn):
    seen: jax.Array  # [N]
    drawn: jax.Array  # [latent]
    paid: jax.Array  # []

    def encode(self, x, key=None):
        shape = (len(x), len(self.drawn))
        return Gaussian(jnp.zeros(shape), jnp.ones(shape)), {}

    def decode(self, z, key=None):
        return (self.seen, z @ self.drawn), {}

    def distortion(self, parameters, target):
        seen, noise = parameters
        return noise + target @ seen

    def rate(self, q, z, y):
        return jnp.full(len(y), self.paid)


EXAMPLES, LATENT = 12, 1000
DESCENT = optax.scale(-1.0)


LAGRANGIAN = Lagrangian()


def spied(steps, objective=LAGRANGIAN, batch_size=4, learning_rate=1.0, seeds=(3, 4), betas=(0.5, 2.0), **recipe):
    """What the Spy's weights lost at each step: (seen [step, seed, beta, N], drawn [..., latent], paid), and sweeps."""
    one_hot = np.eye(EXAMPLES, dtype=np.float32)
    data = Batch(one_hot, np.zeros(EXAMPLES, np.int32), one_hot)

    def make_model(key):
        return Spy(jnp.zeros(EXAMPLES), jnp.zeros(LATENT), jnp.zeros(()))

    grid = sweep.create(make_model, objective, DESCENT, seeds, betas, learning_rate, batch_size=batch_size, **recipe)
    history = [jax.device_get(grid)]
    for stop in range(1, steps + 1):
        grid = sweep.train_until(grid, data, stop)
        history.append(jax.device_get(grid))
    lost = [[-np.diff([getattr(s.model, name) for s in history], axis=0)] for name in ("seen", "drawn", "paid")]
    return *(difference for (difference,) in lost), history


@pytest.fixture(scope="module")
def spy():
    return spied(9, Lagrangian(samples=2), warmup=5, ema_decay=0.75, learning_rate=np.float32([[1, 1], [1, 0.25]]))


@pytest.mark.parametrize("count", [1, 2, 1625, 1626, 4097])
def test_permuted_is_the_permutation_of_jax(count):
    """Of int32, also where jax sorts twice: from 1626 on."""
    key = jax.random.key(5)
    order = jax.jit(sweep.permuted, static_argnums=1)(key, count)
    assert order.dtype == jnp.int32
    np.testing.assert_array_equal(order, jax.random.permutation(key, count))


def test_an_epoch_is_a_permutation(spy):
    """9 steps of 4 examples are 3 epochs of 12: each example once an epoch."""
    examples = np.round(spy[0][:, 0, 0] * 4).astype(int)
    assert set(examples.ravel()) == {0, 1}
    np.testing.assert_array_equal(examples.reshape(3, 3, EXAMPLES).sum(1), 1)
    epochs = examples.reshape(3, -1)
    assert not np.array_equal(epochs[0], epochs[1]) and not np.array_equal(epochs[1], epochs[2])


def test_minibatches_are_shared_along_beta_and_differ_along_seed(spy):
    seen = spy[0]
    np.testing.assert_array_equal(seen[:, 0, 0] > 0, seen[:, 0, 1] > 0)
    np.testing.assert_array_equal(seen[:, 1, 0] > 0, seen[:, 1, 1] > 0)
    assert not np.array_equal(seen[:, 0, 0] > 0, seen[:, 1, 0] > 0)


def test_examples_beyond_the_last_full_batch_wait_for_the_next_epoch():
    """12 examples in batches of 5: two steps an epoch show 10 examples once and leave out 2, not always the same."""
    examples = np.round(spied(8, batch_size=5)[0][:, 0, 0] * 5).astype(int).reshape(4, 2, EXAMPLES).sum(1)
    np.testing.assert_array_equal(np.sort(examples, axis=1), [[0] * 2 + [1] * 10] * 4)
    assert len({tuple(epoch) for epoch in examples}) > 1


def test_noise_is_shared_along_beta_and_new_at_every_step_and_seed(spy):
    drawn = spy[1]
    np.testing.assert_allclose(drawn[:, 0, 0], drawn[:, 0, 1], atol=1e-6)  # differences of float32 sums
    others = np.concatenate([drawn[:, 0, 0], drawn[:, 1, 0]])
    correlation = np.corrcoef(others) - np.eye(len(others))
    assert np.abs(correlation).max() < 5 / np.sqrt(LATENT)  # five standard errors: no two are the same or opposite


@pytest.mark.parametrize("samples", [1, 3])
def test_noise_is_averaged_over_examples_and_samples(samples):
    drawn = spied(2, Lagrangian(samples=samples))[1][:, :, 0].reshape(-1)
    assert drawn.var() * 4 * samples == pytest.approx(1, abs=5 * np.sqrt(2 / drawn.size))  # five standard errors


def test_beta_rises_linearly_over_the_warmup(spy):
    ramp = np.minimum(1, np.arange(1, 10) / 5)
    np.testing.assert_allclose(spy[2][:, 0, 0], 0.5 * ramp, rtol=1e-5)  # differences of float32 sums
    np.testing.assert_allclose(spy[2][:, 0, 1], 2.0 * ramp, rtol=1e-5)
    np.testing.assert_allclose(spied(3)[2][:, 0, 1], 2.0, rtol=1e-5)  # without a warmup


def test_every_member_has_its_own_learning_rate(spy):
    paid = spy[2]
    np.testing.assert_allclose(paid[:, 1, 0], paid[:, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(paid[:, 1, 1], 0.25 * paid[:, 0, 1], rtol=1e-5)


def test_moving_average_is_the_recurrence(spy):
    average = np.zeros((2, 2, EXAMPLES))
    for grid in spy[3][1:]:
        average = 0.75 * average + 0.25 * grid.model.seen.astype(np.float64)
        np.testing.assert_allclose(grid.ema.seen, average, rtol=1e-5, atol=1e-7)


def test_no_moving_average_unless_asked_for():
    assert spied(0)[3][0].ema is None


def test_u_shapes_the_price_of_the_rate():
    """u(R) = 3 R: the weight that is the rate is paid three times beta."""
    np.testing.assert_allclose(spied(2, Lagrangian(lambda rate: 3 * rate))[2][:, 0], [[1.5, 6.0]] * 2, rtol=1e-5)


def test_two_us_of_one_number_are_two_programs():
    """At rate 0 the slope of R^2 is 0 and that of exp(R) is 1; with one program for both it would be that of either."""
    np.testing.assert_array_equal(spied(1, Lagrangian(Power(1.0)))[2], 0)
    np.testing.assert_allclose(spied(1, Lagrangian(Exponential(1.0)))[2][:, 0], [[0.5, 2.0]], rtol=1e-5)
