"""Bounds on what a stochastic layer keeps, from its own encoder q(z|x) and one draw an input."""

from functools import partial

import jax
import jax.numpy as jnp
from jax.scipy.special import entr, logsumexp

from vib import distributions
from vib.errors import require
from vib.information.checks import in_one_space, labels, positive, samples, valid
from vib.information.estimate import Bounds, Estimate
from vib.typing import ArrayLike, Integer

CHUNK = 32  # rows of the matrix log q(z_i|x_j) at a time


def encoder_bounds(q: distributions.Gaussian, z: ArrayLike["N latent"]) -> Bounds:
    """I(X;Z) from below and above, each in expectation over inputs and draws: Bounds of Estimates [], nats.

    q: Gaussian [N, latent], q(z|x_i) of each input; z [N, latent], one draw z_i from each. Poole et al. 2019,
    section 2: lower is InfoNCE with the true q(z|x), at most its ceiling log N, and unresolved within 0.1 nat of it
    (flag, saturating); upper leaves the own input out of the batch's mixture and has no ceiling: at a true 37 nats it
    may read 500, and the rate may lie on either side of it. Where the N inputs are all there are, each as likely, the
    lower one is no bound but the information itself, but for the noise of the draws. Their errors are over the inputs,
    as if the log ratios were independent: of 100 or 500 inputs and a true 0.35 to 8 nats 15 % too small to 8 % too
    large, by 200 repeats.
    Memory: about 3 arrays of 32 N numbers. Raises InvalidInput for other shapes, one input, NaN, or std <= 0.
    """
    return _encoder_bounds(*_checked(q, z))


def encoder_labels(
    q: distributions.Gaussian, z: ArrayLike["N latent"], y: ArrayLike[" N"], classes: Integer | None = None
) -> Estimate:
    """I(Z;Y) where X is one of the given inputs, each as likely: an 'estimate' [] for others, nats.

    q, z as in encoder_bounds; labels y [N]. The mean of log q(z|y) / q(z), mixtures of q(z|x) over a class and over all
    inputs: exact for the N inputs but for the noise of the draws, and too much for the population they come from, by
    the more the less their q(z|x) overlap. Ceiling: H(Y). Without a standard error. Memory as in
    encoder_bounds. Raises InvalidInput for other shapes, one input, NaN, std <= 0, or labels and classes that
    `checks.labels` does not take.
    """
    q, z = _checked(q, z)
    y, classes = labels(y, len(z), classes)
    return _encoder_labels(q, z, y, classes)


def _checked(q, z):
    mean, std, z = samples("q.mean", q.mean), samples("q.std", q.std), samples("z", z)
    same = mean.shape == std.shape == z.shape
    require(same, f"z: shape {z.shape} for q.mean {mean.shape} and q.std {std.shape}; give one draw for each input")
    std = positive("q.std", std, "a layer without noise keeps H(X) or infinity, so give std > 0")
    mean, z = in_one_space({"q.mean": mean, "z": z}, std)
    return distributions.Gaussian(mean, std), z


def _parts(q):
    # logarithms and divisions once an input, not once a pair
    constant = -jnp.sum(jnp.log(q.std) + 0.5 * distributions.LOG_2PI, axis=-1)
    return constant, 1 / q.std


@partial(jax.jit, static_argnames="classes")
def _encoder_labels(q, z, y, classes):
    size, (constant, scale) = jnp.bincount(y, length=classes), _parts(q)

    def ratio(row):
        z_i, y_i = row
        log_q = constant - 0.5 * jnp.sum(((z_i - q.mean) * scale) ** 2, axis=-1)
        of_class = logsumexp(log_q, where=y == y_i) - jnp.log(size[y_i])
        return of_class - logsumexp(log_q) + jnp.log(len(y))

    value = jax.lax.map(ratio, (z, y), batch_size=CHUNK).mean()
    fine = valid(q.mean) & valid(q.std) & valid(z, y, classes)
    ceiling = entr(size / len(y)).sum().astype(z.dtype)
    return Estimate(jnp.where(fine, value, jnp.nan), ceiling, "estimate")


def log_sums(q, z):
    """log q(z_i|x_i), and the logarithms of the sum of q(z_i|x_j) over all j and over j != i: each [draws, N], nats.

    q: Gaussian [N, latent], N > 1; z [draws, N, latent], draws from each. Memory: about 3 arrays of 32 N numbers.
    """
    draws, count, latent = z.shape
    constant, scale = _parts(q)

    def row(numbered):
        i, z_i = numbered
        log_q = constant - 0.5 * jnp.sum(((z_i - q.mean) * scale) ** 2, axis=-1)
        others = logsumexp(log_q.at[i].set(-jnp.inf))
        return log_q[i], jnp.logaddexp(others, log_q[i]), others  # one exponential a pair for both mixtures

    rows = jnp.tile(jnp.arange(count), draws), z.reshape(-1, latent)
    return tuple(part.reshape(draws, count) for part in jax.lax.map(row, rows, batch_size=CHUNK))


@jax.jit
def _encoder_bounds(q, z):
    own, every, others = log_sums(q, z[None])
    fine = valid(q.mean) & valid(q.std) & valid(z)
    count, ceiling = len(z), jnp.log(jnp.asarray(len(z), z.dtype))
    # the logarithm of the count last: log densities may be so large that they would round it
    ratios = (own - every) + ceiling, (own - others) + jnp.log(jnp.asarray(count - 1, z.dtype))
    (lower, lower_error), (upper, upper_error) = (
        [jnp.where(fine, number, jnp.nan) for number in (ratio.mean(), ratio.std(ddof=1) / jnp.sqrt(count))]
        for ratio in ratios
    )
    of_upper = jnp.full_like(upper, jnp.inf)
    below = Estimate(lower, ceiling, "lower", error=lower_error)
    return Bounds(below, Estimate(upper, of_upper, "upper", error=upper_error))
