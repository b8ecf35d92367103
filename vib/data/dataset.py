"""What every source of data returns."""

from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float

from vib.typing import ArrayLike, Integer


class Discrete(NamedTuple):
    """A joint table known exactly; row i belongs to the i-th input symbol."""

    p_xy: np.ndarray  # [X, Y] float64, sums to 1


class GaussianJoint(NamedTuple):
    """Zero-mean jointly Gaussian (X, Y): the first dim_x coordinates are X."""

    covariance: np.ndarray  # [dim_x + dim_y, dim_x + dim_y] float64
    dim_x: int


class Factors(NamedTuple):
    """What the images were made of."""

    names: tuple
    sizes: tuple  # values of each factor
    train: np.ndarray  # [N, factors] int32, which of its values
    test: np.ndarray
    unordered: tuple  # names of those whose values have no order, or go round in a circle


class Dataset(NamedTuple):
    """Train and test arrays in memory, and what is known of their distribution.

    Inputs are [N, H, W, C] for images, [N, D] otherwise; targets are labels [N], or [N, dim_y] for a
    regression. `exact` speaks of clean labels, as the test split has them: label noise is in y_train alone.
    """

    name: str
    version: str
    x_train: np.ndarray  # float32
    y_train: np.ndarray  # int32 labels, float32 for a regression
    x_test: np.ndarray
    y_test: np.ndarray
    classes: int | None  # None for a regression
    low: float | None = None  # the values that black and white were mapped to; None if x are no pixels
    high: float | None = None
    levels: int | None = None  # grey levels of a pixel; None if x are no pixels, or their levels are unknown
    exact: Discrete | GaussianJoint | None = None
    factors: Factors | None = None
    class_names: tuple | None = None  # of str; None for a regression and for labels that are only numbers
    made_of: str | None = None  # what a computed x is made from; None where x is the same everywhere, bit for bit


def class_name(dataset: Dataset, label: Integer) -> str:
    """What users know a class by: its name, or its number where it has none."""
    return str(label) if dataset.class_names is None else dataset.class_names[label]


def pixels(dataset: Dataset, x: ArrayLike["*shape"]) -> Float[Any, "*shape"]:
    """Maps inputs x of the dataset back to intensities in [0, 1]; same shape."""
    return (x - dataset.low) / (dataset.high - dataset.low)


def entropy_y(dataset: Dataset, split: str) -> float | None:
    """Entropy of the target in nats: of the labels of split 'train' or 'test', as counted.

    For a regression the differential entropy where the covariance is known, else None.
    """
    if dataset.classes is None:
        return joint_entropy_y(dataset.exact) if isinstance(dataset.exact, GaussianJoint) else None
    labels = {"train": dataset.y_train, "test": dataset.y_test}[split]
    p = np.bincount(labels, minlength=dataset.classes) / len(labels)
    return float(-np.sum(p * np.log(p, where=p > 0, out=np.zeros_like(p))))


def joint_entropy_y(exact: Discrete | GaussianJoint) -> float:
    """H(Y) of a joint, nats: of a Discrete one, or the differential entropy of a GaussianJoint."""
    if isinstance(exact, Discrete):
        p = exact.p_xy.sum(0)
        return float(-np.sum(p * np.log(p, where=p > 0, out=np.zeros_like(p))))
    y = exact.covariance[exact.dim_x :, exact.dim_x :]
    return float(np.linalg.slogdet(2 * np.pi * np.e * y)[1] / 2)
