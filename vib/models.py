"""Bottleneck models: an encoder q(z|x), a marginal r(z) and a decoder of the label (VIB) or of the input (VAE)."""

import math
from functools import cache, partial

import jax
import jax.numpy as jnp
from flax import nnx

from vib import distributions
from vib.distributions import Gaussian, Logistic
from vib.errors import choose, require
from vib.layers import MLP, ConvDecoder, ConvEncoder, Encoder, Linear, Style
from vib.marginals import StandardNormal

ENCODERS = {"mlp": Encoder, "conv": ConvEncoder}


class Head(nnx.Module):
    """q(z|x) from the last hidden layer: mean and std = softplus(rho + std_shift); std = 0 if deterministic.

    Without a latent width z is the last hidden layer itself.
    """

    def __init__(self, key, inputs, latent, std_shift, deterministic, dtype):
        bare = latent is None
        require(deterministic or not bare, "model.latent: only kinds 'classifier' and 'autoencoder' can do without it")
        require(bare or latent >= 1, f"model.latent: {latent} is below 1; give an integer >= 1")
        require(math.isfinite(std_shift), f"model.std_shift: {std_shift} is not finite; give a number such as -5.0")
        self.outputs = inputs if bare else latent
        self.linear = None if bare else Linear(key, inputs, latent if deterministic else 2 * latent, dtype)
        self.std_shift, self.deterministic = std_shift, deterministic

    def __call__(self, hidden):
        code = self.linear(hidden) if self.linear else hidden
        if self.deterministic:
            return Gaussian(code, jnp.zeros_like(code))
        mean, rho = jnp.split(code, 2, axis=-1)
        return Gaussian(mean, jax.nn.softplus(rho + self.std_shift))


class LabelDecoder(nnx.Module):
    """q(y|z): logits [..., B, classes]; for a regression a Gaussian [..., B, dim_y], one learned std a dimension."""

    def __init__(self, key, latent, outputs, widths, likelihood, style):
        known = {"categorical": distributions.categorical, "gaussian": distributions.gaussian}
        self.distortion = choose("model.likelihood", likelihood, known)
        hidden_key, key = jax.random.split(key)
        self.mlp = MLP(hidden_key, latent, widths, style)
        self.linear = Linear(key, self.mlp.outputs, outputs, style.dtype)
        self.rho = nnx.Param(jnp.full(outputs, 0.5, jnp.float32)) if likelihood == "gaussian" else None

    def __call__(self, z, key=None):
        hidden, out = self.mlp(z, key)
        mean = self.linear(hidden)
        return (mean if self.rho is None else Gaussian(mean, jax.nn.softplus(self.rho[...]))), out


@cache
def logistic(levels):
    """The discretised logistic of so many levels: one function for all models, or each would be compiled anew."""
    return partial(distributions.discretised_logistic, levels=levels)


class InputDecoder(nnx.Module):
    """p(x|z) on pixels [B, *shape]: Bernoulli logits, or a Gaussian or discretised logistic of one learned scale."""

    def __init__(self, key, latent, shape, widths, likelihood, style, architecture, levels, bounded):
        known = {
            "bernoulli": distributions.bernoulli,
            "gaussian": distributions.gaussian,
            "logistic": logistic(levels),
        }
        self.distortion = choose("model.likelihood", likelihood, known)
        self.likelihood, self.shape, self.bounded = likelihood, tuple(shape), bounded
        hidden_key, key = jax.random.split(key)
        if architecture == "conv":
            self.hidden = ConvDecoder(hidden_key, latent, shape, widths, style)
            self.linear = Linear(key, self.hidden.outputs, shape[-1], style.dtype)
        else:
            self.hidden = MLP(hidden_key, latent, widths, style)
            self.linear = Linear(key, self.hidden.outputs, math.prod(shape), style.dtype)
        self.rho = None if likelihood == "bernoulli" else nnx.Param(jnp.full((), -1.0, jnp.float32))

    def __call__(self, z, key=None):
        del key  # noise inside layers is for classifiers
        hidden, out = self.hidden(z)
        x = self.linear(hidden).reshape(*z.shape[:-1], *self.shape)
        if self.rho is None:
            return x, out
        # The scale is shared: one of its own would let a constant pixel buy an unbounded density.
        scale = jnp.full_like(x, jax.nn.softplus(self.rho[...]))
        family = Gaussian if self.likelihood == "gaussian" else Logistic
        return family(jax.nn.sigmoid(x) if self.bounded else x, scale), out

    def image(self, parameters):
        """The mean of p(x|z), pixels in [0, 1]: [..., B, *shape]."""
        return jax.nn.sigmoid(parameters) if self.rho is None else parameters.mean


