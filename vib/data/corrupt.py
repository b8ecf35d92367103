"""What may be done to any dataset before training, fixed by the seed."""

import numpy as np

from vib.data import checks
from vib.data.dataset import Dataset, class_name, pixels
from vib.errors import choose, require
from vib.typing import Integer


def corrupt(dataset, *, held_out=None, train_size=None, label_noise=0.0, binarize=False, seed=0):
    """Leaves out a class, takes a subset, adds label noise and binarises, in this order.

    Each has a stream of random numbers of its own.
    """
    if held_out is not None:
        held_out = class_of(dataset, held_out)
        dataset = without(dataset, held_out)
    if train_size is not None:
        dataset = subset(dataset, train_size, np.random.default_rng([seed, 1]))
    if checks.fraction("data.label_noise", label_noise):
        dataset = noisy_labels(dataset, label_noise, np.random.default_rng([seed, 2]), held_out)
    if checks.flag("data.binarize", binarize):
        dataset = binary_pixels(dataset, np.random.default_rng([seed, 3]))
    return dataset


def subset(dataset, train_size, rng):
    """Keeps train_size training examples in their order; of one seed, smaller subsets lie in larger ones."""
    train_size = checks.whole("data.train_size", train_size, 1)
    size = len(dataset.x_train)
    require(train_size <= size, f"data.train_size: {train_size} of '{dataset.name}', which has {size} examples")
    return only(dataset, train=np.sort(rng.permutation(size)[:train_size]))


def only(dataset, train=slice(None), test=slice(None)):
    """The dataset of some training and test examples."""
    factors = dataset.factors
    if factors is not None:
        factors = factors._replace(train=factors.train[train], test=factors.test[test])
    return dataset._replace(
        x_train=dataset.x_train[train], y_train=dataset.y_train[train],
        x_test=dataset.x_test[test], y_test=dataset.y_test[test], factors=factors,
    )  # fmt: skip


def class_of(dataset: Dataset, held_out: Integer | str) -> int:
    """The label of a class given by its name, or else as a number.

    Raises InvalidInput for what is neither, and for a number that is the name of one class and the place of another.
    """
    require(dataset.classes is not None, f"data.held_out: '{dataset.name}' is a regression and has no labels")
    named = {name: label for label, name in enumerate(dataset.class_names or ())}
    if named and isinstance(held_out, (str, bool)):
        return choose("data.held_out", str(held_out), named)
    if str(held_out) in named:
        label = named[str(held_out)]
        # where there is no class of that number it can only be meant as a name
        numbered = dataset.class_names[int(held_out)] if 0 <= held_out < dataset.classes else str(held_out)
        both = f"data.held_out: {held_out} is the name of class {label} and the number of class '{numbered}'"
        require(numbered == str(held_out), f"{both}; give a name, as a string: '{held_out}' or '{numbered}'")
        return label
    label = checks.whole("data.held_out", held_out, 0)
    require(
        label < dataset.classes,
        f"data.held_out: {label} is no class of '{dataset.name}'; give 0 to {dataset.classes - 1}",
    )
    return label


def without(dataset, label):
    """Leaves out the examples of one class in both splits, for an anomaly score to be tried on them.

    The exact joint distribution includes that class, so `exact` is left out too.
    """
    train, test = dataset.y_train != label, dataset.y_test != label
    left = f"leaves {train.sum()} training and {test.sum()} test examples of '{dataset.name}'"
    require(train.any() and test.any(), f"data.held_out: {class_name(dataset, label)} {left}; both need some")
    return only(dataset, train, test)._replace(exact=None)


def noisy_labels(dataset, fraction, rng, held_out=None):
    """Replaces round(fraction * N) training labels by uniform draws over all classes but one that is held out.

    A draw may hit the true label, so fraction * (1 - 1 / classes) of the labels are wrong on average: the
    convention of Zhang et al. 2017, arXiv:1611.03530.
    """
    require(dataset.classes is not None, f"data.label_noise: '{dataset.name}' is a regression and has no labels")
    labels = dataset.y_train.copy()
    hit = rng.permutation(len(labels))[: round(fraction * len(labels))]
    classes = np.flatnonzero(np.arange(dataset.classes) != held_out)
    labels[hit] = classes[rng.integers(len(classes), size=len(hit))]
    return dataset._replace(y_train=labels)


def binary_pixels(dataset, rng):
    """Replaces every pixel of intensity p by a Bernoulli(p) draw in both splits: `high` if 1, `low` if 0."""
    require(dataset.low is not None, f"data.binarize: the inputs of '{dataset.name}' are no pixels")

    def draw(x):
        white = rng.random(x.shape, dtype=np.float32) < pixels(dataset, x)
        return np.where(white, np.float32(dataset.high), np.float32(dataset.low))

    return dataset._replace(x_train=draw(dataset.x_train), x_test=draw(dataset.x_test), levels=2)
