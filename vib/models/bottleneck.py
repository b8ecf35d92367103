"""The one model type behind VIB, VAE, classifier and autoencoder."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib.errors import require


class Bottleneck(nnx.Module):
    """Encoder q(z|x), marginal r(z) and decoder of the label (VIB) or of the input (VAE).

    A beta-conditioned one has `beta_range`, the betas (lowest, highest) that it is trained for at once: their
    logarithm is an input of encoder and decoder, and `at` says which one they are told.
    """

    beta = None  # [] or [B], of a model of all betas that was told one

    def __init__(self, encoder, head, marginal, decoder, beta_range=None):
        self.encoder, self.head, self.marginal, self.decoder = encoder, head, marginal, decoder
        self.beta_range = beta_range

    @property
    def deterministic(self):
        """Whether the head is no distribution: there is then no rate in closed form (H(X) or infinite, not 0)."""
        return self.head.deterministic

    @property
    def of_all_betas(self):
        """Whether one model stands for all betas."""
        return self.beta_range is not None

    def at(self, beta):
        """The model at beta [], or [B] for an example each. A model of one beta is itself at any."""
        if not self.of_all_betas:
            return self
        bound = jax.tree.map(lambda leaf: leaf, self)
        bound.beta = jnp.asarray(beta, jnp.float32)  # a leaf: as a Python float it would cost a compile for each
        return bound

    def encode(self, x, key=None):
        """q(z|x) of inputs x [B, *shape]: (Gaussian or Categorical [B, latent], activations {'h1': [B, width], ...}).

        `key` is for noise inside layers, and without one there is none; activations are those before the noise of
        their own layer. Raises InvalidInput for a beta-conditioned model that was told no beta.
        """
        x = x if self.beta_range is None else self._with_beta(x.reshape(len(x), -1))
        hidden, out = self.encoder(x, key)
        return self.head(hidden), out

    def decode(self, z, key=None):
        """Parameters of q(y|z) or p(x|z) at z [..., B, latent]: (logits or a tuple of parameters, activations)."""
        return self.decoder(z if self.beta_range is None else self._with_beta(z), key)

    def draws(self, q, key, samples):
        """(z [samples, B, latent], their weights [samples, B] or None) of codes q [B, latent].

        Of a categorical code every symbol once, whatever `samples` is.
        """
        return self.head.draws(q, key, samples)

    def rate(self, q, z, y):
        """log q(z|x) / r(z) of codes q [B, latent], averaged over the draws z [samples, B, latent]: [B], nats.

        y [B] are the labels. NaN for a deterministic model.
        """
        return jnp.full(len(q.mean), jnp.nan) if self.deterministic else self._prior.rate(q, z, y)

    def information_bound(self, q, z, y):
        """What bounds I(X;Z) from above in the mean, of the same arguments: [B], nats."""
        return self._prior.information_bound(q, z, y)

    def log_prior(self, z):
        """log r(z) at z [..., latent]: [...], nats."""
        return self._prior.log_prob(z)

    def sample_prior(self, key, count):
        """Draws z ~ r(z): [count, latent]."""
        return self._prior.sample(key, count)

    @property
    def _prior(self):
        return self.marginal.of(lambda x: self.encode(x)[0])

    def _with_beta(self, inputs):
        least, most = self.beta_range
        told = f"beta: none given to a model of all betas; take model.at(beta), from {least} to {most}"
        require(self.beta is not None, told)
        low, high = np.log(self.beta_range)
        place = 2 * (jnp.log(self.beta) - low) / (high - low) - 1
        column = jnp.broadcast_to(place, inputs.shape[:-1])[..., None]
        return jnp.concatenate([inputs, column], axis=-1)
