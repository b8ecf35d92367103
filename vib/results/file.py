"""The file of a result: written whole or not at all, and read only if it is what was written."""

import hashlib
import io
from pathlib import Path

import h5py
import xarray as xr

from vib import files
from vib.errors import InvalidInput, require

SEAL = b"sha256"
REBUILD = "delete it and run the same command again: it is written anew from the checkpoints"


def save(dataset, path):
    """Writes the netCDF file whole or not at all: what was at `path` stays until the new one is on disk.

    A checksum behind the end lets `load` see any damage. Raises InvalidInput where it cannot be written.
    """
    numbers = [name for name, variable in dataset.variables.items() if variable.dtype.kind in "biuf"]
    encoding = {name: {"_FillValue": None} for name in numbers}
    content = bytes(dataset.drop_encoding().to_netcdf(engine="h5netcdf", encoding=encoding))
    files.save(path, content + _seal(content))


def load(path):
    """The Dataset at `path`, read whole and closed; raises InvalidInput if missing, truncated or corrupt."""
    path = Path(path)
    require(path.is_file(), f"result: no file '{path}'; run the sweep first, or name the folder that it wrote")
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"result: cannot read '{path}' ({error.strerror}); ask its owner") from error
    content, seal = whole[: -len(_seal(b""))], whole[-len(_seal(b"")) :]
    # a file without a seal was written by another program
    damaged = seal.startswith(SEAL) and seal != _seal(content)
    require(not damaged, f"result: '{path}' does not match its own checksum; {REBUILD}")
    try:
        # h5py refuses a truncated file cleanly; h5netcdf would print a traceback of its own
        h5py.File(io.BytesIO(whole)).close()
        with xr.open_dataset(io.BytesIO(whole), engine="h5netcdf") as file:
            dataset = file.load()
    except Exception as error:  # broken HDF5 raises OSError, KeyError, RuntimeError, UnicodeDecodeError, ...
        raise InvalidInput(f"result: '{path}' is truncated or corrupt; {REBUILD}") from error
    missing = [name for name in ("seed", "beta", "step") if name not in dataset.coords]
    require(not missing, f"result: '{path}' has no axis '{', '.join(missing)}'; give a results.nc of a sweep")
    return dataset


def _seal(content):
    # HDF5 readers stop where the file says it ends, and do not see what follows
    return SEAL + hashlib.sha256(content).digest()
