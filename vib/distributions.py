"""Distributions as plain tuples of arrays: densities, divergences and likelihoods, in nats and in the log domain."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

LOG_2PI = float(np.log(2 * np.pi))


class Gaussian(NamedTuple):
    """A Gaussian with independent coordinates."""

    mean: jax.Array  # [..., latent]
    std: jax.Array  # [..., latent]


class Logistic(NamedTuple):
    """A logistic distribution with independent coordinates, on pixels in [0, 1]."""

    mean: jax.Array  # [..., features]
    scale: jax.Array  # broadcastable to mean


class FullGaussian(NamedTuple):
    """A Gaussian with correlated coordinates."""

    mean: jax.Array  # [..., features]
    root: jax.Array  # [features, features], lower triangular: root^T root is the inverse covariance


class Categorical(NamedTuple):
    """One of `symbols`, whose codes z are the unit vectors."""

    logits: jax.Array  # [..., symbols]


def sample(q, key, shape=()):
    """Draws z = mean + std * noise. Returns [*shape, ..., latent]."""
    noise = jax.random.normal(key, (*shape, *q.mean.shape), q.mean.dtype)
    return q.mean + q.std * noise


def log_prob(q, z):
    """log q(z), summed over the last axis. Returns [...], nats."""
    standardised = (z - q.mean) / q.std
    return -jnp.sum(0.5 * standardised**2 + jnp.log(q.std) + 0.5 * LOG_2PI, axis=-1)


def log_prob_each(components, z):
    """log of each of Gaussians [K, latent] at z [..., latent]: [..., K], nats.

    By one matrix product, far faster than by differences: in float32 the error is about 1e-7 times the squared distance
    of z from the centre of the components, in units of their std.
    """
    centre = components.mean.mean(0)
    z, mean, weight = z - centre, components.mean - centre, components.std**-2
    constant = (mean**2 * weight + 2 * jnp.log(components.std) + LOG_2PI).sum(-1, keepdims=True)
    # The constant is a column of the product: XLA for CPUs (jaxlib 0.10 to 0.12) miscompiles a sum of a batched vector
    # and a product whose second factor is not batched, as it is where a std is given.
    left = jnp.concatenate([z**2, z, jnp.ones_like(z[..., :1])], axis=-1)
    right = jnp.concatenate([weight, -2 * mean * weight, constant], axis=-1)
    return -0.5 * jnp.matmul(left, right.T, precision="highest")


def mixture_log_prob(components, log_weights, z):
    """log of a mixture of Gaussians [K, latent] with normalised log_weights [K] at z [..., latent]: [...], nats."""
    return jax.nn.logsumexp(log_prob_each(components, z) + log_weights, axis=-1)


def kl(q, p):
    """KL(q || p) of two Gaussians in closed form, summed over the last axis. Returns [...], nats."""
    ratio = q.std / p.std
    shift = (q.mean - p.mean) / p.std
    return jnp.sum(0.5 * (ratio**2 + shift**2 - 1) - jnp.log(ratio), axis=-1)


def kl_standard_normal(q):
    """KL(q || N(0, I)), summed over the last axis (Kingma & Welling 2014, appendix B). Returns [...], nats."""
    return jnp.sum(0.5 * (q.std**2 + q.mean**2 - 1) - jnp.log(q.std), axis=-1)


# Each negative log-likelihood sums over every axis of one example, so that D is of the whole target: [..., B].


def categorical(logits, label):
    """-log p(label) of logits [..., B, classes] at int labels [B]. Returns [..., B], nats."""
    log_p = jax.nn.log_softmax(logits)
    chosen = jnp.arange(log_p.shape[-1]) == label[..., None]  # an index would have a scatter for its gradient
    return -jnp.where(chosen, log_p, 0).sum(axis=-1)


def bernoulli(logits, target):
    """-log p(target) of logits [..., B, *features] at targets 0 or 1 [B, *features]. Returns [..., B], nats."""
    return _sum_features(jax.nn.softplus(logits) - target * logits, target)


def gaussian(parameters, target):
    """-log p(target) of a Gaussian [..., B, *features]: differential, so it may be negative. Returns [..., B]."""
    standardised = (target - parameters.mean) / parameters.std
    return _sum_features(0.5 * standardised**2 + jnp.log(parameters.std) + 0.5 * LOG_2PI, target)


def full_gaussian(parameters, target):
    """-log p(target) of a FullGaussian [..., B, features] at targets [B, features]: differential. Returns [..., B]."""
    whitened = (target - parameters.mean) @ parameters.root.T
    log_scale = jnp.log(jnp.diagonal(parameters.root)).sum()
    return _sum_features(0.5 * whitened**2 + 0.5 * LOG_2PI, target) - log_scale


def discretised_logistic(parameters, target, levels):
    """-log p(target) of a logistic integrated over each of `levels` grey levels k / (levels - 1) of [0, 1].

    The lowest and the highest level take the tails, so the masses sum to one (Salimans et al. 2017, equation 2).
    parameters [..., B, *features], target [B, *features]; returns [..., B], nats.
    """
    half = 0.5 / (levels - 1)
    upper = (target + half - parameters.mean) / parameters.scale
    lower = (target - half - parameters.mean) / parameters.scale
    # s(a) - s(b) = s(a) s(-b) (1 - exp(b - a)): each factor is exact in the log domain, also far in the tails.
    width = jnp.log(-jnp.expm1(-2 * half / parameters.scale))
    inside = jax.nn.log_sigmoid(upper) + jax.nn.log_sigmoid(-lower) + width
    log_p = jnp.where(target < half, jax.nn.log_sigmoid(upper), inside)
    log_p = jnp.where(target > 1 - half, jax.nn.log_sigmoid(-lower), log_p)
    return _sum_features(-log_p, target)


def _sum_features(nats, target):
    return jnp.sum(nats, axis=tuple(range(nats.ndim - target.ndim + 1, nats.ndim)))
