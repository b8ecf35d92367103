"""What is minimised: distortion + beta * u(rate), in nats, and its relatives. A VAE and a VIB differ in the target."""

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib import distributions
from vib.errors import require
from vib.models import Kind
from vib.models.flexible import simplex
from vib.objectives.us import linear


class Batch(NamedTuple):
    """Examples: the target is y for a VIB, and the input's own pixels for a VAE."""

    x: jax.Array  # [B, *shape]
    y: jax.Array  # [B], or [B, dim_y] for a regression
    target: jax.Array  # [B, ...]


class Terms(NamedTuple):
    """Per example and averaged over the noise, in nats."""

    distortion: jax.Array  # [B], E[-log q(target|z)]
    rate: jax.Array  # [B], E[log q(z|x) / r(z)]; NaN for a deterministic encoder


class Draws(NamedTuple):
    """The codes that terms are averaged over; the symbols of a categorical code stand for draws, with weights."""

    q: distributions.Gaussian | distributions.Categorical  # [B, latent]; with noise inside layers [samples, B, latent]
    z: jax.Array  # [samples, B, latent]; of a categorical code the unit vectors [symbols, 1, symbols]
    weights: jax.Array | None  # q(t|x) [symbols, B]; None: equal
    parameters: tuple | jax.Array  # what the decoder makes of z, [samples, B, ...], or [symbols, 1, ...]


def terms(model, batch, key, samples=1):
    """Distortion and rate of each example, averaged over draws of z: (Terms, Draws).

    The symbols of a categorical code are summed over exactly.
    """
    layer_key, noise_key, decode_key = jax.random.split(key, 3)
    if model.encoder.style.noise_std:  # each draw has noise of its own inside the layers
        q, _ = jax.vmap(lambda key: model.encode(batch.x, key))(jax.random.split(layer_key, samples))
        z, weights = q.mean, None
    else:
        q, _ = model.encode(batch.x, layer_key)
        z, weights = model.draws(q, noise_key, samples)
    parameters, _ = model.decode(z, decode_key)
    distortion = model.decoder.distortion(parameters, batch.target)
    distortion = distortion.mean(axis=0) if weights is None else (weights * distortion).sum(axis=0)
    rate = jnp.full_like(distortion, jnp.nan) if model.deterministic else model.rate(q, z, batch.y)
    return Terms(distortion, rate), Draws(q, z, weights, parameters)


class Given(NamedTuple):
    """What an objective can be made from."""

    u: Callable  # of the rate
    samples: int
    betas: tuple  # of the sweep
    kind: Kind  # of model
    conditioned: bool  # whether one model is trained for all betas, told log beta
    marginal: type  # of vib.models.marginals


@dataclass(frozen=True)
class Objective:
    """What every objective has, and its default; `samples` are the draws of z an update.

    `loss` is what is minimised; `extras`, described by `variables` {name: what it is}, what it weighs besides
    distortion and rate; `weigh`, described by `about`, the loss of means.
    """

    about = "distortion + beta * rate"
    variables = {}
    of_pairs = False  # whether a term of an example depends on the others of its batch

    _: KW_ONLY
    samples: int = 1

    @classmethod
    def make(cls, given):
        """The objective for what is Given. Raises InvalidInput for what does not fit."""
        require(given.u is linear, f"train.u: the loss is {cls.about}, which holds no u(rate); set 'linear'")
        return cls(samples=given.samples)

    def loss(self, model, batch, beta, key):
        """(loss [], Terms [B]) of a minibatch, nats."""
        measured, draws = terms(model, batch, key, self.samples)
        means = {name: value.mean() for name, value in (measured._asdict() | self.extras(draws)).items()}
        return self.weigh(means, beta), measured

    def extras(self, draws):
        """{name: [B]}, nats, of the codes that the terms were averaged over."""
        del draws
        return {}

    def weigh(self, means, beta):
        """The loss of means {'distortion', 'rate', ...}, elementwise, nats."""
        return means["distortion"] + beta * means["rate"]


@dataclass(frozen=True)
class Lagrangian(Objective):
    """Mean distortion + beta * u(mean rate), with u of the mean and never of single examples.

    Alemi et al. 2017, equation 17, for a label; Higgins et al. 2017, equation 4, for the input.
    """

    about = "distortion + beta * u(rate)"

    u: Callable = linear

    @classmethod
    def make(cls, given):
        """In the form that fits the kind of model. Raises InvalidInput for what does not fit."""
        if given.kind.single_beta is not None:
            return Expansion.make(given)
        if given.conditioned:
            return Conditioned.make(given)
        if given.kind.deterministic:
            return Distortion.make(given)
        return cls(given.u, samples=given.samples)

    def weigh(self, means, beta):
        """As of every objective, but with u of the rate."""
        return means["distortion"] + beta * self.u(means["rate"])


