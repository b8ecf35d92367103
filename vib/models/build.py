"""From names and numbers to a model: VIB, VAE, and their deterministic twins."""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax

from vib.errors import choose, require
from vib.models import heads, marginals, mixtures
from vib.models.bottleneck import Bottleneck
from vib.models.convolutions import ConvEncoder
from vib.models.decoders import InputDecoder, LabelDecoder
from vib.models.flexible import Flexible, FlexibleDecoder
from vib.models.layers import INITIALISATIONS, Encoder, Style
from vib.models.own import OwnEncoder

ARCHITECTURES = ("mlp", "conv")
CODES = {"gaussian": heads.Head, "categorical": heads.SymbolHead}
FLEXIBLE_BETA = 0.5  # that a flexible model is trained at: its optimum is the same at any below 1
MARGINALS = {  # a new one joins by MARGINALS["mine"] = Mine
    "standard_normal": marginals.StandardNormal,
    "learned_normal": marginals.LearnedNormal,
    "mixture": mixtures.Mixture,
    "vampprior": mixtures.VampPrior,
    "class_conditional": mixtures.ClassConditional,
    "pairwise": marginals.Pairwise,
    "categorical": marginals.LearnedCategorical,
}


def front(
    key,
    shape,
    latent,
    widths,
    *,
    std_shift=0.0,
    std=None,
    code="gaussian",
    architecture="mlp",
    channels=(32, 64),
    marginal="standard_normal",
    components=50,
    examples=None,
    p_y=None,
    conditioned=False,
    deterministic=False,
    own=None,
    **style,
):
    """All before the decoder: (encoder, head, marginal). Raises InvalidInput.

    own: a function of a key that makes a network of one's own in place of `widths` and `channels`, see vib.models.own;
    channels: of the convolutions of architecture 'conv'; components: Gaussians of a mixture, or pseudo-inputs, which
    start as `examples` [N, *shape], evenly spaced; p_y: the shares of the classes, for a class-conditional marginal;
    style: fields of vib.models.layers.Style.
    """
    style = Style(**style)
    choose("model.initialisation", style.initialisation, INITIALISATIONS)
    check_widths("model.widths", widths)
    encoder_key, head_key = jax.random.split(key)
    inputs = (math.prod(shape) + 1,) if conditioned else shape
    choose("model.architecture", architecture, dict.fromkeys(ARCHITECTURES))
    if own is not None:
        require(not conditioned, "model.conditioned: an encoder of your own has no input for log beta; set False")
        told = f"model.noise_std: {style.noise_std} is of layers that an encoder of your own replaces"
        require(not style.noise_std, f"{told}; set it to 0 and draw noise from the key that it is called with")
        encoder = OwnEncoder(own(encoder_key), inputs, style)
    elif architecture == "conv":
        require(not conditioned, "model.conditioned: 'conv' has no input for log beta; set model.architecture 'mlp'")
        encoder = ConvEncoder(encoder_key, inputs, widths, style, channels)
    else:
        encoder = Encoder(encoder_key, inputs, widths, style)
    if choose("model.code", code, CODES).categorical:
        require(not deterministic, f"model.code: '{code}' needs model.kind 'vib'")
        head = heads.SymbolHead(head_key, encoder.outputs, latent, style.dtype)
    else:
        head = heads.Head(head_key, encoder.outputs, latent, style.dtype, std_shift, std, deterministic)
    key = jax.random.fold_in(key, 2)
    given = marginals.Given(head.outputs, components, examples, p_y)
    return encoder, head, marginal_of(key, marginal, head, given, conditioned)


def marginal_of(key, name, head, given, conditioned):
    """The marginal of that name for the codes of a head. Raises InvalidInput where it does not fit."""
    kind = choose("model.marginal", name, MARGINALS)
    fits = head.categorical == kind.of_symbols
    require(fits, "model.marginal: 'categorical' and model.code 'categorical' need each other")
    plain = kind.standard or not head.deterministic
    require(plain, f"model.marginal: '{name}' needs a rate to be measured; a deterministic encoder has none")
    alone = not conditioned or not (kind.of_pairs or kind.of_inputs)
    require(alone, f"model.marginal: '{name}' takes other codes, which a conditioned model has for one beta at a time")
    return kind.make(key, given)


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
    latent,
    widths,
    decoder_widths=(),
    std_shift=-5.0,
    likelihood="categorical",
    beta_range=None,
    own_decoder=None,
    **options,
):
    """A variational information bottleneck: x [B, *shape] to a label (Alemi et al. 2017).

    `outputs` is the number of classes, or of target dimensions for likelihoods 'gaussian' and 'full_gaussian';
    `options` are those of `front`. Raises InvalidInput.
    """
    check_noise(options.get("noise_std", 0.0), latent, "classifier" if options.get("deterministic") else "vib")
    check_widths("model.decoder_widths", decoder_widths)
    encoder_key, decoder_key = jax.random.split(key)
    conditioned = beta_range is not None
    encoder, head, marginal = front(
        encoder_key, shape, latent, widths, std_shift=std_shift, conditioned=conditioned, **options
    )
    inputs = head.outputs + conditioned
    decoder = LabelDecoder(decoder_key, inputs, outputs, decoder_widths, likelihood, encoder.style, own_decoder)
    return Bottleneck(encoder, head, marginal, decoder, beta_range)


