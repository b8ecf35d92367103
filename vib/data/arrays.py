"""The user's own npz file: x_train, y_train, x_test, y_test."""

import hashlib
import zipfile
import zlib
from pathlib import Path

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset
from vib.errors import InvalidInput, require

NAMES = ("x_train", "y_train", "x_test", "y_test")


def load(*, path, low=None, high=None):
    """Inputs [N, D] or [N, H, W, C] as they are; whole-number y are labels, real y a regression [N, dim_y].

    With low and high the inputs are pixels, and must lie between them; whole-number pixels have
    high - low + 1 levels. The version is a digest of the file. Raises InvalidInput for a missing or damaged
    file and for any array that does not fit.
    """
    arrays = _read(Path(path))
    x_train, x_test = (_inputs(name, arrays[name]) for name in ("x_train", "x_test"))
    require(
        x_train.shape[1:] == x_test.shape[1:],
        f"x_test: shape {x_test.shape}; its examples must have the shape {x_train.shape[1:]} of x_train",
    )
    y_train, y_test, classes = _targets(arrays)
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
    return Dataset("arrays", version, x_train, y_train, x_test, y_test, classes, low, high, levels)


def _read(path):
    require(path.is_file(), f"data.path: no file '{path}'")
    try:
        # opened here: of a damaged file numpy would leave its own open
        with path.open("rb") as file, np.load(file) as archive:
            missing = [name for name in NAMES if name not in archive]
            require(not missing, f"data.path: '{path}' lacks {', '.join(missing)}; it needs {', '.join(NAMES)}")
            return {name: archive[name] for name in NAMES}
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


def _inputs(name, x):
    require(x.dtype.kind in "fiub", f"{name}: dtype {x.dtype}; inputs are real numbers")
    require(x.ndim in (2, 4) and x.size > 0, f"{name}: shape {x.shape}; give [N, D] or, for images, [N, H, W, C]")
    return _finite(name, x)


def _targets(arrays):
    """Returns (y_train, y_test, classes): int32 [N] labels, or float32 [N, dim_y] and None."""
    train, test = arrays["y_train"], arrays["y_test"]
    kinds = {"labels" if y.dtype.kind in "iub" else "real" if y.dtype.kind == "f" else "" for y in (train, test)}
    require(
        len(kinds) == 1 and "" not in kinds,
        f"y_train, y_test: dtypes {train.dtype}, {test.dtype}; both whole (labels) or both real (regression)",
    )
    return _labels(train, test) if kinds == {"labels"} else _regression(train, test)


def _labels(train, test):
    for name, y in (("y_train", train), ("y_test", test)):
        require(y.ndim == 1 and y.size > 0, f"{name}: shape {y.shape}; labels have the shape [N]")
        require(y.min() >= 0, f"{name}: label {y.min()} is out of range; labels start at 0")
    classes = int(train.max()) + 1
    require(
        2 <= classes <= len(train),
        f"y_train: largest label {train.max()} makes {classes} classes of {len(train)} examples; "
        "number the classes 0, 1, 2, ...",
    )
    require(
        test.max() < classes,
        f"y_test: label {test.max()} is out of range; y_train has the labels 0 to {classes - 1}",
    )
    return train.astype(np.int32), test.astype(np.int32), classes


def _regression(train, test):
    targets = []
    for name, y in (("y_train", train), ("y_test", test)):
        require(y.ndim in (1, 2) and y.size > 0, f"{name}: shape {y.shape}; real targets are [N] or [N, dim_y]")
        targets.append(_finite(name, y).reshape(len(y), -1))
    widths = [y.shape[1] for y in targets]
    require(widths[0] == widths[1], f"y_test: {widths[1]} numbers a target; y_train has {widths[0]}")
    return *targets, None


def _finite(name, array):
    with np.errstate(over="ignore"):
        array = array.astype(np.float32)
    bad = int((~np.isfinite(array)).sum())
    require(bad == 0, f"{name}: {bad} values are NaN or infinite in float32")
    return array


def _check_pixels(low, high, **inputs):
    for name, x in inputs.items():
        require(
            low <= x.min() and x.max() <= high,
            f"{name}: values from {x.min():g} to {x.max():g} leave data.low, data.high = {low:g}, {high:g}",
        )
