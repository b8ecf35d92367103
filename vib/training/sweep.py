"""A grid [seed, beta] of models trained by one compiled program.

Along beta everything random is shared (initial weights, minibatch order, noise); along seed everything is independent.
"""

import math
import numbers
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import struct

from vib.errors import require

STREAMS = ("init", "order", "noise", "evaluation", "plane", "report")


class Recipe(NamedTuple):
    """How a member is trained; static, so a new one compiles a new program. Betas and learning rates are not in it."""

    objective: Any  # of vib.objectives
    tx: optax.GradientTransformation  # gives a descent direction; the learning rate of the member scales it
    batch_size: int = 100
    warmup: int = 0  # steps over which beta rises linearly to its value
    ema_decay: float = 0.0  # 0: no moving average of the weights


@struct.dataclass
class Sweep:
    """The state of a grid. Every leaf of model, ema and opt_state is [seed, beta, ...]."""

    step: jax.Array  # []
    seed: jax.Array  # [seed]
    beta: jax.Array  # [beta]: what the rate is weighed with in training
    measured_beta: jax.Array  # the betas that a measurement is of: the same, but of one model of all betas all of them
    learning_rate: jax.Array  # [seed, beta]
    loss: jax.Array  # [seed, beta]: of the last minibatch, nats
    finite: jax.Array  # [seed, beta]: False once a loss was not finite
    model: Any
    ema: Any  # None without a moving average
    opt_state: Any
    recipe: Recipe = struct.field(pytree_node=False)


def stream(seed, name):
    """The key of one use of a member's seed; the uses are independent."""
    return jax.random.fold_in(jax.random.key(seed), STREAMS.index(name))


def create(make_model, objective, tx, seeds, betas, learning_rate=1e-3, measured_betas=None, **recipe):
    """A sweep at step 0: make_model(key) for every seed, its weights shared along beta.

    seeds: ints; betas: floats >= 0, distinct; learning_rate: a float, or [seed, beta]. measured_betas: of one model
    for all betas, trained at a single one, those that it is measured at. The rest are fields of Recipe. Raises
    InvalidInput.
    """
    seeds, betas = check_seeds(seeds), check_betas(betas)
    measured_betas = betas if measured_betas is None else check_betas(measured_betas)
    learning_rate = np.asarray(learning_rate, np.float32)
    positive = np.isfinite(learning_rate) & (learning_rate > 0)
    require(positive.all(), f"train.learning_rate: {learning_rate} must be finite and > 0")
    recipe = check_recipe(Recipe(objective, tx, **recipe))

    @jax.jit
    def initialise(seed):
        def member(seed):
            model = make_model(stream(seed, "init"))
            return model, tx.init(model)

        model, opt_state = jax.vmap(member)(seed)
        along_beta = partial(jax.tree.map, lambda x: jnp.repeat(x[:, None], len(betas), axis=1))
        return along_beta(model), along_beta(model) if recipe.ema_decay else None, along_beta(opt_state)

    shape = (len(seeds), len(betas))
    model, ema, opt_state = initialise(jnp.asarray(seeds))
    return Sweep(
        step=jnp.zeros((), jnp.int32), seed=jnp.asarray(seeds), beta=jnp.asarray(betas, jnp.float32),
        measured_beta=jnp.asarray(measured_betas, jnp.float32),
        learning_rate=jnp.array(np.broadcast_to(learning_rate, shape)), loss=jnp.full(shape, jnp.nan, jnp.float32),
        finite=jnp.ones(shape, bool),
        model=model, ema=ema, opt_state=opt_state, recipe=recipe,
    )  # fmt: skip


def check_betas(betas):
    """The betas as float64 [beta]. Raises InvalidInput for an empty grid and negative, NaN or duplicate values."""
    values = list(betas) if np.ndim(betas) else [betas]
    require(values, "sweep.betas: the grid is empty; give at least one beta >= 0")
    for value in values:
        fits = isinstance(value, numbers.Real) and 0 <= value <= float(np.finfo(np.float32).max)
        require(fits, f"sweep.betas: {value!r} is not a valid beta; give finite numbers >= 0")
    values = np.asarray(values, np.float64)
    unique, counts = np.unique(values.astype(np.float32), return_counts=True)
    require(counts.max() == 1, f"sweep.betas: {unique[counts.argmax()]:g} is given twice; give each beta once")
    return values


def check_seeds(seeds):
    """The seeds as uint32 [seed]. Raises InvalidInput for an empty grid, duplicates and values that are no uint32."""
    values = list(np.atleast_1d(seeds))
    require(values, "sweep.seeds: the grid is empty; give at least one seed")
    for value in values:
        fits = isinstance(value, (int, np.integer)) and 0 <= value < 2**32
        require(fits, f"sweep.seeds: {value!r} is not a valid seed; give integers from 0 to 4294967295")
        require(values.count(value) == 1, f"sweep.seeds: {value} is given twice; give each seed once")
    return np.asarray(values, np.uint32)


def check_recipe(recipe):
    """The recipe. Raises InvalidInput for numbers that cannot work."""
    samples = recipe.objective.samples
    require(samples >= 1, f"train.samples: {samples} is below 1; give the draws of z an update")
    require(recipe.warmup >= 0, f"train.warmup: {recipe.warmup} is below 0; give a number of updates, 0 for none")
    require(0 <= recipe.ema_decay < 1, f"train.ema_decay: {recipe.ema_decay} is outside [0, 1); 0 means no average")
    return recipe


