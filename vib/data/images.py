"""Image-classification sets of tensorflow-datasets, prepared as array_record, read without TensorFlow."""

import hashlib
import os
import re
from pathlib import Path

import numpy as np

from vib.data import cache, checks
from vib.data.dataset import Dataset
from vib.errors import InvalidInput, require
from vib.typing import Real

CHUNK = 1000  # examples read at a time


def load(name: str, *, dir: str | Path | None = None, low: Real = -1.0, high: Real = 1.0) -> Dataset:
    """Images [N, H, W, C] in [low, high] of the prepared set `name`, which may carry a config and a version.

    The test split is 'test', else 'validation', else the last fifth of 'train'. Pixels are decoded once and
    cached in the set's own folder, or in the user's cache where that is read-only. Nothing is downloaded:
    raises InvalidInput where the set is not prepared in `dir` (TFDS_DATA_DIR, else ~/tensorflow_datasets).
    """
    low, high = checks.pixel_range(low, high)
    builder = prepared_builder(name, dir)
    image, label = _keys(builder.info)
    arrays = kept(builder, lambda: _decode(builder, image, label))
    classes, names = builder.info.features[label].num_classes, tuple(builder.info.features[label].names)
    names = None if names == tuple(map(str, range(classes))) else names
    x_train, x_test = (checks.scale(arrays[f"x_{split}"], 256, low, high) for split in ("train", "test"))
    y_train, y_test = (checked(arrays[f"y_{split}"], split, classes) for split in ("train", "test"))
    version = str(builder.info.version)
    return Dataset(
        builder.info.name, version, x_train, y_train, x_test, y_test, classes, low, high, 256, class_names=names
    )


def folder(dir=None):
    """The folder of prepared sets."""
    return Path(dir or os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def prepared(dir=None):
    """Names of the sets that are prepared in the folder."""
    return sorted({path.relative_to(folder(dir)).parts[0] for path in folder(dir).glob("*/**/dataset_info.json")})


def published():
    """Names of all sets that tensorflow-datasets can prepare."""
    import tensorflow_datasets as tfds

    return tfds.list_builders(with_community_datasets=False)


def base_name(name):
    """'emnist/letters:3.1.0' -> 'emnist'."""
    return re.split("[/:]", name)[0]


def prepared_builder(name, dir=None):
    """The builder of a prepared set, from its files alone. Raises InvalidInput with the command that prepares it."""
    from tensorflow_datasets.core import read_only_builder, registered

    command = f"make data DATASET={name}"
    if dir and folder(dir) != folder():
        command = f"TFDS_DATA_DIR={dir} {command}"
    try:
        # From the files alone: tfds.builder would run the set's own code, which may download.
        builder = read_only_builder.builder_from_files(name, data_dir=str(folder(dir)))
    except (registered.DatasetNotFoundError, ValueError):
        builder = None
    except Exception as error:
        raise _damaged(name, folder(dir) / base_name(name), error) from error
    require(
        builder is not None and builder.is_prepared(),
        f"data.name: '{name}' is not prepared in '{folder(dir)}'; run: {command}",
    )
    form = builder.info.file_format.value
    require(
        form == "array_record",
        f"data.name: '{name}' is prepared as {form}, not array_record; move '{builder.data_path}' away and run: "
        + command,
    )
    return builder


def _damaged(name, place, error):
    reason = str(error).strip().split("\n")[0]
    return InvalidInput(
        f"data.name: '{name}' in '{place}' is damaged ({reason}); move it away and run: make data DATASET={name}"
    )


def _keys(info):
    """Returns the names of the features that hold the image and its label."""
    import tensorflow_datasets as tfds

    image, label = keys = info.supervised_keys if len(info.supervised_keys or ()) == 2 else ("image", "label")
    known = all(isinstance(key, str) and key in info.features for key in keys)
    require(
        known
        and isinstance(info.features[image], tfds.features.Image)
        and isinstance(info.features[label], tfds.features.ClassLabel),
        f"data.name: '{info.name}' is no image-classification set; it holds {', '.join(info.features)}",
    )
    check_image(info, image)
    return image, label


def check_image(info, image):
    """Raises InvalidInput unless the feature of that name is an image uint8 of one size."""
    feature = info.features[image]
    require(
        None not in feature.shape and feature.np_dtype == np.uint8,
        f"data.name: images of '{info.name}' are {feature.shape} {feature.np_dtype}; want one size, uint8",
    )


def kept(builder, make, what=""):
    """{name: array} of make(), kept in the set's folder or the user's; `what` tells it from others of the set."""
    folder = Path(builder.data_path)
    return cache.cached(_cache_name(builder.info, folder, what), (folder, cache.user_folder()), make)


def _cache_name(info, folder, what):
    parts = (folder / file for file in ("dataset_info.json", "features.json"))
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
    return f"vib-{info.full_name.replace('/', '-')}-{what}{digest}.npz"


def _decode(builder, image, label):
    splits = builder.info.splits
    if "test" in splits or "validation" in splits:
        train, test = "train", "test" if "test" in splits else "validation"
    else:
        train, test = "train[:80%]", "train[80%:]"
    require("train" in splits, f"data.name: '{builder.info.name}' has no split 'train'")
    found = {}
    for name, split in (("train", train), ("test", test)):
        source = builder.as_data_source(split=split)
        found[f"x_{name}"], labels = decoded(source, range(len(source)), image, (label,))
        found[f"y_{name}"] = labels[:, 0]
    return found


def decoded(source, rows, image, labels):
    """Images uint8 [N, H, W, C] and features `labels` int32 [N, labels] of the given rows of a source.

    Raises InvalidInput where the files are damaged.
    """
    shape = source.dataset_info.features[image].shape
    x, y = np.empty((len(rows), *shape), np.uint8), np.empty((len(rows), len(labels)), np.int32)
    for start in range(0, len(rows), CHUNK):
        part = slice(start, start + CHUNK)
        try:
            examples = source.__getitems__(rows[part])
        except Exception as error:
            info = source.dataset_info
            raise _damaged(info.full_name.split("/")[0], info.data_dir, error) from error
        x[part] = [example[image] for example in examples]
        y[part] = [[example[label] for label in labels] for example in examples]
    return x, y


def checked(labels, of, classes):
    """The labels. Raises InvalidInput for ones that leave 0 .. classes - 1."""
    require(
        len(labels) > 0 and labels.min() >= 0 and labels.max() < classes,
        f"data.name: labels of '{of}' leave 0 to {classes - 1}; are they hidden?",
    )
    return labels
