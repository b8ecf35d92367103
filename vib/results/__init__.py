"""The result of a sweep: one xarray.Dataset with named axes, and its file. Arrays only."""

from vib.results.dataset import SPLITS, WEIGHTS, Variable, build, extended
from vib.results.file import load, save
from vib.results.means import CONFIDENCE, Summary, in_bits, interval, of_weights, summary
from vib.results.provenance import commit, versions

__all__ = [
    "CONFIDENCE",
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
    "of_weights",
    "save",
    "summary",
    "versions",
]