def vae(
    key,
    shape,
    *,
    latent,
    widths,
    decoder_widths,
    std_shift=0.0,
    likelihood="bernoulli",
    architecture="mlp",
    channels=(32, 64),
    levels=256,
    bounded=True,
    beta_range=None,
    own_decoder=None,
    **options,
):
    """A variational autoencoder: a bottleneck whose target is its own input (Kingma & Welling 2014).

    `levels` is the number of grey levels for likelihood 'logistic'; `bounded` says that targets are pixels in [0, 1],
    where a Gaussian's or logistic's mean then stays; `options` are those of `front`. Raises InvalidInput.
    """
    check_noise(options.get("noise_std", 0.0), latent, "vae")
    check_widths("model.decoder_widths", decoder_widths)
    code, marginal = options.get("code", "gaussian"), options.get("marginal", "standard_normal")
    require(not choose("model.code", code, CODES).categorical, f"model.code: '{code}' needs model.kind 'vib'")
    drawn = choose("model.marginal", marginal, MARGINALS).density
    require(drawn, f"model.marginal: '{marginal}' has nothing to draw images from")
    encoder_key, decoder_key = jax.random.split(key)
    conditioned = beta_range is not None
    encoder, head, marginal = front(
        encoder_key, shape, latent, widths,
        std_shift=std_shift, architecture=architecture, channels=channels, conditioned=conditioned, **options,
    )  # fmt: skip
    inputs, style = head.outputs + conditioned, encoder.style
    channels = channels if architecture == "conv" else None
    decoder = InputDecoder(
        decoder_key, inputs, shape, decoder_widths, likelihood, style, channels, levels, bounded, own_decoder
    )
    return Bottleneck(encoder, head, marginal, decoder, beta_range)


def classifier(key, shape, outputs, **options):
    """A plain classifier: a VIB whose encoder is deterministic. Its rate is not defined, and is reported as NaN."""
    return vib(key, shape, outputs, deterministic=True, **options)


def autoencoder(key, shape, **options):
    """A plain autoencoder: a VAE whose encoder is deterministic. Its rate is not defined, and is reported as NaN."""
    return vae(key, shape, deterministic=True, **options)


def flexible(
    key,
    shape,
    outputs,
    *,
    latent=None,
    widths,
    decoder_widths=(),
    likelihood="categorical",
    own_decoder=None,
    **options,
):
    """A flexible VIB: x [B, *shape] to one of `outputs` balanced labels; z has outputs - 1 dimensions.

    Raises InvalidInput for options that the closed form leaves no room for.
    """
    fits = latent in (None, outputs - 1)
    require(fits, f"model.latent: {latent} does not fit a flexible model of {outputs} classes; give None")
    require(
        not decoder_widths, f"model.decoder_widths: {decoder_widths}; the decoder of a flexible model is linear: ()"
    )
    marginal = options.pop("marginal", "standard_normal")
    require(marginal == "standard_normal", f"model.marginal: '{marginal}'; a flexible model has 'standard_normal'")
    require(likelihood == "categorical", f"model.likelihood: '{likelihood}'; a flexible model needs class labels")
    require(own_decoder is None, "decoder: that of a flexible model is known; give none of your own")
    require(not options.get("noise_std"), "model.noise_std: a flexible model has none; set it to 0")
    require(options.pop("std", None) is None, "model.std: the closed form of a flexible model gives it; set None")
    encoder, head, _ = front(key, shape, outputs - 1, widths, deterministic=True, **options)
    return Flexible(encoder, head, marginals.StandardNormal(outputs - 1), FlexibleDecoder(outputs))


class Kind(NamedTuple):
    """A kind of model."""

    make: Callable  # (key, shape=, outputs= where the target is a label, **options) -> Bottleneck
    target: str  # 'y' or 'x'
    deterministic: bool = False
    conditionable: bool = False  # whether one model can be told the beta that it is for
    single_beta: float | None = None  # that a model of all betas is trained at; None: one model a beta
    images: bool = False  # whether it draws inputs from r(z)


KINDS = {  # a new one joins by KINDS["mine"] = Kind(mine, "y")
    "vib": Kind(vib, "y", conditionable=True),
    "vae": Kind(vae, "x", conditionable=True, images=True),
    "classifier": Kind(classifier, "y", deterministic=True),
    "autoencoder": Kind(autoencoder, "x", deterministic=True),
    "flexible": Kind(flexible, "y", single_beta=FLEXIBLE_BETA),
}
