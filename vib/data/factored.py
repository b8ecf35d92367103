"""dSprites and Shapes3D of tensorflow-datasets: images with known factors, some of them drawn by a seed.

`make data DATASET=shapes3d` holds all of its pixels in memory, 6 GB; loading holds those that are drawn.
"""

from pathlib import Path

import numpy as np

from vib.data import checks, images
from vib.data.dataset import Dataset, Factors
from vib.errors import choose, require
from vib.typing import Integer, Real

# The features 'label_<factor>', in the order of the publications: that of the grid on which the images lie
FACTORS = {
    "dsprites": ("shape", "scale", "orientation", "x_position", "y_position"),
    "shapes3d": ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"),
}
# without an order, or round a full circle: the hues, and the orientation of dSprites (that of Shapes3D is a range)
UNORDERED = {
    "dsprites": ("shape", "orientation"),
    "shapes3d": ("shape", "floor_hue", "wall_hue", "object_hue"),
}


def load(
    name: str,
    *,
    samples_train: Integer = 10_000,
    samples_test: Integer = 2_000,
    seed: Integer = 0,
    dir: str | Path | None = None,
    low: Real = -1.0,
    high: Real = 1.0,
) -> Dataset:
    """Images [N, 64, 64, 1 or 3] in [low, high], drawn without replacement from all of the prepared set `name`.

    Its base name is one of FACTORS; labels are the shapes, and `factors` holds every factor in that order. Images whose
    largest value is 1, as those of dSprites, have 2 levels, others 256. No other image is read, and those drawn are
    cached like the sets of images.py, by counts and seed. Raises InvalidInput.
    """
    low, high = checks.pixel_range(low, high)
    counts = [checks.whole(f"samples_{split}", n, 1) for split, n in (("train", samples_train), ("test", samples_test))]
    base = images.base_name(name)
    names = choose("data.name", base, FACTORS)
    builder = images.prepared_builder(name, dir)
    sizes = _sizes(builder.info, names)
    what = "-".join(map(str, (*counts, seed))) + "-"
    arrays = images.kept(builder, lambda: _drawn(builder, names, sum(counts), seed), what)
    factors = arrays["factors"]
    for column, factor, size in zip(factors.T, names, sizes, strict=True):
        images.checked(column, f"label_{factor}", size)
    levels = 2 if arrays["x"].max() <= 1 else 256
    x, y = checks.scale(arrays["x"], levels, low, high), factors[:, names.index("shape")]
    train, test = slice(counts[0]), slice(counts[0], None)
    known = Factors(names, sizes, factors[train], factors[test], UNORDERED[base])
    version, classes = str(builder.info.version), sizes[names.index("shape")]
    return Dataset(
        builder.info.name, version, x[train], y[train], x[test], y[test], classes, low, high, levels, factors=known
    )


def _sizes(info, names):
    """How many values each factor has."""
    import tensorflow_datasets as tfds

    features, wanted = dict(info.features.items()), [f"label_{name}" for name in names]
    labels = [features.get(label) for label in wanted]
    known = all(isinstance(label, tfds.features.ClassLabel) for label in labels)
    known = known and isinstance(features.get("image"), tfds.features.Image)
    require(known, f"data.name: '{info.name}' holds {', '.join(features)}; want image, {', '.join(wanted)}")
    images.check_image(info, "image")
    return tuple(label.num_classes for label in labels)


def _drawn(builder, names, count, seed):
    """`count` examples of split 'train': {'x': uint8 [count, H, W, C], 'factors': int32 [count, names]}."""
    require("train" in builder.info.splits, f"data.name: '{builder.info.name}' has no split 'train'")
    whole = builder.info.splits["train"].num_examples
    require(
        count <= whole,
        f"samples_train: {count} images with those of samples_test, of {whole} that '{builder.info.name}' "
        "holds; ask for fewer",
    )
    rows = np.random.default_rng(seed).choice(whole, count, replace=False, shuffle=True).tolist()
    labels = tuple(f"label_{name}" for name in names)
    x, factors = images.decoded(builder.as_data_source(split="train"), rows, "image", labels)
    return {"x": x, "factors": factors}
