"""Samplers whose mutual information is known: from closed forms, or from integrals over one dimension; nats."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import digamma, entr, gammaln, logsumexp
from scipy.stats import binom, norm


class Known(NamedTuple):
    """A distribution: sample(random, N) gives the arrays that its estimators take."""

    name: str
    information: float  # nats
    sample: Callable


def gaussian(dim, correlation):
    """X and Y of `dim` coordinates, each correlated with its partner; I = -dim / 2 log(1 - correlation^2)."""
    information = -dim / 2 * np.log1p(-(correlation**2))
    return Known(f"Gaussian {dim}+{dim}, r {correlation:g}", information, _pairs(dim, information))


def gaussian_of(dim, information):
    """The same, with the correlation that gives this information."""
    return Known(f"Gaussian {dim}+{dim}, nearly equal", information, _pairs(dim, information))


def _pairs(dim, information):
    # from the information: the correlation itself would round to 1
    correlation, noise_std = np.sqrt(-np.expm1(-2 * information / dim)), np.exp(-information / dim)

    def sample(random, count):
        x, noise = random.normal(size=(2, count, dim))
        return x, correlation * x + noise_std * noise

    return sample


def bent(known):
    """X cubed and exp(Y): strictly monotone, so the information stays."""

    def sample(random, count):
        x, y = known.sample(random, count)
        return x**3, np.exp(y)

    return Known(f"{known.name}, x³, exp y", known.information, sample)


def padded(known, dim):
    """The same with `dim` further coordinates of noise on either side, which know nothing; of a label, on one."""

    def sample(random, count):
        *parts, y = known.sample(random, count)
        parts = [*parts, y] if np.ndim(y) == 2 else parts
        wider = [np.hstack([part, random.normal(size=(count, dim))]) for part in parts]
        return (*wider, y)[:2]

    return Known(f"{known.name}, {dim} more", known.information, sample)


def embedded(known, dim):
    """X and Y each turned into a space of `dim` dimensions of one width, in which they fill no more than their own."""

    def sample(random, count):
        turns = np.linalg.qr(random.normal(size=(2, dim, dim)))[0]
        turned = (part @ turn[: part.shape[1]] for part, turn in zip(known.sample(random, count), turns, strict=True))
        return tuple(part / part.std(0) for part in turned)

    return Known(f"{known.name}, in {dim}", known.information, sample)


def uniform_noise(width):
    """X ~ U(0, 1) and Y = X + U(-width, width) with width <= 1/2: I = width - log(2 width)."""

    def sample(random, count):
        x = random.uniform(size=(count, 1))
        return x, x + random.uniform(-width, width, size=(count, 1))

    return Known(f"X ~ U(0, 1), Y = X ± {width:g}", width - np.log(2 * width), sample)


def student(dim, correlation, freedom):
    """A Student-t of dim + dim coordinates, by Arellano-Valle et al. 2013: that of its Gaussian and a constant."""
    base = gaussian(dim, correlation)

    def sample(random, count):
        scale = np.sqrt(freedom / random.chisquare(freedom, (count, 1)))
        return tuple(scale * part for part in base.sample(random, count))

    information = base.information + 2 * _student_entropy(dim, freedom) - _student_entropy(2 * dim, freedom)
    return Known(f"Student-t {dim}+{dim}, {freedom} d.f., r {correlation:g}", information, sample)


def mixture(means, std):
    """T ~ N(means[Y], std) with Y uniform over the means: by quadrature. Samples (t, y)."""
    means = np.asarray(means, float)

    def sample(random, count):
        y = random.integers(len(means), size=count)
        return means[y, None] + std * random.normal(size=(count, 1)), y

    def log_density(t):
        return logsumexp(norm.logpdf(t, means, std), axis=1) - np.log(len(means))

    information = float(_entropy(log_density, means, std) - norm(scale=std).entropy())
    return Known(f"{len(means)} classes, noise {std:g}", information, sample)


def tanh_neuron(weight, std):
    """X ~ N(0, 1) and T = tanh(weight X) + N(0, std): by quadrature."""

    def sample(random, count):
        x = random.normal(size=(count, 1))
        return x, np.tanh(weight * x) + std * random.normal(size=(count, 1))

    nodes = np.linspace(-8, 8, 801)
    outputs, weights = np.tanh(weight * nodes), norm.pdf(nodes) / norm.pdf(nodes).sum()

    def log_density(t):
        return logsumexp(norm.logpdf(t, outputs, std), axis=1, b=weights)

    information = float(_entropy(log_density, outputs, std) - norm(scale=std).entropy())
    return Known(f"tanh({weight:g} X), noise {std:g}", information, sample)


def encoder(latent, std):
    """x ~ N(0, 1) in `latent` dimensions, q(z|x) = N(x, std): I(X;Z) = latent / 2 log(1 + 1 / std^2). Samples (x,)."""

    def sample(random, count):
        return (random.normal(size=(count, latent)),)

    return Known(f"N(x, {std:g}), latent {latent}", latent / 2 * np.log1p(std**-2), sample)


def grid(points, dim, std, before=0.0, draws=1):
    """T = x + N(0, before) + N(0, std), x on a grid over [-1, 1]^dim, all of it: dim times the information of one axis.

    Samples (means [draws, points^dim, dim],): x and the noise before, as a noisy network hands it to its last layer.
    """
    axis = np.linspace(-1, 1, points)
    inputs = np.stack(np.meshgrid(*[axis] * dim), -1).reshape(-1, dim)

    def sample(random, count):
        return (inputs + before * random.normal(size=(draws, count, dim)),)

    information = dim * mixture(axis, np.hypot(before, std)).information
    noise = f"{before:g} + {std:g}, {draws} draws" if before else f"{std:g}"
    return Known(f"grid {points}^{dim} + {noise}", information, sample)


def bits(number):
    """How many of `number` fair bits are 1, all patterns once: the entropy of a binomial. Samples (t, y = t even)."""
    ones = np.array([bin(pattern).count("1") for pattern in range(2**number)])

    def sample(random, count):
        t = ones if count == len(ones) else random.choice(ones, count)
        return t[:, None].astype(float), 1 - t % 2

    return Known(f"ones among {number} bits", float(binom(number, 0.5).entropy()), sample)


def unrelated(width, classes):
    """T ~ N(0, 1) of `width` units that knows nothing of a label. Samples (t, y)."""

    def sample(random, count):
        return random.normal(size=(count, width)), random.integers(classes, size=count)

    return Known(f"{width} unit{'s' * (width > 1)}, unrelated label", 0.0, sample)


def symmetric_channel(error):
    """A fair bit that arrives wrong with probability `error`: I = log 2 - H(error). Samples (p_xy,), the table."""
    table = np.array([[1 - error, error], [error, 1 - error]]) / 2
    information = np.log(2) - float(entr([error, 1 - error]).sum())
    return Known(f"binary symmetric channel, {error:g}", information, lambda random, count: (table,))


def _entropy(log_density, centres, std):
    # the trapezoidal rule is exact to rounding for what a Gaussian has smoothed
    t = np.arange(np.min(centres) - 10 * std, np.max(centres) + 10 * std, std / 20)
    log_p = log_density(t[:, None])
    return -np.trapezoid(np.exp(log_p) * log_p, t)


def _student_entropy(dim, freedom):
    half = (freedom + dim) / 2
    scale = dim / 2 * np.log(freedom * np.pi) + gammaln(freedom / 2) - gammaln(half)
    return half * (digamma(half) - digamma(freedom / 2)) + scale
