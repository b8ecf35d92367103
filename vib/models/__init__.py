"""Bottleneck models: an encoder q(z|x), a marginal r(z) and a decoder of the label (VIB) or of the input (VAE)."""

from vib.models.bottleneck import Bottleneck
from vib.models.build import (
    ARCHITECTURES,
    CODES,
    KINDS,
    MARGINALS,
    Kind,
    autoencoder,
    classifier,
    flexible,
    vae,
    vib,
)

__all__ = [
    "ARCHITECTURES",
    "CODES",
    "KINDS",
    "MARGINALS",
    "Bottleneck",
    "Kind",
    "autoencoder",
    "classifier",
    "flexible",
    "vae",
    "vib",
]
