"""The user's y: labels, named or numbered, or a regression."""

import numpy as np

from vib.data.narrow import narrowed
from vib.errors import require

KINDS = {"i": "labels", "u": "labels", "U": "names", "b": "names", "f": "real"}  # by the kind of dtype
SHOWN = 5  # classes in a message


def targets(train, test):
    """(y_train, y_test, classes, class_names) of y [N] or [N, dim_y] of both splits.

    Whole numbers are the labels 0, 1, 2, ..., without names, as many as the largest says; strings and bools are encoded
    as scikit-learn's LabelEncoder does, by their place among the sorted values of y_train. Both give int32 [N]. Real
    numbers are a regression: float32 [N, dim_y], and None twice. Raises InvalidInput for other kinds and shapes, more
    classes than examples, a label or name of y_test beyond those of y_train, one-hot rows, and whole floats [N], which
    may be labels: as [N, 1] they are a regression.
    """
    pair = {"y_train": train, "y_test": test}
    for name, y in pair.items():
        raw = y.dtype.kind == "S"
        require(not raw, f"{name}: byte strings, dtype {y.dtype}; decode them: np.char.decode({name}, 'utf-8')")
        require(y.size > 0 and y.ndim > 0, f"{name}: shape {y.shape}; give a target for each input")
    # targets of several numbers may be one-hot in a small split by chance
    one_hot = any(map(_one_hot, pair.values())) and all(y.ndim == 1 or _one_hot(y) for y in pair.values())
    require(not one_hot, f"y_train: shape {train.shape}, one-hot; give the labels: y_train.argmax(1), y_test.argmax(1)")
    kinds = {KINDS.get(y.dtype.kind) for y in pair.values()}
    require(
        len(kinds) == 1 and None not in kinds,
        f"y_train, y_test: dtypes {train.dtype}, {test.dtype}; give both as whole numbers, both as strings or both as "
        "bools (labels), or both as floats (regression)",
    )
    return _regression(pair) if kinds == {"real"} else _labels(pair, named=kinds == {"names"})


def _one_hot(y):
    several = y.ndim == 2 and y.shape[1] > 1 and y.dtype.kind in "iubf"
    return several and bool(((y == 0) | (y == 1)).all() and (y.sum(1) == 1).all())


def _labels(pair, named):
    for name, y in pair.items():
        real = "" if named else f", real targets [N, dim_y] are floats: {name}.astype(float)"
        require(y.ndim == 1, f"{name}: shape {y.shape}; labels have the shape [N]{real}")
    known = np.unique(pair["y_train"])
    require(len(known) > 1, f"y_train: only {_told(known)}; give at least two classes")
    if not named:
        # a class may be missing, as from a small sample
        numbered = known[0] >= 0 and known[-1] < len(pair["y_train"])
        wanted = "number the classes 0, 1, 2, ..., or name them: y.astype(str); targets are y.astype(float)[:, None]"
        require(numbered, f"y_train: labels {_told(known)}; {wanted}")
    classes = known if named else np.arange(int(known[-1]) + 1)
    strange = np.setdiff1d(pair["y_test"], classes)
    require(not len(strange), f"y_test: {_told(strange)} not in y_train, which has {_told(known)}")
    y_train, y_test = (np.searchsorted(classes, y).astype(np.int32) for y in pair.values())
    return y_train, y_test, len(classes), tuple(map(str, known)) if named else None


def _told(labels):
    """Sorted labels, the first and the last of many."""
    shown = [repr(label) for label in labels.tolist()]
    return ", ".join(shown if len(shown) <= SHOWN else [*shown[: SHOWN - 1], "...", shown[-1]])


def _regression(pair):
    for name, y in pair.items():
        require(y.ndim <= 2, f"{name}: shape {y.shape}; real targets are [N] or [N, dim_y]")
    whole = all(y.ndim == 1 and (y == np.round(y)).all() for y in pair.values())
    require(
        not whole,
        "y_train, y_test: whole numbers as floats; give labels as y.astype(int), real targets as y[:, None]",
    )
    y_train, y_test = (narrowed(name, y).reshape(len(y), -1) for name, y in pair.items())
    widths = y_train.shape[1], y_test.shape[1]
    require(widths[0] == widths[1], f"y_test: {widths[1]} numbers a target; y_train has {widths[0]}")
    return y_train, y_test, None, None
