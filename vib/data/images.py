"""Image-classification sets of tensorflow-datasets, prepared as array_record, read without TensorFlow."""

import hashlib
import os
import re
from pathlib import Path

import numpy as np

from vib.data import cache, checks
from vib.data.dataset import Dataset
from vib.errors import InvalidInput, require

CHUNK = 1000  # examples read at a time


def load(name, *, dir=None, low=-1.0, high=1.0):
    """Images [N, H, W, C] in [low, high] of the prepared set `name`, which may carry a config and a version.

    The test split is 'test', else 'validation', else the last fifth of 'train'. Pixels are decoded once and
    cached in the set's own folder, or in the user's cache where that is read-only. Nothing is downloaded:
    raises InvalidInput where the set is not prepared in `dir` (TFDS_DATA_DIR, else ~/tensorflow_datasets).
    """
    low, high = checks.pixel_range(low, high)
    builder = _prepared_builder(name, dir)
    image, label = _keys(builder.info)
    folder = Path(builder.data_path)
    arrays = cache.cached(
        _cache_name(builder.info, folder),
        (folder, cache.user_folder()),
        lambda: _decode(builder, image, label),
    )
    classes = builder.info.features[label].num_classes
    x_train, x_test = (checks.scale(arrays[f"x_{split}"], 256, low, high) for split in ("train", "test"))
    y_train, y_test = (_checked(arrays[f"y_{split}"], split, classes) for split in ("train", "test"))
    version = str(builder.info.version)
    return Dataset(builder.info.name, version, x_train, y_train, x_test, y_test, classes, low, high, 256)


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


def _prepared_builder(name, dir):
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
    feature = info.features[image]
    require(
        None not in feature.shape and feature.np_dtype == np.uint8,
        f"data.name: images of '{info.name}' are {feature.shape} {feature.np_dtype}; want one size, uint8",
    )
    return image, label


def _cache_name(info, folder):
    parts = (folder / file for file in ("dataset_info.json", "features.json"))
    digest = hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()[:12]
    return f"vib-{info.full_name.replace('/', '-')}-{digest}.npz"


def _decode(builder, image, label):
    splits = builder.info.splits
    if "test" in splits or "validation" in splits:
        train, test = "train", "test" if "test" in splits else "validation"
    else:
        train, test = "train[:80%]", "train[80%:]"
    require("train" in splits, f"data.name: '{builder.info.name}' has no split 'train'")
    shape = builder.info.features[image].shape
    x_train, y_train = _decode_split(builder.as_data_source(split=train), image, label, shape)
    x_test, y_test = _decode_split(builder.as_data_source(split=test), image, label, shape)
    return {"x_train": x_train, "y_train": y_train, "x_test": x_test, "y_test": y_test}


def _decode_split(source, image, label, shape):
    x, y = np.empty((len(source), *shape), np.uint8), np.empty(len(source), np.int32)
    for start in range(0, len(source), CHUNK):
        rows = range(start, min(start + CHUNK, len(source)))
        try:
            examples = source.__getitems__(rows)
        except Exception as error:
            info = source.dataset_info
            raise _damaged(info.full_name.split("/")[0], info.data_dir, error) from error
        x[rows.start : rows.stop] = [example[image] for example in examples]
        y[rows.start : rows.stop] = [example[label] for example in examples]
    return x, y


def _checked(labels, split, classes):
    require(
        len(labels) > 0 and labels.min() >= 0 and labels.max() < classes,
        f"data.name: labels of '{split}' leave 0 to {classes - 1}; is that split unlabelled?",
    )
    return labels