class Bottleneck(nnx.Module):
    """Encoder q(z|x), marginal r(z), decoder: the one model type behind VIB, VAE, classifier and autoencoder."""

    def __init__(self, encoder, head, marginal, decoder):
        self.encoder, self.head, self.marginal, self.decoder = encoder, head, marginal, decoder

    @property
    def deterministic(self):
        """Whether the head is no distribution: there is then no rate in closed form (H(X) or infinite, not 0)."""
        return self.head.deterministic

    @property
    def style(self):
        """What the hidden layers have in common, the std of their noise included."""
        return self.encoder.mlp.style

    def encode(self, x, key=None, beta=None):
        """q(z|x) of inputs x [B, *shape]: (Gaussian [B, latent], activations {'h1': [B, width], ...}).

        `key` is for noise inside layers, and without one there is none; activations are those before the noise of
        their own layer. `beta` is for a beta-conditioned encoder; this one does not need it.
        """
        del beta
        hidden, out = self.encoder(x, key)
        return self.head(hidden), out

    def decode(self, z, key=None):
        """Parameters of q(y|z) or p(x|z) at z [..., B, latent]: (logits or a tuple of parameters, activations)."""
        return self.decoder(z, key)


def encoder_of(key, shape, latent, widths, style, architecture, std_shift, deterministic):
    """The encoder's layers and its head, as every kind of model has them."""
    check_widths("model.widths", widths)
    encoder_key, head_key = jax.random.split(key)
    encoder = choose("model.architecture", architecture, ENCODERS)(encoder_key, shape, widths, style)
    return encoder, Head(head_key, encoder.outputs, latent, std_shift, deterministic, style.dtype)


def check_noise(noise_std, latent, kind):
    """Raises InvalidInput for noise where there can be none."""
    fits = math.isfinite(noise_std) and noise_std >= 0
    require(fits, f"model.noise_std: {noise_std} is not valid; give a number >= 0, 0 for no noise")
    bare = not noise_std or (kind == "classifier" and latent is None)
    require(bare, f"model.noise_std: {noise_std} needs model.kind 'classifier' and model.latent None; or set it to 0")


def check_widths(field, widths):
    """Raises InvalidInput for a layer without units."""
    whole = all(isinstance(width, int) and width >= 1 for width in widths)
    require(whole, f"{field}: {tuple(widths)} must be integers > 0")


def vib(
    key,
    shape,
    outputs,
    *,
    latent=256,
    widths=(1024, 1024),
    decoder_widths=(),
    architecture="mlp",
    std_shift=-5.0,
    likelihood="categorical",
    deterministic=False,
    **style,
):
    """A variational information bottleneck: x [B, *shape] to a label (Alemi et al. 2017).

    `outputs` is the number of classes, or of target dimensions for likelihood 'gaussian'; `style` holds fields of
    vib.layers.Style. Raises InvalidInput.
    """
    style = Style(**style)
    check_noise(style.noise_std, latent, "classifier" if deterministic else "vib")
    encoder_key, decoder_key = jax.random.split(key)
    check_widths("model.decoder_widths", decoder_widths)
    encoder, head = encoder_of(encoder_key, shape, latent, widths, style, architecture, std_shift, deterministic)
    decoder = LabelDecoder(decoder_key, head.outputs, outputs, decoder_widths, likelihood, style)
    return Bottleneck(encoder, head, StandardNormal(), decoder)


def vae(
    key,
    shape,
    *,
    latent=32,
    widths=(512,),
    decoder_widths=(512,),
    architecture="mlp",
    std_shift=0.0,
    likelihood="bernoulli",
    levels=256,
    bounded=True,
    deterministic=False,
    **style,
):
    """A variational autoencoder: a bottleneck whose target is its own input (Kingma & Welling 2014).

    `levels` is the number of grey levels for likelihood 'logistic'; `bounded` says that targets are pixels in [0, 1],
    where a Gaussian's or logistic's mean then stays; `style` holds fields of vib.layers.Style. Raises InvalidInput.
    """
    style = Style(**style)
    check_noise(style.noise_std, latent, "vae")
    encoder_key, decoder_key = jax.random.split(key)
    check_widths("model.decoder_widths", decoder_widths)
    encoder, head = encoder_of(encoder_key, shape, latent, widths, style, architecture, std_shift, deterministic)
    decoder = InputDecoder(
        decoder_key, head.outputs, shape, decoder_widths, likelihood, style, architecture, levels, bounded
    )
    return Bottleneck(encoder, head, StandardNormal(), decoder)


def classifier(key, shape, outputs, **options):
    """A plain classifier: a VIB whose encoder is deterministic. Its rate is not defined, and is reported as NaN."""
    return vib(key, shape, outputs, deterministic=True, **options)


def autoencoder(key, shape, **options):
    """A plain autoencoder: a VAE whose encoder is deterministic. Its rate is not defined, and is reported as NaN."""
    return vae(key, shape, deterministic=True, **options)
