"""Codes to decode: from the prior r(z), from the aggregate posterior q(z), or from a mixture fitted to it."""

import jax
import numpy as np
from jaxtyping import Float, Int, Key
from threadpoolctl import threadpool_limits  # comes with scikit-learn

from vib.distributions import Gaussian
from vib.errors import require
from vib.information.checks import floating
from vib.typing import Integer


def prior(model, key: Key[jax.Array, ""], count: Integer) -> Float[np.ndarray, "{count} latent"]:
    """Draws z ~ r(z): [count, latent]. Raises InvalidInput for a marginal with nothing to draw from."""
    require(model.marginal.density, f"member: its marginal {type(model.marginal).__name__} has nothing to draw from")
    return np.asarray(model.sample_prior(key, count))


def aggregate(
    q: Gaussian, key: Key[jax.Array, ""], count: Integer
) -> tuple[Float[np.ndarray, "{count} latent"], Int[np.ndarray, " {count}"]]:
    """Draws z ~ q(z), the mean of the codes q, Gaussian [N, latent]: (z [count, latent], int rows [count]).

    Each comes from the posterior of the example that `rows` names; none is taken twice while count <= N. In the
    precision of the means, so that float64 codes far from 0 keep their differences.
    """
    row_key, key = jax.random.split(key)
    rows = np.asarray(jax.random.choice(row_key, len(q.mean), (count,), replace=count > len(q.mean)))
    mean, std = (np.asarray(part)[rows] for part in q)
    noise = np.asarray(jax.random.normal(key, mean.shape, floating(mean)))
    return (mean + std * noise).astype(np.result_type(mean, np.float32), copy=False), rows


def fitted_mixture(
    q: Gaussian, key: Key[jax.Array, ""], count: Integer, components: Integer = 50
) -> Float[np.ndarray, "{count} latent"]:
    """Draws from a mixture of `components` Gaussians with full covariances fitted to draws of q(z): [count, latent].

    Ex-post density estimation (Ghosh et al. 2020, section 4.2), by scikit-learn's expectation maximisation on one draw
    of each code, standardised by dimension, with 1e-4 added to the variances there; in the precision of the means.
    Raises InvalidInput for one code, more components than codes, or no draw.
    """
    from sklearn.mixture import GaussianMixture
    from sklearn.preprocessing import StandardScaler

    size = len(q.mean)
    require(size >= 2, f"q: {size} codes; give two or more to fit a mixture to")
    require(count >= 1, f"count: {count} draws; give 1 or more")
    require(1 <= components <= size, f"components: {components} for {size} codes; give 1 to {size}")
    draw_key, seed_key, fit_key = jax.random.split(key, 3)
    z, _ = aggregate(q, draw_key, size)
    fit_seed, sample_seed = (int(jax.random.randint(k, (), 0, 2**31 - 1)) for k in (fit_key, seed_key))
    with threadpool_limits(1):  # threads that wait for each other made this 36 times slower on a busy machine
        scale = StandardScaler().fit(z.astype(np.float64))
        standard = scale.transform(z.astype(np.float64))
        mixture = GaussianMixture(components, random_state=fit_seed, reg_covar=1e-4).fit(standard)
    mixture.set_params(random_state=sample_seed)
    drawn = scale.inverse_transform(mixture.sample(count)[0])
    return np.random.default_rng(sample_seed).permutation(drawn).astype(z.dtype)  # scikit-learn sorts by component