def check_batch_size(size, count):
    """Raises InvalidInput unless 1 <= size <= count, the number of training examples."""
    require(
        1 <= size <= count,
        f"train.batch_size: {size} does not fit {count} training examples; give 1 to {count}",
    )


def train_step(sweep, batch):
    """One update of every member. batch: a Batch with leaves [seed, B, ...]."""
    recipe, share = sweep.recipe, ramp(sweep)

    def update(model, opt_state, ema, beta, learning_rate, batch, key):
        loss = jax.value_and_grad(recipe.objective.loss, has_aux=True)
        (value, _), gradient = loss(model, batch, share * beta, key)
        direction, opt_state = recipe.tx.update(gradient, opt_state, model)
        model = optax.apply_updates(model, jax.tree.map(lambda d: learning_rate * d, direction))
        if recipe.ema_decay:
            ema = optax.incremental_update(model, ema, 1 - recipe.ema_decay)
        return model, opt_state, ema, value

    # One product a member: for one wide product over all of them XLA would transpose the weights at every step.
    batch = batch._replace(x=jnp.broadcast_to(batch.x[:, None], (*sweep.finite.shape, *batch.x.shape[1:])))
    shared = batch._replace(x=0, y=None, target=None)
    along_beta = jax.vmap(update, in_axes=(0, 0, 0, 0, 0, shared, None))
    along_seed = jax.vmap(along_beta, in_axes=(0, 0, 0, None, 0, 0, 0))
    keys = jax.vmap(lambda seed: jax.random.fold_in(stream(seed, "noise"), sweep.step))(sweep.seed)
    model, opt_state, ema, loss = along_seed(
        sweep.model, sweep.opt_state, sweep.ema, sweep.beta, sweep.learning_rate, batch, keys
    )
    return sweep.replace(
        step=sweep.step + 1, loss=loss, finite=sweep.finite & jnp.isfinite(loss),
        model=model, ema=ema, opt_state=opt_state,
    )  # fmt: skip


def ramp(sweep):
    """The share of its beta that the next update of a member weighs the rate with: below 1 while it warms up."""
    warmup = sweep.recipe.warmup
    return jnp.minimum(1.0, (sweep.step + 1) / warmup) if warmup else 1.0


def permuted(key, count):
    """jax.random.permutation(key, count), by sorts of packed integers: 4 times faster on a CPU."""
    order = jnp.arange(count, dtype=jnp.int32)
    for _ in range(math.ceil(3 * math.log(count) / math.log(2**32 - 1))):  # as often as jax sorts
        key, bits_key = jax.random.split(key)
        with jax.enable_x64(True):
            bits = jax.random.bits(bits_key, (count,), jnp.uint32).astype(jnp.uint64)
            packed = jnp.sort(bits << 32 | jnp.arange(count, dtype=jnp.uint64))
        order = order[packed.astype(jnp.uint32)]
    return order


@partial(jax.jit, donate_argnums=0)
def train_until(sweep, data, stop):
    """Trains every member up to step `stop` on data, a Batch of N examples. Compiled once for any Python int `stop`.

    Minibatches are drawn without replacement, in an order that is a function of the seed and the epoch alone, so that
    60 + 40 steps are 100 steps bit for bit. The sweep is donated: use the returned one.
    """
    size, count = sweep.recipe.batch_size, len(data.x)
    check_batch_size(size, count)
    per_epoch = count // size

    def permutations(epoch):
        def permutation(seed):
            return permuted(jax.random.fold_in(stream(seed, "order"), epoch), count)

        return jax.vmap(permutation)(sweep.seed)

    def body(carry):
        sweep, order = carry
        epoch, place = sweep.step // per_epoch, sweep.step % per_epoch
        order = jax.lax.cond(place == 0, permutations, lambda _: order, epoch)
        index = jax.lax.dynamic_slice_in_dim(order, place * size, size, axis=1)
        return train_step(sweep, jax.tree.map(lambda leaf: leaf[index], data)), order

    start = (sweep, permutations(sweep.step // per_epoch))
    return jax.lax.while_loop(lambda carry: carry[0].step < stop, body, start)[0]


def measured(sweep):
    """The sweep as a grid over the betas that it is measured at; one model of all betas is copied to each of them."""
    betas = sweep.measured_beta
    if len(sweep.beta) == len(betas) > 1:  # one model of all betas may be measured at one, but another than its own
        return sweep

    def along_beta(tree):
        return jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (len(leaf), len(betas), *leaf.shape[2:])), tree)

    return sweep.replace(
        beta=betas, learning_rate=along_beta(sweep.learning_rate), loss=along_beta(sweep.loss),
        finite=along_beta(sweep.finite), model=along_beta(sweep.model), ema=along_beta(sweep.ema),
    )  # fmt: skip


def member(sweep, seed, beta, ema=False):
    """The model at place (seed, beta) of the grid that the sweep is measured at."""
    place = min(beta, len(sweep.beta) - 1)  # one model of all betas has one place
    model = jax.tree.map(lambda leaf: leaf[seed, place], sweep.ema if ema else sweep.model)
    return model.at(sweep.measured_beta[beta])
