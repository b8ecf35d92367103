"""Neural bounds, in nats: a critic learns to tell pairs from negatives, and pairs that it never saw give the number."""

import itertools
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.scipy.special import entr, logsumexp, ndtri
from jaxtyping import Key

from vib.errors import choose, require
from vib.information.checks import centred, held, labels, samples, valid, whole
from vib.information.estimate import Estimate, negligible
from vib.typing import ArrayLike, Integer

KINDS = {"infonce": "lower", "nwj": "lower", "dv": "estimate", "mine": "estimate", "smile": "estimate"}
WIDTHS = (64, 64, 32)
LEARNING_RATE, BATCH = 1e-3, 256
LOOKS = 40  # how often the validation pairs are looked at
MEMORY = 0.99  # mine: decay of the moving average
CLIP = 5.0  # smile: scores of negatives are held to +-CLIP


class Scores(NamedTuple):
    """What the bounds need of the scores f(x_i, y_j), a number for each x_i; negatives are the y_j with j != i."""

    own: jax.Array  # [K], f(x_i, y_i)
    every: jax.Array  # [K], logsumexp over all y_j
    negatives: jax.Array  # [K], logsumexp over negatives
    clipped: jax.Array  # [K], the same of clipped scores
    doubt: jax.Array  # [K], sum of softplus over negatives


def critic(
    x: ArrayLike["N dim_x"],
    y: ArrayLike["N dim_y"] | ArrayLike[" N"],
    bound: str = "infonce",
    *,
    key: Key[jax.Array, ""],
    classes: Integer | None = None,
    steps: Integer = 2000,
) -> Estimate:
    """I(X;Y) by a trained critic: 'infonce' and 'nwj' are 'lower' bounds, 'dv', 'mine' and 'smile' 'estimate's.

    x [N, dim_x]; y [N, dim_y], or labels [N]; value [], nats. Half of the pairs train a separable critic (the
    product of two small networks), a quarter choose among its states on the way, and the other quarter give the value:
    the lower bounds hold in expectation over those. Pairs that were learnt by heart read too much: where the last state
    reads so much more of its own pairs that half the difference is over 0.1 nat and 15 % of the value, there are too
    few pairs, and the value is not resolved, 0 neither. Each coordinate first becomes a normal score by the ranks of
    the training half, which no heavy tail survives. A critic that learnt nothing says 0.
    infonce: van den Oord et al. 2018; its ceiling is log(N / 4), within 0.1 nat of which it is unresolved (flag,
    saturating). nwj: Nguyen et al. 2010, of scores cut off where one negative would weigh as much as all of them
    should. dv: Donsker-Varadhan; mine: the same with the gradient of a moving average, Belghazi et al. 2018; smile:
    the same with clipped scores, trained as a discriminator, Song & Ermon 2020. These four have no ceiling.
    For labels the ceiling of all five is the entropy of the held-out ones.
    Time grows with steps; memory: about 3 arrays of 64 N numbers. Raises InvalidInput for other shapes, NaN, fewer than
    16 pairs, an unknown bound, fewer than 40 steps, or labels and classes that `checks.labels` does not take.
    """
    kind = choose("bound", bound, KINDS)
    x = held("x", *centred(samples("x", x, least=16)))
    if np.ndim(y) == 1:
        y, classes = labels(y, len(x), classes)
        y = jax.nn.one_hot(y, classes, dtype=x.dtype)
    else:
        y, classes = held("y", *centred(samples("y", y))).astype(x.dtype), None
    require(len(x) == len(y), f"y: {len(y)} samples for {len(x)} of x; give them in pairs")
    steps = whole("steps", steps, LOOKS)
    value, ceiling, resolved = _critic(x, y, key, bound, classes is not None, steps)
    return Estimate(value, ceiling, kind, resolved)


@partial(jax.jit, static_argnames=("bound", "labelled", "steps"))
def _critic(x, y, key, bound, labelled, steps):
    split_key, start_key, train_key = jax.random.split(key, 3)
    half, three_quarters = len(x) // 2, len(x) - len(x) // 4
    order = jax.random.permutation(split_key, len(x))
    pairs = _normal_scores(x[order], half), _normal_scores(y[order], half)
    parts = slice(half), slice(half, three_quarters), slice(three_quarters, None)
    train, choice, held_out = ([array[part] for array in pairs] for part in parts)
    best, last = _train(_start(start_key, *train), train, choice, train_key, bound, steps)
    value = _value(_scores(best, *held_out, bound), bound)
    # pairs that were learnt by heart read too much, pairs never seen too little
    learnt = _value(_scores(last, *(array[: len(held_out[0])] for array in train), bound), bound)
    ceiling = jnp.log(len(held_out[0])) if bound == "infonce" else jnp.inf
    if labelled:
        ceiling = entr(y[order][three_quarters:].mean(axis=0)).sum()
    value = jnp.where(valid(x) & valid(y), value, jnp.nan)
    return value, jnp.asarray(ceiling, x.dtype), negligible((learnt - value) / 2, value)


