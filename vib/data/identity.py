"""Which data these are: their name, their version and a digest of what they hold."""

import logging
import re
import zlib
from collections.abc import Iterable

import numpy as np

from vib.data.dataset import Dataset
from vib.errors import require

MARK = ", crc32 "


def identity(dataset: Dataset) -> str:
    """'mnist 3.0.1, crc32 1a2b3c4d': name, version and the digest of its contents."""
    return f"{dataset.name} {dataset.version}{MARK}{contents(dataset)}"


def contents(dataset: Dataset) -> str:
    """The digest of all arrays of a Dataset, whatever it is called. 0.08 s for MNIST.

    Real numbers that are computed agree between devices to rounding only. For them the digest covers what they are
    computed from, and how many there are.
    """
    x, y = (dataset.x_train, dataset.x_test), (dataset.y_train, dataset.y_test)
    factors = () if dataset.factors is None else (dataset.factors.train, dataset.factors.test)
    if dataset.made_of is None:
        return digest((*x, *y, *factors))
    if dataset.classes is None:
        return digest(factors, f"{dataset.made_of} {[len(part) for part in y]}")
    return digest((*y, *factors), dataset.made_of)


def digest(arrays: Iterable[np.ndarray], text: str | None = None) -> str:
    """Eight hex digits of the types, shapes and bytes of arrays, and of a text: a checksum, which stops no forger."""
    value = zlib.crc32(str(text).encode())
    for array in arrays:
        value = zlib.crc32(f"{array.dtype}{array.shape}".encode(), value)
        value = zlib.crc32(np.ravel(array).view(np.uint8), value)
    return f"{value:08x}"


def same(one: str, other: str) -> bool:
    """Whether two identities are those of the same data: by digest, or by name and version where one has no digest.

    Then the version of a library that ships data is ignored, as the data need not change with it.
    """
    (name, *found), (other_name, *other_found) = one.split(MARK), other.split(MARK)
    return found == other_found if found and other_found else _own(name) == _own(other_name)


def check(found: str, recorded: str | None) -> None:
    """Raises InvalidInput where data of the identity `found` are not those recorded, if any were."""
    if recorded is None:
        return
    told = f"data: the run was made with '{recorded}'"
    remedy = "bring the run's own data back, or train on these with another workdir"
    require(same(found, recorded), f"{told}, but '{found}' was found in their place; {remedy}")
    if MARK not in recorded and recorded != found.split(MARK)[0]:
        logging.getLogger("vib").warning("%s, of which no digest was kept: '%s' is taken for the same", told, found)


def _own(name):
    return re.sub(r"scikit-learn [^ ,]+", "scikit-learn", name)
