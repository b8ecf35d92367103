"""What the members of a run are looked at with: the same examples, outliers and baselines for all."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib import data
from vib.data import Dataset
from vib.errors import require
from vib.latent import probes
from vib.objectives import Batch
from vib.training.setup import examples as batch_of_split

COMPONENTS = 50  # of pixels, that the quality of samples is measured in
OUTLIERS = 500  # of each kind at most
LEAST = {"train": 50, "test": 10}  # examples: for maps and mixtures of codes, and for the quality of samples


class Examples(NamedTuple):
    """Examples of a run's data, evenly spaced."""

    dataset: Dataset
    train: Batch
    test: Batch
    factors: data.Factors | None  # of the same examples
    outliers: dict  # {name: Batch}
    pixels: tuple  # (train, test) [N, features]: the inputs themselves, those of images in [0, 1]
    project: Callable  # pixels [M, features] -> their principal components [M, at most COMPONENTS]

    @property
    def labelled(self):
        """Whether there are classes to tell apart."""
        return self.dataset.classes is not None and len(np.unique(self.train.y)) > 1

    @property
    def axes(self):
        """The axes that examples have labels for: {axis: labels}."""
        return {"factor": () if self.factors is None else self.factors.names, "outlier": tuple(self.outliers)}


def prepare(dataset, target, whole=None, held_out=None, binarize=False, train=5000, test=1000):
    """The Examples of a Dataset, with at most so many examples of each split. Raises InvalidInput.

    target: 'x' for members that decode to x, else 'y'. held_out: a class that was left out of training, and whole: the
    Dataset with it; binarize: whether the pixels were made binary.
    """
    rows = {"train": spaced(len(dataset.x_train), train), "test": spaced(len(dataset.x_test), test)}
    for split, least in LEAST.items():
        count = len(rows[split])
        require(count >= least, f"data: {count} {split} examples are too few to look into; give {least} or more")
    if dataset.classes is not None:
        known = set(dataset.y_train[rows["train"]].tolist())
        unknown = sorted(set(dataset.y_test[rows["test"]].tolist()) - known)
        names = ", ".join(data.class_name(dataset, label) for label in unknown[:1])
        few = f"data: no example of class {names} among the {len(rows['train'])} training examples looked at"
        require(not unknown, f"{few}; look at more of them (examples), or train without the class (data.held_out)")
    batches = {split: Batch(*(leaf[rows[split]] for leaf in batch_of_split(dataset, split, target))) for split in rows}
    factors = None if dataset.factors is None else varying(dataset.factors, rows)
    scale = partial(data.pixels, dataset) if dataset.low is not None else np.asarray
    pixels = tuple(scale(batches[split].x).reshape(len(rows[split]), -1) for split in rows)
    project = probes.principal(pixels[0], min(COMPONENTS, *pixels[0].shape))
    found = {} if held_out is None else of_held_out(whole, held_out)
    outliers = {name: batch_of(dataset, x, target) for name, x in (found | of_others(dataset, binarize)).items()}
    return Examples(dataset, batches["train"], batches["test"], factors, outliers, pixels, project)


def varying(factors, rows):
    """The Factors of the examples in rows {split: [N]}, those that vary among the training ones; None without any."""
    train, test = factors.train[rows["train"]], factors.test[rows["test"]]
    kept = np.flatnonzero(np.ptp(train, axis=0))
    names, sizes = (tuple(values[i] for i in kept) for values in (factors.names, factors.sizes))
    return factors._replace(names=names, sizes=sizes, train=train[:, kept], test=test[:, kept]) if len(kept) else None


def spaced(count, wanted):
    """At most `wanted` of `count` rows, evenly spaced."""
    return np.linspace(0, count - 1, min(count, wanted)).astype(int)


def of_held_out(whole, held_out):
    """Test inputs of a class that was left out of training: {name: x}."""
    held_out = data.class_of(whole, held_out)
    name, rows = data.class_name(whole, held_out), np.flatnonzero(whole.y_test == held_out)
    require(len(rows), f"data.held_out: no test example of class {name}; choose another")
    return {f"class {name}": whole.x_test[rows[spaced(len(rows), OUTLIERS)]]}


def of_others(dataset, binarize):
    """Images of another dataset, where this one is of images: {name: x}."""
    images = dataset.low is not None and dataset.x_test.ndim == 4 and dataset.x_test.shape[-1] in (1, 3)
    other = "sprites" if dataset.name == "digits" else "digits"
    return {other: of_other(other, dataset, binarize)} if images else {}


def of_other(name, dataset, binarize):
    """Test images of another dataset, brought to the size, channels, range and grey levels of this one."""
    height, width, channels = dataset.x_test.shape[1:]
    options = {"samples_train": 1, "samples_test": OUTLIERS, "size": 32, "grey": True} if name == "sprites" else {}
    other = data.load(name, low=dataset.low, high=dataset.high, **options)
    resize = partial(jax.image.resize, method="bilinear")
    x = resize(jnp.asarray(other.x_test[:OUTLIERS]), (min(OUTLIERS, len(other.x_test)), height, width, 1))
    x = np.repeat(np.asarray(x), channels, axis=-1)
    if dataset.levels is None:
        return x
    steps = data.pixels(dataset, x) * (dataset.levels - 1)
    # as the pixels of this one were made binary: a threshold would make cleaner images than draws
    steps = np.random.default_rng(0).random(x.shape) < steps if binarize else np.round(steps)
    return np.linspace(dataset.low, dataset.high, dataset.levels, dtype=np.float32)[steps.astype(int)]


def batch_of(dataset, x, target):
    """A Batch of inputs without labels; a target that would be a label is left at 0, which nobody reads."""
    y = np.zeros_like(dataset.y_test, shape=(len(x), *dataset.y_test.shape[1:]))
    return Batch(x, y, y if target == "y" else x if dataset.low is None else data.pixels(dataset, x))