def _train(start, train, choice, key, bound, steps):
    """The parameters with the highest value on the pairs of `choice`, of the start and LOOKS states; and the last."""
    tx = optax.adam(LEARNING_RATE)

    def loss(parameters, memory, batch):
        objective, memory = _objective(_scores(parameters, *batch, bound), memory, bound)
        return -objective, memory

    def step(state, key):
        parameters, optimizer, memory = state
        chosen = jax.random.permutation(key, len(train[0]))[:BATCH]
        gradient, memory = jax.grad(loss, has_aux=True)(parameters, memory, [array[chosen] for array in train])
        updates, optimizer = tx.update(gradient, optimizer)
        return (optax.apply_updates(parameters, updates), optimizer, memory), None

    def look(carry, key):
        state, best, highest = carry
        state, _ = jax.lax.scan(step, state, jax.random.split(key, steps // LOOKS))
        value = _value(_scores(state[0], *choice, bound), bound)
        best = jax.tree.map(lambda old, new: jnp.where(value > highest, new, old), best, state[0])
        return (state, best, jnp.fmax(highest, value)), None

    zero = jnp.zeros((), train[0].dtype)
    carry = (start, tx.init(start), zero), start, zero
    (last, best, _), _ = jax.lax.scan(look, carry, jax.random.split(key, LOOKS))
    return best, last[0]


def _objective(scores, memory, bound):
    """What a batch ascends, and mine's memory: log of the moving average of exp f over negatives."""
    if bound == "smile":
        return -jax.nn.softplus(-scores.own).mean() - scores.doubt.sum() / _pairs(scores.doubt), memory
    if bound == "mine":
        mean = _log_mean(scores.negatives)
        held = jax.lax.stop_gradient(jnp.logaddexp(np.log(MEMORY) + memory, np.log(1 - MEMORY) + mean))
        return scores.own.mean() - jnp.exp(mean - held), held
    return _value(scores, bound), memory


def _value(scores, bound):
    """The bound of Scores, nats: what Poole et al. 2019 write with f, for nwj with f + 1, so that f = 0 gives 0."""
    if bound == "infonce":
        return (scores.own - scores.every).mean() + np.log(len(scores.own))
    if bound == "nwj":
        return scores.own.mean() + 1 - jnp.exp(_log_mean(scores.negatives))
    return scores.own.mean() - _log_mean(scores.clipped if bound == "smile" else scores.negatives)


def _log_mean(rows):
    return logsumexp(rows) - np.log(_pairs(rows))


def _pairs(rows):
    return len(rows) * (len(rows) - 1)


def _scores(parameters, x, y, bound):
    # or a single negative may cost nwj any number of nats; the bound holds for this critic as for any
    highest = np.log(_pairs(x)) if bound == "nwj" else np.inf
    x, y = (_network(layers, array) for layers, array in zip(parameters, (x, y), strict=True))

    def row(numbered):
        i, x_i = numbered
        f = jnp.minimum(y @ x_i, highest)
        negative = jnp.arange(len(y)) != i
        clipped = logsumexp(jnp.clip(f, -CLIP, CLIP), where=negative)
        doubt = jax.nn.softplus(f).sum(where=negative)
        return Scores(f.sum(where=~negative), logsumexp(f), logsumexp(f, where=negative), clipped, doubt)

    return jax.lax.map(row, (jnp.arange(len(x)), x), batch_size=BATCH)


def _start(key, x, y):
    """Layers [(weight, bias), ...] of both networks; the last weight of x is 0, so that every score is 0."""
    of_x, of_y = (_layers(k, array) for k, array in zip(jax.random.split(key), (x, y), strict=True))
    return [*of_x[:-1], jax.tree.map(jnp.zeros_like, of_x[-1])], of_y


def _layers(key, x):
    shapes = enumerate(itertools.pairwise((x.shape[1], *WIDTHS)))
    keys = jax.random.split(key, len(WIDTHS))
    return [(jax.random.normal(keys[i], s, x.dtype) * (2 / s[0]) ** 0.5, jnp.zeros(s[1], x.dtype)) for i, s in shapes]


def _network(layers, x):
    *hidden, (weight, bias) = layers
    for w, b in hidden:
        x = jax.nn.relu(x @ w + b)
    return (x @ weight + bias) / WIDTHS[-1] ** 0.25


def _normal_scores(x, count):
    """Each column by its rank among the first `count` rows, as a quantile of the normal distribution."""
    quantiles = ndtri((jnp.arange(count, dtype=x.dtype) + 0.5) / count)
    return jax.vmap(lambda column: jnp.interp(column, jnp.sort(column[:count]), quantiles), 1, 1)(x)
