"""Data by name: arrays in memory, and the joint distribution where it is known."""

import contextlib
import difflib
import functools
import inspect
import re

from vib.data import arrays, checks, digits, discrete, factored, gaussian, images, sprites, szt
from vib.data.arrays import from_arrays
from vib.data.corrupt import class_of, corrupt
from vib.data.dataset import (
    Dataset,
    Discrete,
    Factors,
    GaussianJoint,
    class_name,
    entropy_y,
    joint_entropy_y,
    pixels,
)
from vib.data.identity import check, contents, digest, identity, same
from vib.errors import InvalidInput, choose, require

__all__ = [
    "SOURCES", "Dataset", "Discrete", "Factors", "GaussianJoint", "check", "class_name", "class_of", "contents",
    "digest", "entropy_y", "from_arrays", "identity", "joint_entropy_y", "load", "pixels", "same",
]  # fmt: skip

SOURCES = {
    "digits": digits.load,
    "sprites": sprites.load,
    "szt": szt.load,
    "gaussian": gaussian.load,
    "discrete": discrete.load,
    "arrays": arrays.load,
}
CORRUPTION = ("held_out", "train_size", "label_noise", "binarize", "seed")


def load(name: str, **options) -> Dataset:
    """Loads one of SOURCES, or an image set of tensorflow-datasets by its name, and returns a Dataset.

    Options are those of the source's `load`, and for every source held_out, train_size, label_noise, binarize
    and seed (see corrupt.py). Options that are None count as not given. `identity`, which the config of a run holds, is
    that of the data it was made with. Raises InvalidInput for an unknown name or option, for whatever the source finds
    wrong, and for data of another identity.
    """
    options = {key: value for key, value in options.items() if value is not None}
    recorded = options.pop("identity", None)
    options["seed"] = checks.whole("data.seed", options.get("seed", 0), 0)
    source = SOURCES.get(name) or _image_set(name, options.get("dir"))
    takes = inspect.signature(source).parameters
    for key in options:
        choose(f"data, option of '{name}'", key, dict.fromkeys((*takes, *CORRUPTION)))
    for key, parameter in takes.items():
        missing = parameter.default is parameter.empty and key not in options
        require(not missing, f"data.options.{key}: not given; '{name}' needs it")
    with _naming(takes):
        dataset = source(**{key: value for key, value in options.items() if key in takes})
    dataset = corrupt(dataset, **{key: value for key, value in options.items() if key in CORRUPTION})
    if recorded is not None:
        check(identity(dataset), recorded)
    return dataset


@contextlib.contextmanager
def _naming(takes):
    """Names the option of a source, which is told by its parameter, as the field of a config."""
    try:
        yield
    except InvalidInput as error:
        option = re.match(r"\w*", str(error))[0] in takes
        raise InvalidInput(f"data.options.{error}" if option else str(error)) from error


def _image_set(name, dir):
    """Returns the loader of a set of tensorflow-datasets; raises InvalidInput with the nearest known name."""
    dir = dir if dir is None else checks.path("data.options.dir", dir)
    base = images.base_name(str(name))
    prepared = images.prepared(dir)
    if base not in prepared and base not in (published := images.published()):
        near = difflib.get_close_matches(base, published)
        choose("data.name", name, dict.fromkeys([*SOURCES, *prepared, *near]))
    return functools.partial(factored.load if base in factored.FACTORS else images.load, name)
