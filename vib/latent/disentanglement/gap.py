"""Mutual information gap and modularity: is each factor in one code, and does each code hold one factor?"""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from vib.latent.disentanglement.binned import BINS, of_bins
from vib.latent.disentanglement.checks import checked
from vib.typing import ArrayLike, Integer


class Mig(NamedTuple):
    """The mutual information gap, from 0 to 1."""

    score: jax.Array  # [] mean of the gaps
    gaps: jax.Array  # [F] as shares of the entropy of each factor
    information: jax.Array  # [latent, F] nats
    best: jax.Array  # int [F] the dimension that knows most of each factor


class Modularity(NamedTuple):
    """How far every dimension keeps to one factor, from 0 to 1."""

    score: jax.Array  # [] mean over the dimensions that know anything
    dimensions: jax.Array  # [latent]; 0 for those that know nothing
    information: jax.Array  # [latent, F] nats


def mig(z: ArrayLike["N latent"], factors: ArrayLike["N F"], bins: Integer = BINS) -> Mig:
    """How much more one code knows of a factor than the next best does, as a share of H(factor): Mig.

    z [N, latent], latent >= 2, means of q(z|x); int factors [N, F]. Chen et al. 2018, equation 6, with the discretiser
    of `information_matrix`: `bins` equal bins over each code's own range, plug-in information, plug-in entropies. That
    is what disentanglement_lib's histogram of 20 bins gives, but for rounding. A MIG depends on its discretiser: all
    edges given to numpy.digitize make the largest value a bin of its own, other numbers of bins or scikit-learn's
    nearest-neighbour estimate read otherwise, and the paper averages over samples of q(z|x) without bins. Compare
    only numbers of one rule. A factor of more values than bins stays below 1, at about log(bins) / log(values). A
    collapsed code that varies a little counts as any other. Raises InvalidInput as `information_matrix`, and for a
    single dimension.
    """
    return _mig(*of_bins(*checked(z, factors, dimensions=2), bins))


@jax.jit
def _mig(information, entropy):
    (first, second), best = jax.lax.top_k(information.T, 2)[0].T, information.argmax(0)
    gaps = (first - second) / entropy
    return Mig(gaps.mean(), gaps, information, best)


def modularity(z: ArrayLike["N latent"], factors: ArrayLike["N F"], bins: Integer = BINS) -> Modularity:
    """How far each code is about one factor alone: Modularity.

    z [N, latent]; int factors [N, F], F >= 2. Ridgeway & Mozer 2018, equation 2: 1 less the squared information about
    the other factors, over that about the code's own factor and F - 1; bins as in `information_matrix`. A code of
    exactly no information (a constant) says nothing and is left out of the mean; disentanglement_lib counts it as 0.
    All constant: 0. Codes of noise are not constant: the small information of small samples scores well below 1, yet
    far from 0, so read it beside MIG. Raises InvalidInput as `information_matrix`, and for a single factor.
    """
    return _modularity(of_bins(*checked(z, factors, kinds=2), bins).information)


@jax.jit
def _modularity(information):
    most = information.max(1, keepdims=True)
    knows = most[:, 0] > 0
    # shares of the largest, as squares of small informations would be lost
    shares = (information / jnp.where(most > 0, most, 1)) ** 2
    dimensions = jnp.where(knows, 1 - (shares.sum(1) - 1) / (information.shape[1] - 1), 0)
    return Modularity(dimensions.sum() / jnp.maximum(knows.sum(), 1), dimensions, information)
