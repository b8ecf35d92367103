"""What may be done to any dataset before training, fixed by the seed."""

import numpy as np

from vib.data import checks
from vib.data.dataset import pixels
from vib.errors import require


def corrupt(dataset, *, train_size=None, label_noise=0.0, binarize=False, seed=0):
    """Subset, then label noise, then binarisation, each with its own stream of random numbers."""
    if train_size is not None:
        dataset = subset(dataset, train_size, np.random.default_rng([seed, 1]))
    if checks.fraction("label_noise", label_noise):
        dataset = noisy_labels(dataset, label_noise, np.random.default_rng([seed, 2]))
    if checks.flag("binarize", binarize):
        dataset = binary_pixels(dataset, np.random.default_rng([seed, 3]))
    return dataset


def subset(dataset, train_size, rng):
    """Keeps train_size training examples in their order; of one seed, smaller subsets lie in larger ones."""
    train_size = checks.whole("train_size", train_size, 1)
    size = len(dataset.x_train)
    require(train_size <= size, f"data.train_size: {train_size} of '{dataset.name}', which has {size} examples")
    kept = np.sort(rng.permutation(size)[:train_size])
    return dataset._replace(x_train=dataset.x_train[kept], y_train=dataset.y_train[kept])


def noisy_labels(dataset, fraction, rng):
    """Replaces round(fraction * N) training labels by uniform draws over all classes.

    A draw may hit the true label, so fraction * (1 - 1 / classes) of the labels are wrong on average: the
    convention of Zhang et al. 2017, arXiv:1611.03530.
    """
    require(dataset.classes is not None, f"data.label_noise: '{dataset.name}' is a regression and has no labels")
    labels = dataset.y_train.copy()
    hit = rng.permutation(len(labels))[: round(fraction * len(labels))]
    labels[hit] = rng.integers(dataset.classes, size=len(hit))
    return dataset._replace(y_train=labels)


def binary_pixels(dataset, rng):
    """Replaces every pixel of intensity p by a Bernoulli(p) draw in both splits: `high` if 1, `low` if 0."""
    require(dataset.low is not None, f"data.binarize: the inputs of '{dataset.name}' are no pixels")

    def draw(x):
        white = rng.random(x.shape, dtype=np.float32) < pixels(dataset, x)
        return np.where(white, np.float32(dataset.high), np.float32(dataset.low))

    return dataset._replace(x_train=draw(dataset.x_train), x_test=draw(dataset.x_test), levels=2)
