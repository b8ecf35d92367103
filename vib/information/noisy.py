"""What a layer of a noisy network keeps and knows, by propagating several draws of the noise of each input."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import entr, logsumexp
from jaxtyping import Key

from vib.errors import require
from vib.information.checks import FINE, above_zero, as_given, centred, held, known, labels, samples, valid, whole
from vib.information.estimate import Estimate, Information
from vib.typing import ArrayLike, Integer, Scalar

CHUNK = 8  # points at a time
ALONE = 0.5  # of the density at T may come from the one draw that T was made of


def noisy(
    means: ArrayLike["draws N width"],
    y: ArrayLike[" N"] | None,
    noise_std: Scalar,
    key: Key[jax.Array, ""],
    classes: Integer | None = None,
    points: Integer = 2048,
) -> Information:
    """I(X;T) and I(T;Y) of T = means + noise_std * noise: Information of two Estimates [], 'estimate', nats.

    means [draws, N, width]: f(T_before) of each input for independent draws of the noise of all layers before;
    labels y [N], or None for I(X;T) alone. X is the index of the input, each as likely: of a sample that is less than
    the information of its population. The ceilings are log N and H(Y).

    p(t|x) is the mixture of the draws of one input, p(t|y) and p(t) are those of its class and of all inputs, as in
    Goldfeld et al. 2019; the mean of their log ratios at `points` draws of T is the information. From a finite number
    of draws it reads too much, about as 1 / draws: a jackknife over the draws takes out that first order. (To leave
    the own draw out of the mixtures instead reads nats too little, without limit.) Where all draws agree, as in the
    first layer, h(T|x) cancels exactly. The bias of I(X;T) that is left, nats, on linear chains T = x + a n1 + b n2
    of 1024 inputs x ~ N(0, 1) (6 repeats, standard error about 0.01; that of I(T;Y) was at most 0.03):

        width              1      1      1      3      3      3     10     10     10
        a, b          .1, .3 .3, .3 .3, .1 .1, .3 .3, .3 .3, .1 .1, .3 .3, .3 .3, .1
        truth           1.19   0.93   1.19   3.52   2.78   3.52   6.89   6.64   6.89    (log N 6.93)
        4 draws        -0.01   0.00   0.10   0.02   0.15   1.35   0.00   0.19   0.04
        8 draws        -0.01   0.00   0.04   0.02   0.07   0.86   0.00   0.18   0.04
        16 draws        0.00   0.00   0.01   0.01   0.03   0.54   0.00   0.13   0.04

    So do not trust it where the noise of the layers before is several times wider than noise_std in many directions:
    see whether more draws change it. There most of p(t|x) at a draw of T comes from the one mean that T was drawn
    around (0.93, 0.86, 0.75 with 4, 8, 16 draws at width 3 and .3, .1, of 256 inputs): over half, and the value is not
    resolved; of one draw nothing is seen. Within 0.1 nat of log N it is unresolved (flag, saturating).
    Time grows with points * draws * N * width. Memory: about 3 arrays of 8 draws N numbers. Raises InvalidInput for
    other shapes, NaN, noise_std <= 0, points < 1, or labels and classes that `checks.labels` does not take.
    """
    means = as_given(means)
    require(means.ndim == 3 and means.shape[1] > 1, f"means: shape {means.shape}; give [draws, N >= 2, width]")
    shape, (rows,) = means.shape, centred(samples("means", means.reshape(-1, means.shape[-1])))
    above_zero("noise_std", noise_std, "the noise of this layer, without which I(X;T) is H(X) or infinite")
    means = held("means", rows, FINE * np.asarray(noise_std) if known(noise_std) else None).reshape(shape)
    points = whole("points", points, 1)
    if y is None:
        return Information(_noisy(means, jnp.zeros(means.shape[1], int), noise_std, key, 1, points).information_x, None)
    y, classes = labels(y, means.shape[1], classes)
    return _noisy(means, y, noise_std, key, classes, points)


@partial(jax.jit, static_argnames=("classes", "points"))
def _noisy(means, y, noise_std, key, classes, points):
    draws, count, width = means.shape
    order_key, draw_key, noise_key = jax.random.split(key, 3)
    turn, place = jnp.divmod(jnp.arange(points), count)
    inputs = jax.random.permutation(order_key, count)[place]
    draw = (jax.random.randint(draw_key, (count,), 0, draws)[inputs] + turn) % draws
    noise = jax.random.normal(noise_key, (points, width), means.dtype)

    def posteriors(row):
        i, d, noise = row
        # differences first: t itself would round away a small noise
        log_p = -0.5 * jnp.sum(((means[d, i] - means) / noise_std + noise) ** 2, axis=-1)
        every, label = logsumexp(log_p, axis=1), logsumexp(log_p, axis=1, where=y == y[i])
        return _jackknife(log_p[:, i], every, d), _jackknife(label, every, d)

    of_input, of_label = jax.lax.map(posteriors, (inputs, draw, noise), batch_size=CHUNK)
    ceilings = jnp.log(jnp.asarray(count, means.dtype)), entr(jnp.bincount(y, length=classes) / count).sum()
    fine = valid(means) & valid(noise, y, classes)

    def estimate(ceiling, log_p):
        value, own = log_p.mean(0)
        value = jnp.where(fine, ceiling + value, jnp.nan)
        return Estimate(value, ceiling.astype(means.dtype), "estimate", own <= ALONE)

    return Information(*map(estimate, ceilings, (of_input, of_label)))


def _jackknife(part, every, own):
    """log sum p(part) / sum p(every) of log densities [draws], the first order of 1 / draws taken out: [2].

    The own draw, which T came from, stays in: without it the ratio may be anything. With it, its share of sum p(part).
    """
    draws = len(part)
    whole = logsumexp(part) - logsumexp(every)
    if draws == 1:
        return jnp.stack([whole, jnp.zeros_like(whole)])
    kept = ~jnp.eye(draws, dtype=bool)
    less = logsumexp(part, axis=1, where=kept) - logsumexp(every, axis=1, where=kept)
    corrected = draws * whole - (draws - 1) * less.mean(where=jnp.arange(draws) != own)
    return jnp.stack([corrected, jnp.exp(part[own] - logsumexp(part))])
