"""What a rate is made of: information about the example, total correlation, and each dimension's distance to r(z)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib.distributions import Gaussian, log_prob
from vib.errors import require
from vib.information.checks import in_one_space, samples
from vib.latent.distances import posteriors
from vib.typing import ArrayLike

CHUNK = 8  # draws at a time, against all codes in every dimension


class Decomposition(NamedTuple):
    """Parts of a rate, nats; the three of them sum to the mean of log q(z|x) / r(z) over the draws."""

    index_code: float  # I(Z; index of the example), at most `ceiling`
    total_correlation: float  # KL(q(z) || prod_d q(z_d)) >= 0
    dimension_wise: float  # E log prod_d q(z_d) / r(z); sum_d KL(q(z_d) || r(z_d)) >= 0 for an r(z) of independent z_d
    ceiling: float  # log N
    marginal_kl: float  # KL(q(z) || r(z)), the last two parts together
    standard_error: np.ndarray  # [3], of the three parts, over the draws
    marginal_kl_error: float  # its standard error, likewise


def decomposition(
    q: Gaussian, rows: ArrayLike[" M"], z: ArrayLike["M latent"], log_r: ArrayLike[" M"]
) -> Decomposition:
    """The rate of the codes q, Gaussian [N, latent], in the parts of beta-TCVAE: Decomposition, nats.

    rows int [M]: which of the codes z [M, latent] are drawn from; log_r [M]: log r(z) there. Chen et al. 2018, equation
    2, where q(z) is the mixture of all N codes: exact for N examples, each as likely, but for the noise of the draws.
    Of a larger population the index-code information reads low, by its ceiling log N, and the rest high by as much.
    Raises InvalidInput for other shapes, NaN, fewer than two draws, rows other than integers 0 .. N - 1, or std <= 0.
    """
    q, z, rows = Gaussian(*posteriors("q", q)), samples("z", z, 2), np.asarray(rows)
    whole = rows.ndim == 1 and np.issubdtype(rows.dtype, np.integer)
    require(whole, f"rows: {rows.dtype} of shape {rows.shape}; give whole numbers [M], the code of each draw")
    same = z.shape == (len(rows), q.mean.shape[1])
    require(same, f"z: shape {z.shape} for codes {q.mean.shape} and {len(rows)} rows; give a row of z for each")
    log_r = np.asarray(log_r)
    require(log_r.shape == rows.shape, f"log_r: shape {log_r.shape} for {len(rows)} rows; give one for each")
    require(np.isfinite(log_r).all(), "log_r: holds NaN or infinity; leave those draws out")
    inside = rows.min() >= 0 and rows.max() < len(q.mean)
    require(inside, f"rows: {rows.min()} to {rows.max()} of {len(q.mean)} codes; give 0 to {len(q.mean) - 1}")
    mean, z = in_one_space({"q.mean": q.mean, "z": z}, q.std)
    q = Gaussian(mean, q.std)
    own = log_prob(Gaussian(q.mean[rows], q.std[rows]), z)
    whole, product = _densities(q, z)
    parts = np.stack([own - whole, whole - product, product - jnp.asarray(log_r)]).astype(np.float64)
    *error, marginal_kl_error = np.vstack([parts, parts[1] + parts[2]]).std(1, ddof=1) / np.sqrt(len(rows))
    mean, ceiling = parts.mean(1), float(np.log(len(q.mean)))
    return Decomposition(*mean.tolist(), ceiling, float(mean[1] + mean[2]), np.array(error), float(marginal_kl_error))


@jax.jit
def _densities(q, z):
    """log q(z) and sum_d log q(z_d) of the mixture of all codes, each [M]."""

    def one(z):
        each = -0.5 * ((z - q.mean) / q.std) ** 2 - jnp.log(q.std) - 0.5 * jnp.log(2 * jnp.pi)  # [N, latent]
        count = jnp.log(len(each))
        return jax.nn.logsumexp(each.sum(-1)) - count, (jax.nn.logsumexp(each, axis=0) - count).sum()

    return jax.lax.map(one, z, batch_size=CHUNK)
