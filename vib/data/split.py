"""Held-out splits: of exact size, fixed by the seed, and of labels with every class in its share."""

import numpy as np

from vib.errors import require


def stratified(labels, test_fraction, seed):
    """Returns sorted indices (train, test) of labels [N]; round(test_fraction * N) of them are test.

    Every class gives its share to within one example. Raises InvalidInput where either side would be empty.
    """
    size = _size(len(labels), test_fraction)
    order = np.random.default_rng(seed).permutation(len(labels))
    # Walking through the classes at an equal relative pace takes from each its share of any total.
    place = np.empty(len(labels))
    for label in np.unique(labels):
        of_class = order[labels[order] == label]
        place[of_class] = (np.arange(len(of_class)) + 0.5) / len(of_class)
    taken = order[np.argsort(place[order], kind="stable")]
    return np.sort(taken[size:]), np.sort(taken[:size])


def at_random(count, test_fraction, seed):
    """The same of `count` examples without regard to classes."""
    size = _size(count, test_fraction)
    order = np.random.default_rng(seed).permutation(count)
    return np.sort(order[size:]), np.sort(order[:size])


def _size(count, test_fraction):
    size = round(test_fraction * count)
    require(
        0 < size < count,
        f"test_fraction: {test_fraction} leaves {size} of {count} examples for the test; train and test both need some",
    )
    return size
