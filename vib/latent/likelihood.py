"""log p(x) of a VAE by importance weighting, and the terms of its bound for each example."""

import numbers

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Key

from vib import distributions
from vib.errors import require
from vib.latent.views import check_decoder, check_inputs, in_chunks
from vib.typing import ArrayLike, Integer

DRAWS_AT_ONCE = 50


def log_likelihood(
    model,
    x: ArrayLike["N ..."],
    target: ArrayLike[" N *shape"],
    key: Key[jax.Array, ""],
    draws: Integer = 5000,
    chunk: Integer = 20,
) -> Float[np.ndarray, " N"]:
    """log (1 / K) sum_k p(x|z_k) r(z_k) / q(z_k|x), K = `draws`, of each example: [N], nats, a lower bound of log p(x).

    x [N, *shape], target [N, *shape] pixels in [0, 1]. Burda et al. 2016, equation 8: in expectation it rises with K,
    from the negative of distortion + rate at K = 1. `chunk` examples and DRAWS_AT_ONCE draws are decoded at a time.
    Raises InvalidInput for a model that does not decode to its input or has no density, other shapes, or draws or chunk
    below 1.
    """
    check_decoder(model)
    require(not model.deterministic, "member: its encoder is deterministic and gives no log p(x); take a 'vae'")
    whole = isinstance(draws, numbers.Integral) and draws >= 1
    require(whole, f"draws: {draws!r} importance samples; give a whole number >= 1")
    x, target, shape = jnp.asarray(x), jnp.asarray(target), model.decoder.shape
    same = x.ndim > 0 and target.shape == (len(x), *shape)
    require(same, f"target: shape {target.shape} for inputs {x.shape}; give {('N', *shape)}, a row for each")
    check_inputs(model, x)
    rows = jnp.arange(len(x))
    return in_chunks(lambda place: _log_likelihood(model, x[place], target[place], place, key, draws), rows, chunk)


@jax.jit
def _log_likelihood(model, x, target, place, key, draws):
    (q, _), size = model.encode(x), DRAWS_AT_ONCE

    def more(i, total):
        keys = jax.vmap(lambda row: jax.random.fold_in(jax.random.fold_in(key, row), i))(place)
        noise = jax.vmap(lambda key: jax.random.normal(key, (size, q.mean.shape[-1])), out_axes=1)(keys)
        z = q.mean + q.std * noise
        distortion = model.decoder.distortion(model.decode(z)[0], target)
        weights = -distortion + model.log_prior(z) - distributions.log_prob(q, z)
        counts = i * size + jnp.arange(size) < draws
        return jnp.logaddexp(total, jax.nn.logsumexp(jnp.where(counts[:, None], weights, -jnp.inf), axis=0))

    start = jnp.full(len(x), -jnp.inf)
    return jax.lax.fori_loop(0, -(-draws // size), more, start) - jnp.log(draws)
