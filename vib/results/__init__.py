"""The result of a sweep: one xarray.Dataset with named axes, and its file. Arrays only."""

from vib.results.dataset import DIMS, SPLITS, build, extended, finite_members
from vib.results.file import load, save
from vib.results.means import CONFIDENCE, bits, in_bits, interval, summary
from vib.results.provenance import commit, versions

__all__ = [
    "CONFIDENCE",
    "DIMS",
    "SPLITS",
    "bits",
    "build",
    "commit",
    "extended",
    "finite_members",
    "in_bits",
    "interval",
    "load",
    "save",
    "summary",
    "versions",
]
