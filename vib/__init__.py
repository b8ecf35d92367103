"""The information bottleneck in JAX: every beta and every seed of a sweep in one compiled program."""

import importlib
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vib import config, data, exact, information, latent, plots, results
    from vib.api import train
    from vib.evaluation import plane
    from vib.report import latent_report
    from vib.run import Run, load

__all__ = [
    "Run", "config", "data", "exact", "information", "latent", "latent_report", "load", "plane", "plots", "results",
    "train",
]  # fmt: skip
ELSEWHERE = {
    "train": "vib.api",
    "latent_report": "vib.report",
    "Run": "vib.run",
    "load": "vib.run",
    "plane": "vib.evaluation",
}


def __getattr__(name):
    # each part with its first use: together they take seconds to import
    if name in ELSEWHERE:
        module = importlib.import_module(ELSEWHERE[name])
        return getattr(module, name) if hasattr(module, name) else importlib.import_module(f"{ELSEWHERE[name]}.{name}")
    if name.startswith("_") or importlib.util.find_spec(f"vib.{name}") is None:
        raise AttributeError(f"module 'vib' has no attribute '{name}'")
    return importlib.import_module(f"vib.{name}")


def __dir__():
    return sorted({*globals(), *__all__})
