"""The one objective: distortion + beta * u(rate), in nats. A VAE and a VIB differ only in the target."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp

from vib import distributions


class Batch(NamedTuple):
    """Examples: the target is y for a VIB, and the input's own pixels for a VAE."""

    x: jax.Array  # [B, *shape]
    y: jax.Array  # [B], or [B, dim_y] for a regression
    target: jax.Array  # [B, ...]


class Terms(NamedTuple):
    """Per example and averaged over the noise, in nats."""

    distortion: jax.Array  # [B], E[-log q(target|z)]
    rate: jax.Array  # [B], E[log q(z|x) / r(z)]; NaN for a deterministic encoder


def linear(rate):
    """u(R) = R: the information bottleneck Lagrangian."""
    return rate


def terms(model, batch, key, samples=1, beta=None):
    """Distortion and rate of each example, averaged over draws of z: (Terms, parameters [samples, B, ...])."""
    layer_key, noise_key, decode_key = jax.random.split(key, 3)
    if model.style.noise_std:  # each draw has noise of its own inside the layers
        encode = partial(model.encode, batch.x, beta=beta)
        q, _ = jax.vmap(encode)(jax.random.split(layer_key, samples))
        z = q.mean
    else:
        q, _ = model.encode(batch.x, layer_key, beta)
        alike = jnp.broadcast_to(q.mean, (samples, *q.mean.shape))
        z = alike if model.deterministic else distributions.sample(q, noise_key, (samples,))
    parameters, _ = model.decode(z, decode_key)
    distortion = model.decoder.distortion(parameters, batch.target).mean(axis=0)
    if model.deterministic:
        return Terms(distortion, jnp.full_like(distortion, jnp.nan)), parameters
    return Terms(distortion, model.marginal.rate(q, z, batch.y)), parameters


def objective(model, batch, beta, key, u=linear, samples=1):
    """Minibatch loss: mean distortion + beta * u(mean rate), with u on the mean and never on single examples.

    Alemi et al. 2017, equation 17, for a label; Higgins et al. 2017, equation 4, for the input. A deterministic
    encoder has no rate to weigh and adds nothing. Returns (loss [], Terms), nats.
    """
    measured, _ = terms(model, batch, key, samples, beta)
    return weigh(measured.distortion.mean(), measured.rate.mean(), beta, u, model.deterministic), measured


def weigh(distortion, rate, beta, u, deterministic):
    """The weighted sum of a mean distortion and a mean rate, nats, elementwise."""
    return distortion if deterministic else distortion + beta * u(rate)
