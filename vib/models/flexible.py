"""The flexible variational information bottleneck: one training, and the code of every beta in closed form."""

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx

from vib import distributions
from vib.distributions import Gaussian
from vib.errors import require
from vib.models.bottleneck import Bottleneck


class FlexibleDecoder(nnx.Module):
    """The softmax of a linear map that is known: logits W h, with W [classes, classes - 1] as in `simplex`."""

    of_input, classifies, noisy = False, True, False
    distortion = staticmethod(distributions.categorical)

    def __init__(self, classes):
        self.classes = classes

    def prediction(self, parameters):
        """Class probabilities [..., classes]."""
        return jax.nn.softmax(parameters)

    def __call__(self, z, key=None):
        return z @ simplex(self.classes).T, {}


class Flexible(Bottleneck):
    """q(z|x) = N(sqrt(1 - beta) h(x), beta I) and logits sqrt(1 - beta) W z, for any beta in (0, 1]; r(z) = N(0, I).

    Optimal at every beta at once where the cross entropy is replaced by its second-order expansion at equal
    probabilities, classes are balanced and h(x) = W^T (p(y|x) - 1 / classes), which h learns (Kudo et al. 2024).
    """

    of_all_betas = True

    def encode(self, x, key=None):
        """q(z|x) of inputs x [B, *shape]: (Gaussian [B, classes - 1], activations)."""
        hidden, out = self.encoder(x, key)
        h, beta = self.head(hidden).mean, self.noise()
        return Gaussian(jnp.sqrt(1 - beta) * h, jnp.full_like(h, jnp.sqrt(beta))), out

    def decode(self, z, key=None):
        """Logits [..., B, classes] of q(y|z) at z [..., B, classes - 1]."""
        return self.decoder(jnp.sqrt(1 - self.noise()) * z)

    @property
    def deterministic(self):
        """Never, though h is: the noise is known."""
        return False

    def draws(self, q, key, samples):
        """Draws z [samples, B, classes - 1] of codes q, and None: all weigh the same."""
        return distributions.sample(q, key, (samples,)), None

    def noise(self):
        """The variance of q(z|x) at the model's beta, []: above 1 nothing is worth its rate, and z is noise."""
        require(self.beta is not None, "beta: none given to a model of all betas; take model.at(beta), up to 1")
        return jnp.minimum(1.0, self.beta)


def simplex(classes):
    """W [classes, classes - 1], float32, with W^T (I / classes - 1 1^T / classes^2) W = I and columns that sum to 0.

    The matrix in the middle is the curvature of the log-softmax at equal logits: it is 1 / classes on the directions
    that sum to 0, of which Helmert's contrasts are a basis.
    """
    rows = np.arange(1, classes)
    contrasts = np.tril(np.ones((classes - 1, classes))) / np.sqrt(rows * (rows + 1))[:, None]
    contrasts[rows - 1, rows] = -np.sqrt(rows / (rows + 1))
    return jnp.asarray(np.sqrt(classes) * contrasts.T, jnp.float32)
