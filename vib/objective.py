"""The one objective: distortion + beta * u(rate), in nats. A VAE and a VIB differ only in the target."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib import distributions
from vib.errors import require


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


class Draws(NamedTuple):
    """The codes that terms are averaged over; the symbols of a categorical code stand for draws, with weights."""

    q: distributions.Gaussian | distributions.Categorical  # [B, latent]; with noise inside layers [samples, B, latent]
    z: jax.Array  # [samples, B, latent]; of a categorical code the unit vectors [symbols, 1, symbols]
    weights: jax.Array | None  # q(t|x) [symbols, B]; None: equal
    parameters: tuple | jax.Array  # what the decoder makes of z, [samples, B, ...], or [symbols, 1, ...]


class Power(NamedTuple):
    """u(R) = R^(1 + a), a > 0; a = 1 is the squared bottleneck (Kolchinsky, Tracey & Van Kuyk 2019, equation 8)."""

    a: float

    def __call__(self, rate):
        return jnp.maximum(rate, 0) ** (1 + self.a)  # a rate by Monte Carlo can fall below 0

    def slope(self, rate):
        """u'(R)."""
        return (1 + self.a) * rate**self.a


class Exponential(NamedTuple):
    """u(R) = exp(a R) / a, a > 0 (Rodriguez-Galvez et al. 2020).

    It overflows at rates of many nats: start from codes that keep little (model.std_shift = 0), not from narrow ones.
    """

    a: float

    def __call__(self, rate):
        return jnp.exp(self.a * rate) / self.a

    def slope(self, rate):
        """u'(R)."""
        return np.exp(self.a * np.asarray(rate))


def terms(model, batch, key, samples=1, beta=None):
    """Distortion and rate of each example, averaged over draws of z: (Terms, Draws).

    The symbols of a categorical code are summed over exactly.
    """
    layer_key, noise_key, decode_key = jax.random.split(key, 3)
    encode = partial(model.encode, beta=beta)
    weights = None
    if model.style.noise_std:  # each draw has noise of its own inside the layers
        q, _ = jax.vmap(partial(encode, batch.x))(jax.random.split(layer_key, samples))
        z = q.mean
    else:
        q, _ = encode(batch.x, layer_key)
        if isinstance(q, distributions.Categorical):
            z, weights = jnp.eye(q.logits.shape[-1])[:, None], jnp.moveaxis(jax.nn.softmax(q.logits), -1, 0)
        elif model.deterministic:
            z = jnp.broadcast_to(q.mean, (samples, *q.mean.shape))
        else:
            z = distributions.sample(q, noise_key, (samples,))
    parameters, _ = model.decode(z, decode_key, beta)
    distortion = model.decoder.distortion(parameters, batch.target)
    distortion = distortion.mean(axis=0) if weights is None else (weights * distortion).sum(axis=0)
    if model.deterministic:
        rate = jnp.full_like(distortion, jnp.nan)
    else:
        rate = model.marginal.rate(q, z, batch.y, lambda x: encode(x)[0])
    return Terms(distortion, rate), Draws(q, z, weights, parameters)


def objective(model, batch, beta, key, u=linear, samples=1):
    """Minibatch loss: mean distortion + beta * u(mean rate), with u on the mean and never on single examples.

    Alemi et al. 2017, equation 17, for a label; Higgins et al. 2017, equation 4, for the input. A deterministic
    encoder has no rate to weigh and adds nothing. A beta-conditioned model draws a beta for every example, uniform in
    its logarithm, and weighs the example's rate with it. Returns (loss [], Terms), nats.
    """
    if model.surrogate is not None:
        measured = model.surrogate(batch, beta)
    elif model.beta_range is not None:
        low, high = np.log(model.beta_range)
        # not 0 to 2: those are the keys that terms splits off
        drawn = jnp.exp(jax.random.uniform(jax.random.fold_in(key, 3), (len(batch.x),), minval=low, maxval=high))
        measured, _ = terms(model, batch, key, samples, drawn)
        return measured.distortion.mean() + beta * (drawn * measured.rate).mean(), measured
    else:
        measured, draws = terms(model, batch, key, samples, beta)
        if model.marginal.penalty is not None:
            penalty = model.marginal.penalty(draws.q, draws.z).mean()
            return weigh(measured.distortion.mean(), measured.rate.mean(), beta, u, False, penalty), measured
    return weigh(measured.distortion.mean(), measured.rate.mean(), beta, u, model.deterministic), measured


def weigh(distortion, rate, beta, u, deterministic, penalty=None):
    """The weighted sum of a mean distortion and a mean rate, nats, elementwise; of a penalty where beta weighs that.

    The rate of a model with a penalty already holds it once (Chen et al. 2018, equation 4). Raises InvalidInput for a
    penalty with another u than `linear`.
    """
    require(penalty is None or u is linear, "u: where beta weighs a penalty there is no u of the rate; give linear")
    if deterministic:
        return distortion
    return distortion + beta * u(rate) if penalty is None else distortion + rate + (beta - 1) * penalty
