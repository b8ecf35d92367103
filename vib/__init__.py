"""The information bottleneck in JAX: every beta and every seed of a sweep in one compiled program."""

from vib import data, exact, information
from vib.run import Run, load

__all__ = ["Run", "data", "exact", "information", "load"]
