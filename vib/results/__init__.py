"""The result of a sweep: one xarray.Dataset with named axes, and its file. Arrays only."""

from vib.results.dataset import SPLITS, build, finite_members
from vib.results.file import load, save
from vib.results.means import CONFIDENCE, bits, in_bits, interval, summary
from vib.results.provenance import commit, versions

__all__ = [
    "CONFIDENCE",
    "SPLITS",
    "bits",
    "build",
    "commit",
    "finite_members",
    "in_bits",
    "interval",
    "load",
    "save",
    "summary",
    "versions",
]
