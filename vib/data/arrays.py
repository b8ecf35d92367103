"""The user's own npz file: x_train, y_train, x_test, y_test."""

import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset
from vib.data.narrow import narrowed
from vib.data.targets import targets
from vib.errors import InvalidInput, require

NAMES = ("x_train", "y_train", "x_test", "y_test")


def load(*, path, low=None, high=None):
    """Inputs [N, D] or [N, H, W, C] as they are, in float32; y are labels or a regression, as targets.py tells them.

    With low and high the inputs are pixels, and must lie between them; whole-number pixels have
    high - low + 1 levels. The version is a digest of the file. Raises InvalidInput for a missing or damaged
    file and for any array that does not fit, inputs that float32 blurs among them (narrow.py).
    """
    arrays = _read(Path(path))
    x_train, x_test = (_inputs(name, arrays[name]) for name in ("x_train", "x_test"))
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
    version = hashlib.sha256(Path(path).read_bytes()).hexdigest()[:12]
    return Dataset("arrays", version, x_train, y_train, x_test, y_test, classes, low, high, levels, class_names=names)


def _read(path):
    require(path.is_file(), f"data.path: no file '{path}'")
    try:
        # opened here: of a damaged file numpy would leave its own open
        with path.open("rb") as file, np.load(file) as archive:
            missing = [name for name in NAMES if name not in archive]
            require(not missing, f"data.path: '{path}' lacks {', '.join(missing)}; it needs {', '.join(NAMES)}")
            return {name: _array(archive, name) for name in NAMES}
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
        raise InvalidInput(f"data.path: '{path}' is no whole npz of plain arrays ({reason})") from None


def _array(archive, name):
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
            f"{name}: values from {x.min():g} to {x.max():g} leave data.low, data.high = {low:g}, {high:g}",
        )
