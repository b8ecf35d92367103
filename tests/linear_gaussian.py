"""VAEs of one linear map each way, whose log p(x) and posterior are known."""

from typing import NamedTuple

import jax
import numpy as np
from scipy.stats import multivariate_normal

from vib import models

FEATURES, LATENT, NOISE = 6, 2, 0.4


class LinearGaussian(NamedTuple):
    """p(x|z) = N(W z + b, NOISE^2 I) and r(z) = N(0, I), W [FEATURES, LATENT] of orthogonal columns."""

    weights: np.ndarray
    offset: np.ndarray

    def posterior(self, x):
        """p(z|x): its mean [N, LATENT] and its std [LATENT]; Bishop 2006, equation 12.42."""
        precision = (self.weights**2).sum(0) / NOISE**2 + 1
        return (x - self.offset) @ self.weights / NOISE**2 / precision, precision**-0.5

    def log_p(self, x):
        """log p(x): [N], nats."""
        covariance = self.weights @ self.weights.T + NOISE**2 * np.eye(FEATURES)
        return multivariate_normal(self.offset, covariance).logpdf(x)

    def sample(self, count, seed=0):
        """Draws x ~ p(x): [count, FEATURES]."""
        random = np.random.default_rng(seed)
        z, noise = random.normal(size=(count, LATENT)), random.normal(size=(count, FEATURES))
        return z @ self.weights.T + self.offset + NOISE * noise


def known(seed=0):
    """One whose two columns have lengths 1 and 0.5."""
    random = np.random.default_rng(seed)
    columns = np.linalg.qr(random.normal(size=(FEATURES, LATENT)))[0]
    return LinearGaussian(columns * [1, 0.5], random.normal(size=FEATURES))


def member(truth, shift=0.0, widen=1.0, **options):
    """A VAE that decodes as `truth` does and encodes x to p(z|x), its mean moved by shift, its std times widen."""
    options = {"widths": (), "decoder_widths": (), "likelihood": "gaussian", "bounded": False} | options
    model = models.vae(jax.random.key(0), (FEATURES,), latent=LATENT, **options)
    model.decoder.linear.kernel[...], model.decoder.linear.bias[...] = truth.weights, truth.offset
    model.decoder.rho[...] = np.log(np.expm1(NOISE))
    zero, std = truth.posterior(np.zeros((1, FEATURES)))
    slope = truth.posterior(np.eye(FEATURES))[0] - zero
    rho = np.log(np.expm1(std * widen))
    deterministic = model.deterministic
    model.head.linear.kernel[...] = slope.T if deterministic else np.concatenate([slope.T, np.zeros_like(slope.T)])
    model.head.linear.bias[...] = zero[0] + shift if deterministic else np.concatenate([zero[0] + shift, rho])
    return model
