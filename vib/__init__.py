"""The information bottleneck in JAX: every beta and every seed of a sweep in one compiled program."""

import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vib import data, exact, information, latent
    from vib.evaluation import plane
    from vib.run import Run, load

__all__ = ["Run", "data", "exact", "information", "latent", "load", "plane"]


def __getattr__(name):
    # each part with its first use: together they take seconds to import
    if name in ("Run", "load"):
        return getattr(importlib.import_module("vib.run"), name)
    if name == "plane":
        return importlib.import_module("vib.evaluation.plane")
    if name.startswith("_") or importlib.util.find_spec(f"vib.{name}") is None:
        raise AttributeError(f"module 'vib' has no attribute '{name}'")
    return importlib.import_module(f"vib.{name}")


def __dir__():
    return sorted({*globals(), *__all__})
