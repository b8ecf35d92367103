"""The evaluators of a latent report, and the random key of each."""

import zlib

import jax

from vib.evaluation.latent_report.dimensions import Dimensions, IntrinsicDimension
from vib.evaluation.latent_report.disentanglement import Disentanglement
from vib.evaluation.latent_report.likelihood import Likelihood
from vib.evaluation.latent_report.neighbours import Neighbours
from vib.evaluation.latent_report.outliers import Outliers
from vib.evaluation.latent_report.paths import Paths, Swaps
from vib.evaluation.latent_report.probes import ClassProbes, FactorProbes, TargetProbes
from vib.evaluation.latent_report.rate_parts import Holes, RateParts
from vib.evaluation.latent_report.samples import Samples

KINDS = (
    Dimensions, IntrinsicDimension, RateParts, Holes, Likelihood, Samples, Paths, Swaps, Neighbours, Outliers,
    Disentanglement, FactorProbes, ClassProbes, TargetProbes,
)  # fmt: skip
# Evaluators that split a key among them, in this order: every number that they draw depends on it.
SHARED_KEYS = (("rate parts", "holes"), ("paths", "swaps", "likelihood", "samples"), ("outliers",))


def standard():
    """An evaluator of each kind, as they are by default. Add your own to the list."""
    return [kind() for kind in KINDS]


def key_of(name, key):
    """The key of the evaluator of that name, of a member's: the same whatever else is measured."""
    for place, names in enumerate(SHARED_KEYS):
        if name in names:
            key = jax.random.fold_in(key, place)
            return key if len(names) == 1 else jax.random.split(key, len(names))[names.index(name)]
    return jax.random.fold_in(key, zlib.crc32(name.encode()))
