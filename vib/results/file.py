"""The file of a result: written whole or not at all, and read only where HDF5 finds it undamaged."""

import io
from pathlib import Path

import h5netcdf
import h5py
import numpy as np
import xarray as xr

from vib import files
from vib.errors import InvalidInput, require

FORMAT = "v110"  # of HDF5: the first whose headers and indices have checksums, too
REBUILD = "delete it and run the same command again: it is written anew from the checkpoints"


def save(dataset, path):
    """Writes the netCDF file whole or not at all: what was at `path` stays until the new one is on disk.

    HDF5's own checksums let `load` find damage: Fletcher's of 32 bits for the numbers, others for headers with the
    attributes. String coordinates have none. Raises InvalidInput where the file cannot be written.
    """
    dataset = dataset.drop_encoding().copy()
    for part in (dataset, *dataset.variables.values()):
        part.attrs = {name: _in_header(value) for name, value in part.attrs.items()}
    numbers = [name for name, variable in dataset.variables.items() if variable.dtype.kind in "biuf"]
    encoding = {name: {"_FillValue": None, "fletcher32": True} for name in numbers}
    content = io.BytesIO()
    with xr.backends.H5NetCDFStore(h5netcdf.File(content, "w", libver=FORMAT)) as store:
        dataset.dump_to_store(store, encoding=encoding)
    files.save(path, content.getvalue())


def _in_header(value):
    """An attribute as HDF5 keeps it in a header: text of fixed length. Strings of Python lie where no checksum is."""
    # one letter of fixed length would be read as bytes
    return np.bytes_(value.encode()) if isinstance(value, str) and value.isascii() and len(value) > 1 else value


def load(path):
    """The Dataset at `path`, read whole and closed; raises InvalidInput if missing, truncated or corrupt."""
    path = Path(path)
    require(path.is_file(), f"result: no file '{path}'; run the sweep first, or name the folder that it wrote")
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"result: cannot read '{path}' ({error.strerror}); ask its owner") from error
    try:
        # h5py refuses a damaged file cleanly; h5netcdf would print a traceback of its own
        with h5py.File(io.BytesIO(whole)) as file:
            dict(file.attrs)
        with xr.open_dataset(io.BytesIO(whole), engine="h5netcdf") as file:
            dataset = file.load()
    except Exception as error:  # broken HDF5 raises OSError, KeyError, RuntimeError, UnicodeDecodeError, ...
        raise InvalidInput(f"result: '{path}' is truncated or corrupt; {REBUILD}") from error
    missing = [name for name in ("seed", "beta", "step") if name not in dataset.coords]
    require(not missing, f"result: '{path}' has no axis '{', '.join(missing)}'; give a results.nc of a sweep")
    return dataset