@dataclass(frozen=True)
class Distortion(Objective):
    """Mean distortion alone: a deterministic encoder has no rate to weigh."""

    about = "distortion"

    def weigh(self, means, beta):
        """The mean distortion."""
        del beta
        return means["distortion"]


@dataclass(frozen=True)
class TotalCorrelation(Objective):
    """D + R + (beta - 1) TC: beta weighs the total correlation of the codes alone (beta-TCVAE).

    Chen et al. 2018, equation 4 with alpha = gamma = 1, against r(z) = N(0, I).
    """

    about = "distortion + rate + (beta - 1) * total correlation"
    variables = {"total_correlation": "total correlation of z, by the mixture over a batch"}
    of_pairs = True

    @classmethod
    def make(cls, given):
        """Raises InvalidInput where the rate is none against N(0, I)."""
        fits = given.marginal.standard and not given.kind.deterministic
        require(fits, "train.objective: 'total_correlation' needs kind 'vib' or 'vae' and marginal 'standard_normal'")
        return super().make(given)

    def extras(self, draws):
        """The total correlation of each example."""
        return {"total_correlation": total_correlation(draws.q, draws.z)}

    def weigh(self, means, beta):
        """The rate already holds the total correlation once."""
        return means["distortion"] + means["rate"] + (beta - 1) * means["total_correlation"]


@dataclass(frozen=True)
class Conditioned(Objective):
    """The Lagrangian of a beta-conditioned model, over all betas at once.

    Every example has a beta of its own, uniform in its logarithm between `betas` (lowest, highest), which weighs its
    rate; the beta of the sweep multiplies all of them.
    """

    betas: tuple = field(kw_only=True)

    @classmethod
    def make(cls, given):
        """Between the lowest and the highest beta of the sweep."""
        require(given.u is linear, "train.u: a model of all betas weighs each example's rate by itself; set 'linear'")
        return cls(samples=given.samples, betas=(min(given.betas), max(given.betas)))

    def loss(self, model, batch, beta, key):
        """(loss [], Terms [B]) of a minibatch, nats."""
        low, high = np.log(self.betas)
        # not 0 to 2: those are the keys that terms splits off
        drawn = jnp.exp(jax.random.uniform(jax.random.fold_in(key, 3), (len(batch.x),), minval=low, maxval=high))
        measured, _ = terms(model.at(drawn), batch, key, self.samples)
        return measured.distortion.mean() + beta * (drawn * measured.rate).mean(), measured


@dataclass(frozen=True)
class Expansion(Objective):
    """The objective of a flexible model: second order in the code, at equal probabilities (Kudo et al. 2024)."""

    @classmethod
    def make(cls, given):
        """Raises InvalidInput for draws, which the closed form has no use for."""
        one = given.samples == 1
        require(one, f"train.samples: {given.samples}; the loss of a flexible model is exact and draws no z; set 1")
        return super().make(given)

    def loss(self, model, batch, beta, key):
        """(loss [], Terms [B]) of a minibatch, nats: the squared error of h times (1 - beta) / 2, shifted.

        The distortion is the mean over q of log classes - z^T V + z^T A z / 2, V the gradient and A the curvature of
        the log-likelihood at z = 0; here A = (1 - beta) I.
        """
        del key
        model = model.at(beta)
        q, _ = model.encode(batch.x)
        limited, classes = model.noise(), model.decoder.classes
        residual = jax.nn.one_hot(batch.y, classes) - 1 / classes
        gradient = jnp.sqrt(1 - limited) * residual @ simplex(classes)
        curvature = (1 - limited) * jnp.sum(q.mean**2 + q.std**2, axis=-1) / 2
        distortion = np.log(classes) - jnp.sum(q.mean * gradient, axis=-1) + curvature
        measured = Terms(distortion, distributions.kl_standard_normal(q))
        return distortion.mean() + beta * measured.rate.mean(), measured


def total_correlation(q, z):
    """log q(z) / prod_d q(z_d) of the first draw z [samples, B, latent], [B], nats; q(z) is the mixture over the batch.

    Its mean estimates the total correlation, at most (latent - 1) log B. Minibatch-weighted sampling (Chen et al. 2018,
    appendix C.1) differs from it by a constant, hence not in its gradient.
    """
    standardised = (z[0][:, None] - q.mean) / q.std
    each = -0.5 * standardised**2 - jnp.log(q.std)  # [B, B, latent]; 2 pi cancels
    count = len(q.mean)
    whole = jax.nn.logsumexp(each.sum(-1), axis=1) - math.log(count)
    return whole - (jax.nn.logsumexp(each, axis=1) - math.log(count)).sum(-1)


OBJECTIVES = {"lagrangian": Lagrangian, "total_correlation": TotalCorrelation}  # OBJECTIVES["mine"] = Mine adds one
