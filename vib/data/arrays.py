"""The user's own arrays: in memory, or in an npz file with x_train, y_train, x_test, y_test."""

import contextlib
import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset
from vib.data.narrow import narrowed
from vib.data.split import at_random, stratified
from vib.data.targets import KINDS, targets
from vib.errors import InvalidInput, require
from vib.typing import ArrayLike, Integer, Real

NAMES = ("x_train", "y_train", "x_test", "y_test")


def from_arrays(
    x_train: ArrayLike[" N *input"],
    y_train: ArrayLike["N ..."],
    x_test: ArrayLike[" M *input"] | None = None,
    y_test: ArrayLike["M ..."] | None = None,
    *,
    test_fraction: Real = 0.2,
    seed: Integer = 0,
    low: Real | None = None,
    high: Real | None = None,
    name: str = "arrays",
) -> Dataset:
    """A Dataset of arrays in memory: from_arrays(x_train, y_train, x_test, y_test), or from_arrays(x, y).

    Inputs are [N, D] or [N, H, W, C], targets labels [N] or a regression [N, dim_y], as targets.py tells them apart:
    lists, arrays of NumPy or JAX, columns of pandas. Models get them as float32 (narrow.py) and int32. A single pair is
    split by `seed`: round(test_fraction * N) examples are the test, of labels stratified by class. With low and high
    the inputs are pixels and must lie between them; pixels of a whole-number type have high - low + 1 grey levels.
    Raises InvalidInput for any array that does not fit, and names it by its parameter.
    """
    named = isinstance(name, str) and name.strip() and name.isprintable()
    require(named, f"name: {name!r}; give the data a name of one line")
    given = {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}
    missing = [field for field in ("x_test", "y_test") if given[field] is None]
    require(len(missing) != 1, f"{', '.join(missing)}: not given; give both x_test and y_test, or neither")
    arrays = {field: array(field, value) for field, value in given.items() if field not in missing}
    if missing:
        arrays = _split(arrays["x_train"], arrays["y_train"], test_fraction, seed)
    return _dataset(arrays, low, high, name)


def load(*, path: str | Path, low: Real | None = None, high: Real | None = None) -> Dataset:
    """The Dataset of an npz file that holds x_train, y_train, x_test and y_test, as `from_arrays` makes it.

    The version is a digest of the file. Raises InvalidInput for a missing or damaged file, and as from_arrays does.
    """
    path = checks.path("path", path)
    arrays = _read(path)
    version = hashlib.sha256(path.read_bytes()).hexdigest()[:12]
    return from_arrays(**arrays, low=low, high=high)._replace(version=version)


def array(field, value):
    """An array of NumPy; strings that NumPy holds as objects, as those of pandas, become an array of strings."""
    require(not np.ma.is_masked(value), f"{field}: has masked values; fill them in or leave out their examples")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"{field}: no array ({str(error).splitlines()[0]}); give numbers or labels") from None
    if array.dtype.kind == "V" and np.can_cast(array.dtype, np.float32):  # bfloat16 and its like, which NumPy lacks
        return array.astype(np.float32)
    if array.dtype.kind != "O":
        return array
    text = array.ndim > 0 and all(isinstance(each, str) for each in array.flat)
    require(text, f"{field}: holds Python objects; give {field}.astype(str) for names, or .astype(float)")
    return array.astype(str)


def _split(x, y, test_fraction, seed):
    same = x.shape[:1] == y.shape[:1] != ()
    require(same, f"y_train: shape {y.shape} for inputs {x.shape}; give one target for each input")
    test_fraction, seed = checks.fraction("test_fraction", test_fraction), checks.whole("seed", seed, 0)
    labels = y.ndim == 1 and KINDS.get(y.dtype.kind) in ("labels", "names")
    train, test = stratified(y, test_fraction, seed) if labels else at_random(len(y), test_fraction, seed)
    return {"x_train": x[train], "y_train": y[train], "x_test": x[test], "y_test": y[test]}


def _dataset(arrays, low, high, name):
    x_train, x_test = (_inputs(field, arrays[field]) for field in ("x_train", "x_test"))
    require(
        x_train.shape[1:] == x_test.shape[1:],
        f"x_test: shape {x_test.shape}; its examples must have the shape {x_train.shape[1:]} of x_train",
    )
    y_train, y_test, classes, names = targets(arrays["y_train"], arrays["y_test"])
    for split in ("train", "test"):
        x, y = arrays[f"x_{split}"], arrays[f"y_{split}"]
        require(len(x) == len(y), f"y_{split}: {len(y)} targets for {len(x)} inputs")
    levels = None
    if (low, high) != (None, None):
        low, high = checks.pixel_range(low, high)
        _check_pixels(low, high, x_train=x_train, x_test=x_test)
        whole = arrays["x_train"].dtype.kind in "iu" and arrays["x_test"].dtype.kind in "iu"
        levels = round(high - low) + 1 if whole else None
    return Dataset(name, "in memory", x_train, y_train, x_test, y_test, classes, low, high, levels, class_names=names)


def _read(path):
    require(path.is_file(), f"path: no file '{path}'")
    with opened("path", path) as archive:
        missing = [name for name in NAMES if name not in archive]
        require(not missing, f"path: '{path}' lacks {', '.join(missing)}; it needs {', '.join(NAMES)}")
        return {name: member(archive, name) for name in NAMES}


@contextlib.contextmanager
def opened(field, path):
    """The npz file at a path, to read from. Raises InvalidInput for one that turns out damaged on the way."""
    try:
        # opened here: of a damaged file numpy would leave its own open
        with path.open("rb") as file, np.load(file) as archive:
            yield archive
    except InvalidInput:
        raise
    except (
        OSError,
        EOFError,
        ValueError,
        TypeError,
        AttributeError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        reason = str(error).split("\n")[0]
        raise InvalidInput(f"{field}: '{path}' is no whole npz of plain arrays ({reason})") from None


def member(archive, name):
    """One array of an npz file. Raises InvalidInput where it holds Python objects."""
    try:
        return archive[name]
    except ValueError as error:
        pickled = "allow_pickle" in str(error)  # strings of a table's column, as pandas gives them, mostly
        require(not pickled, f"{name}: holds Python objects; save {name}.astype(str) for names, or .astype(float)")
        raise


def _inputs(name, x):
    require(x.dtype.kind in "fiub", f"{name}: dtype {x.dtype}; inputs are real numbers")
    require(x.ndim in (2, 4) and x.size > 0, f"{name}: shape {x.shape}; give [N, D] or, for images, [N, H, W, C]")
    return narrowed(name, x)


def _check_pixels(low, high, **inputs):
    for name, x in inputs.items():
        require(
            low <= x.min() and x.max() <= high,
            f"{name}: values from {x.min():g} to {x.max():g} leave low, high = {low:g}, {high:g}",
        )
