"""The result of a sweep: one xarray.Dataset with named axes, and its file. Arrays only."""

from vib.results.dataset import SPLITS, WEIGHTS, Variable, build, extended
from vib.results.file import load, save
from vib.results.means import Summary, in_bits, interval, marginal_kl, of_weights, student, summary
from vib.results.provenance import commit, versions

__all__ = [
    "SPLITS",
    "WEIGHTS",
    "Summary",
    "Variable",
    "build",
    "commit",
    "extended",
    "in_bits",
    "interval",
    "load",
    "marginal_kl",
    "of_weights",
    "save",
    "student",
    "summary",
    "versions",
]
