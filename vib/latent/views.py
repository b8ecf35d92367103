"""The two sides of a trained model: codes of inputs, and images of codes, a chunk at a time."""

import numbers
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from vib.decoders import InputDecoder
from vib.distributions import Categorical, Gaussian
from vib.errors import InvalidInput, require

CHUNK = 500


def codes(model, x, beta=None, chunk=CHUNK):
    """q(z|x) of inputs x [N, *shape]: Gaussian [N, latent] of NumPy arrays; std 0 of a deterministic encoder.

    beta is for a beta-conditioned model. Raises InvalidInput for inputs of another shape, a categorical code, or where
    such a model is told no beta.
    """
    x = jnp.asarray(x)
    check_inputs(model, x, beta)
    q = in_chunks(partial(_encode, model, beta), x, chunk)
    require(not isinstance(q, Categorical), "member: its code is categorical; the latent tools need a Gaussian code")
    return q


def images(model, z, beta=None, chunk=CHUNK):
    """The mean of p(x|z), as InputDecoder.image tells it, at codes z [N, latent]: [N, *shape].

    Pixels in [0, 1], but for data that are not bounded. Raises InvalidInput for a model that does not decode to its
    input, codes of another width, or a beta-conditioned model that is told no beta.
    """
    check_decoder(model)
    width = model.head.outputs
    fits = np.ndim(z) == 2 and np.shape(z)[-1] == width
    require(fits, f"z: shape {np.shape(z)} for a decoder of {width} dimensions; give [N, {width}]")
    return in_chunks(partial(_decode, model, beta), jnp.asarray(z, jnp.float32), chunk)


def check_decoder(model):
    """Raises InvalidInput unless the model decodes to its input."""
    to_x = isinstance(model.decoder, InputDecoder)
    require(to_x, "member: it decodes to labels; take one of kind 'vae' or 'autoencoder', which decodes to x")


def check_inputs(model, x, beta=None):
    """Raises InvalidInput unless the encoder takes inputs of the shape of x [N, *shape], at that beta."""
    one = jax.ShapeDtypeStruct((1, *x.shape[1:]), x.dtype)
    try:
        jax.eval_shape(_encode, model, beta, one)
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
def _encode(model, beta, x):
    q = model.encode(x, beta=beta)[0]
    return q if isinstance(q, Categorical) else Gaussian(q.mean, q.std)


@jax.jit
def _decode(model, beta, z):
    return model.decoder.image(model.decode(z, beta=beta)[0])
