"""The two sides of a trained model: codes of inputs, and images of codes, a chunk at a time."""

import numbers
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float

from vib.distributions import Gaussian
from vib.errors import InvalidInput, require
from vib.typing import ArrayLike, Integer

CHUNK = 500


def codes(model, x: ArrayLike["N ..."], chunk: Integer = CHUNK) -> Gaussian:
    """q(z|x) of inputs x [N, *shape]: Gaussian [N, latent] of NumPy arrays; std 0 of a deterministic encoder.

    Raises InvalidInput for inputs of another shape, a categorical code, or a beta-conditioned model that was told no
    beta.
    """
    x = jnp.asarray(x)
    told = "member: its code is categorical; the latent tools need a Gaussian code"
    require(not model.head.categorical, told)
    check_inputs(model, x)
    return in_chunks(partial(_encode, model), x, chunk)


def images(model, z: ArrayLike["N latent"], chunk: Integer = CHUNK) -> Float[np.ndarray, "N ..."]:
    """The mean of p(x|z), as InputDecoder.image tells it, at codes z [N, latent]: [N, *shape].

    Pixels in [0, 1] where the data are bounded. Raises InvalidInput for a model that does not decode to its
    input, codes of another width, or a beta-conditioned model that was told no beta.
    """
    check_decoder(model)
    width = model.head.outputs
    fits = np.ndim(z) == 2 and np.shape(z)[-1] == width
    require(fits, f"z: shape {np.shape(z)} for a decoder of {width} dimensions; give [N, {width}]")
    return in_chunks(partial(_decode, model), jnp.asarray(z, jnp.float32), chunk)


def check_decoder(model):
    """Raises InvalidInput unless the model decodes to its input."""
    require(
        model.decoder.of_input,
        "member: it decodes to labels; take one of kind 'vae' or 'autoencoder', which decodes to x",
    )


def check_inputs(model, x):
    """Raises InvalidInput unless the encoder takes inputs of the shape of x [N, *shape]."""
    one = jax.ShapeDtypeStruct((1, *x.shape[1:]), x.dtype)
    try:
        jax.eval_shape(_encode, model, one)
    except InvalidInput:
        raise
    except (TypeError, ValueError) as error:
        given = np.shape(x)
        raise InvalidInput(f"x: shape {given} does not fit the encoder; give inputs as it was trained on") from error


def in_chunks(function, inputs, chunk):
    """function over inputs [N, ...] in chunks of one size, so that it compiles once: leaves [N, ...] of NumPy.

    Raises InvalidInput for no inputs, or a chunk below 1.
    """
    count = len(inputs)
    require(count > 0, "inputs: none given; give one or more")
    whole = isinstance(chunk, numbers.Integral) and chunk >= 1
    require(whole, f"chunk: {chunk!r} inputs at a time; give a whole number >= 1")
    chunk = min(chunk, count)
    parts = []
    for start in range(0, count, chunk):
        place = (start + np.arange(chunk)) % count  # the last chunk is filled up
        parts.append(jax.device_get(function(inputs[place])))
    return jax.tree.map(lambda *leaves: np.concatenate(leaves)[:count], *parts)


@jax.jit
def _encode(model, x):
    return model.encode(x)[0]


@jax.jit
def _decode(model, z):
    return model.decoder.image(model.decode(z)[0])
