"""What goes on inside a network: the values of its layers, its idle units, the drift and diffusion of its weights."""

from typing import NamedTuple

import jax
import jax.numpy as jnp

from vib import distributions
from vib.distributions import Gaussian

ASYMPTOTES = {jnp.tanh: (-1, 1), jax.nn.sigmoid: (0, 1), jax.nn.soft_sign: (-1, 1)}
SATURATED = 0.01  # of the range of an activation function: this close to an asymptote a unit counts as saturated


class Layer(NamedTuple):
    """What is known of one layer for inputs x [N, *shape]."""

    value: jax.Array  # [N, width], one draw
    fixed: bool  # whether it is a function of x
    means: jax.Array | None = None  # [draws, N, width]: before its own noise, for several draws of the noise before it
    noise_std: float = 0.0  # of its own noise
    q: Gaussian | None = None  # [N, latent]: its distribution given x


def layers(model, x, key, draws=1):
    """{name: Layer} of inputs x [N, *shape], in the order of the network.

    Hidden layers h1.. (c1.. convolutions), the code z where there is one, the decoder's d1.. (dc1..), and the output of
    a decoder of labels: its class probabilities, or the mean of a regression. `draws` of the noise inside a network.
    """

    def once(key):
        layer_key, z_key, decode_key = jax.random.split(key, 3)
        q, encoded = model.encode(x, layer_key)
        z = distributions.sample(q, z_key)
        parameters, decoded = model.decode(z, decode_key)
        decoded = {of_decoder(name): value for name, value in decoded.items()}
        out = None if model.decoder.of_input else model.decoder.prediction(parameters)
        return encoded, Gaussian(q.mean, q.std), z, decoded, out

    if model.encoder.style.noise_std:
        encoded, _, _, decoded, out = jax.vmap(once)(jax.random.split(key, draws))
        return _noisy(model, encoded | decoded, jax.random.fold_in(key, 1)) | {"output": Layer(out[0], False)}
    encoded, q, z, decoded, out = once(key)
    encoder = not model.encoder.noisy
    code = encoder and model.deterministic
    decoder = code and not model.decoder.noisy
    named = {name: Layer(flat(value), encoder) for name, value in encoded.items()}
    if model.head.linear is not None:
        known = encoder and not model.deterministic  # behind noise in the encoder q is only that of one draw of it
        named["z"] = Layer(z, code, q=q if known else None)
    named |= {name: Layer(flat(value), decoder) for name, value in decoded.items()}
    return named if out is None else named | {"output": Layer(out, decoder)}


def _noisy(model, means, key):
    noise_std, named = model.encoder.style.noise_std, {}
    for i, name in enumerate(n for n in kernels(model) if n in means):  # vmap has sorted the names
        noiseless = flat(means[name], 2)
        noise = jax.random.normal(jax.random.fold_in(key, i), noiseless.shape[1:])
        named[name] = Layer(noiseless[0] + noise_std * noise, False, noiseless, noise_std)
    return named


def flat(value, leading=1):
    """The value with all its axes but the leading ones in one."""
    return value.reshape(*value.shape[:leading], -1)


def idle(model, named):
    """Shares of the units of each layer: {'saturated': {layer: []}, 'dead': {layer: []}}.

    saturated: of values within 1 % of the range of tanh, sigmoid or softsign from its ends; NaN for other layers, and
    for those of networks of one's own, whose activation is not known.
    dead: of units that give the same value for every input.
    """
    low, high = ASYMPTOTES.get(model.encoder.style.function(), (jnp.nan, jnp.nan))
    margin, activated = SATURATED * (high - low), kernels(model).keys() - {"z", "output"}

    def saturated(name, value):
        far = jnp.mean((value < low + margin) | (value > high - margin))
        return jnp.where(jnp.isnan(margin) | (name not in activated), jnp.nan, far)

    # its own noise would hide both
    values = {name: layer.value if layer.means is None else layer.means[0] for name, layer in named.items()}
    return {
        "saturated": {name: saturated(name, value) for name, value in values.items()},
        "dead": {name: jnp.mean((value == value[:1]).all(0), dtype=jnp.float32) for name, value in values.items()},
    }


def kernels(model):
    """{name of the layer that it leads to: kernel} of a Bottleneck, or of a gradient of one."""
    code = {} if model.head.linear is None else {"z": model.head.linear.kernel[...]}
    decoded = {of_decoder(name): kernel for name, kernel in model.decoder.kernels().items()}
    return model.encoder.kernels() | code | decoded


def of_decoder(name):
    """What a layer of a decoder is called in the whole network: d1.. for h1.., dc1.. for c1.. ."""
    return name if name == "output" else f"d{name.removeprefix('h')}"


def weight_norm(model):
    """The norm of the kernel that leads to each layer: {layer: []}."""
    return {name: jnp.linalg.norm(kernel.ravel()) for name, kernel in kernels(model).items()}


def drift(model, batches, beta, key, objective):
    """Mean and standard deviation of the gradient over minibatches, and their ratio: {name: {layer: norm of kernel}}.

    batches: a Batch with leaves [minibatches, B, ...]. The ratio of mean to standard deviation is the signal-to-noise
    ratio of Shwartz-Ziv & Tishby 2017, section 3.3: above 1 the weights drift, below it they diffuse; NaN where a
    layer has no gradient at all.
    """

    def step(carry, item):
        i, batch = item
        gradient, _ = jax.grad(objective.loss, has_aux=True)(model, batch, beta, jax.random.fold_in(key, i))
        # Welford's recursion: sums of squares would cancel where the drift is much larger than the diffusion.
        mean, squares = carry
        gradient = kernels(gradient)
        away = jax.tree.map(jnp.subtract, gradient, mean)
        mean = jax.tree.map(lambda m, d: m + d / (i + 1), mean, away)
        squares = jax.tree.map(lambda s, d, g, m: s + jnp.sum(d * (g - m)), squares, away, gradient, mean)
        return (mean, squares), None

    count = len(batches.x)
    weights = kernels(model)
    start = (jax.tree.map(jnp.zeros_like, weights), {name: jnp.zeros(()) for name in weights})
    (mean, squares), _ = jax.lax.scan(step, start, (jnp.arange(count), batches))
    size = {name: jnp.linalg.norm(mean[name].ravel()) for name in weights}
    std = {name: jnp.sqrt(squares[name] / (count - 1)) for name in weights}
    ratio = {name: size[name] / std[name] for name in weights}
    return {"gradient_mean": size, "gradient_std": std, "gradient_ratio": ratio}
