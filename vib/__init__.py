"""The information bottleneck in JAX: every beta and every seed of a sweep in one compiled program."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vib import data, exact, information
    from vib.run import Run, load

__all__ = ["Run", "data", "exact", "information", "load"]
OF_RUN = ("Run", "load")


def __getattr__(name):
    # where it is used: together they take seconds to import
    if name not in __all__:
        raise AttributeError(f"module 'vib' has no attribute '{name}'")
    module = importlib.import_module("vib.run" if name in OF_RUN else f"vib.{name}")
    return getattr(module, name) if name in OF_RUN else module


def __dir__():
    return sorted({*globals(), *__all__})
