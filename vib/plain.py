"""Values as plain ones of Python, which config.json can hold."""

import json
import os

import numpy as np

from vib.errors import require


def plain(value):
    """Arrays and scalars of NumPy, lists and paths, as tuples, numbers and strings of Python, also inside a dict."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    value = os.fspath(value) if isinstance(value, os.PathLike) else value
    return tuple(map(plain, value)) if isinstance(value, list | tuple | range) else value


def storable(field, options):
    """The plain options {name: value} of a field. Raises InvalidInput for one that config.json cannot hold."""
    for name, value in options.items():
        try:
            kept = plain(json.loads(json.dumps(value))) == value
        except (TypeError, ValueError):
            kept = False
        told = f"{field}.{name}: config.json cannot hold this {type(value).__name__}"
        require(kept, f"{told}; give numbers, strings, and lists or dicts of them by name")
    return options
