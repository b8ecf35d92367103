"""Two stages: a first model compresses images to features, a second one models the features."""

from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib.errors import require
from vib.latent.views import check_decoder, codes
from vib.models.bottleneck import Bottleneck


class Scale(NamedTuple):
    """Where the features of the training examples lie."""

    mean: np.ndarray  # [features]
    std: np.ndarray


def features(model, x_train, x_test):
    """The codes of a first stage (means of q(z|x)), each dimension to mean 0 and std 1: (train, test, Scale).

    x_train, x_test [N, *shape]; float32 [N, features]. A dimension that does not move is only centred.
    """
    train, test = (codes(model, x).mean for x in (x_train, x_test))
    # in float64, where equal numbers have a std of exactly 0
    mean, std = train.mean(0, np.float64), train.std(0, np.float64)
    scale = Scale(mean.astype(np.float32), np.where(std > 0, std, 1).astype(np.float32))
    return (train - scale.mean) / scale.std, (test - scale.mean) / scale.std, scale


class TwoStage(Bottleneck):
    """Both stages as one model of images: x to features to z, and back.

    Its rate is that of the second stage and its distortion that of images decoded from the features' means: with them
    it is a VAE like any other (Dai & Wipf 2019 train such a pair). A second stage that decodes to labels, as a VIB of
    features does, goes on doing so. Raises InvalidInput for a first stage that does not decode to images where the
    second one decodes to features, and for a second one whose marginal is made of features.
    """

    def __init__(self, first, second, scale):
        if second.decoder.of_input:
            check_decoder(first)
        require(
            not second.marginal.of_inputs,
            "model.marginal: 'vampprior' of a second stage encodes features, not images; give another one",
        )
        super().__init__(second.encoder, second.head, second.marginal, second.decoder, second.beta_range)
        self.first, self.second = first, second
        if second.decoder.of_input:
            self.decoder = first.decoder
        # float leaves, as of any model: a vmap stacks them
        self.mean, self.std = nnx.Param(jnp.asarray(scale.mean)), nnx.Param(jnp.asarray(scale.std))

    @property
    def deterministic(self):
        """Whether the second stage is no distribution."""
        return self.second.deterministic

    @property
    def of_all_betas(self):
        """Whether the second stage stands for all betas."""
        return self.second.of_all_betas

    def at(self, beta):
        """The model whose second stage is at beta []."""
        return TwoStage(self.first, self.second.at(beta), Scale(self.mean[...], self.std[...]))

    def encode(self, x, key=None):
        """q(z|x) of images x [B, *shape]: (Gaussian [B, latent], activations of the second stage)."""
        code, _ = self.first.encode(x)
        return self.second.encode((code.mean - self.mean[...]) / self.std[...], key)

    def draws(self, q, key, samples):
        """Draws of the second stage, as Bottleneck.draws tells them."""
        return self.second.draws(q, key, samples)

    def decode(self, z, key=None):
        """Parameters of p(x|z) at z [..., B, latent], through the mean of the features; or of q(y|z)."""
        found, out = self.second.decode(z, key)
        if not self.second.decoder.of_input:
            return found, out
        return self.first.decode(found.mean * self.std[...] + self.mean[...], key)
