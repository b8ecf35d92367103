"""What frozen representations tell: simple predictors trained on some of them and scored on others.

A representation is any matrix x [N, width]: codes, pixels, principal components. Give codes and the others the same
examples, and `principal` the width of the codes, so that they can be compared.
"""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped
from threadpoolctl import threadpool_limits  # comes with scikit-learn

from vib.errors import require
from vib.information.checks import centred, samples
from vib.typing import ArrayLike, Integer

C, ITERATIONS = 1.0, 500  # of the logistic regression
PENALTY = 1.0  # of the ridge regression
NEIGHBOURS = 5
THREADS = 1  # those that wait for each other made small fits 80 times slower on a busy machine


def linear_accuracy(
    x_train: ArrayLike["N width"], y_train: ArrayLike[" N"], x_test: ArrayLike["M width"], y_test: ArrayLike[" M"]
) -> float:
    """Accuracy of a multinomial logistic regression on standardised features: float in [0, 1].

    x_train [N, width], y_train [N], x_test [M, width], y_test [M]; labels are whole numbers, booleans or texts.
    scikit-learn's LogisticRegression with C = 1 and at most 500 iterations of L-BFGS; where it stops early, that is
    part of the probe.
    Raises InvalidInput for other shapes, NaN, a single class, or test labels that no training example has.
    """
    x_train, y_train, x_test, y_test = _labelled(x_train, y_train, x_test, y_test)
    return _score(_logistic(), x_train, y_train, x_test, y_test)


def neighbour_accuracy(
    x_train: ArrayLike["N width"],
    y_train: ArrayLike[" N"],
    x_test: ArrayLike["M width"],
    y_test: ArrayLike[" M"],
    k: Integer = NEIGHBOURS,
) -> float:
    """Accuracy of the majority of the k nearest training examples, Euclidean, features as they are: float in [0, 1].

    Shapes and errors as in `linear_accuracy`; raises InvalidInput also for k outside 1 .. N.
    """
    from sklearn.neighbors import KNeighborsClassifier  # slow to import

    x_train, y_train, x_test, y_test = _labelled(x_train, y_train, x_test, y_test)
    whole = isinstance(k, (int, np.integer)) and 1 <= k <= len(x_train)
    require(whole, f"k: {k} neighbours of {len(x_train)} training examples; give a whole number from 1 to that many")
    return _score(KNeighborsClassifier(k, algorithm="brute"), x_train, y_train, x_test, y_test)


def factor_regression(
    x_train: ArrayLike["N width"],
    factors_train: ArrayLike["N F"],
    x_test: ArrayLike["M width"],
    factors_test: ArrayLike["M F"],
) -> Float64[np.ndarray, " F"]:
    """R^2 of each ordered factor from a ridge regression on standardised features: float64 [F], at most 1.

    x_train [N, width], factors_train [N, F], x_test [M, width], factors_test [M, F]: values or indices, taken as
    numbers. scikit-learn's Ridge with alpha = 1; 0 is as good as the mean, and below 0 is worse than it. For a factor
    without an order give its column to `linear_accuracy`.
    Raises InvalidInput for other shapes, NaN, or a factor that does not vary among the test examples.
    """
    from sklearn.linear_model import Ridge
    from sklearn.metrics import r2_score

    x_train, x_test = _features(x_train, x_test)
    parts = (("factors_train", factors_train, x_train), ("factors_test", factors_test, x_test))
    y_train, y_test = (_numbers(field, y, len(x)) for field, y, x in parts)
    require(y_train.shape[1] == y_test.shape[1], f"factors_test: {y_test.shape[1]} columns for {y_train.shape[1]}")
    y_train, y_test = (np.asarray(y, np.float64) for y in centred(y_train, y_test))
    still = np.flatnonzero((y_test == y_test[0]).all(0))
    require(not still.size, f"factors_test: column {still[:1]} does not vary; leave it out, as R^2 is not defined")
    with threadpool_limits(THREADS):
        ridge = _standardised(Ridge(alpha=PENALTY)).fit(x_train.astype(float), y_train)  # pixels are nearly collinear
        guess = ridge.predict(x_test.astype(float))
    return r2_score(y_test, guess.reshape(y_test.shape), multioutput="raw_values")


def by_labels(
    probe: Callable,
    x_train: ArrayLike["N width"],
    y_train: ArrayLike["N ..."],
    x_test: Any,
    y_test: Any,
    sizes: ArrayLike["..."],
    repeats: Integer = 5,
    seed: Integer = 0,
) -> Shaped[np.ndarray, "{repeats} ..."]:
    """A probe's score for several numbers of training labels: float64 [repeat, size], or [repeat, size, F].

    probe: one of this module, or any function of the same four arrays. Each repeat draws one order of the training
    examples by `seed`, and trains on its first `size`: smaller sets are part of larger ones. With labels y_train [N]
    each set has at least one of every class and otherwise about the classes' shares (equal classes: to one example);
    of factors [N, F] it is a plain draw. Raises InvalidInput for sizes that are not there or fewer than the classes,
    and as the probe does.
    """
    x_train, y_train = np.asarray(x_train), np.asarray(y_train)
    require(len(x_train) == len(y_train) > 0, f"y_train: {len(y_train)} for {len(x_train)} examples; give one for each")
    least = len(np.unique(y_train)) if y_train.ndim == 1 else 2
    sizes = list(np.atleast_1d(sizes))
    require(len(sizes) > 0 and repeats >= 1, f"sizes: {sizes}, repeats: {repeats}; give at least one of each")
    for size in sizes:
        fine = isinstance(size, (int, np.integer)) and least <= size <= len(x_train)
        require(fine, f"sizes: {size} labels; give whole numbers from {least}, one for each class, to {len(x_train)}")
    orders = [_order(y_train, random) for random in np.random.default_rng(seed).spawn(repeats)]
    first = [[order[:size] for size in sizes] for order in orders]
    return np.array([[probe(x_train[i], y_train[i], x_test, y_test) for i in row] for row in first])


def principal(x_train: ArrayLike["N width"], dimensions: Integer) -> Callable:
    """transform(x [M, width]) -> [M, dimensions], the leading principal components of x_train [N, width], not whitened.

    scikit-learn's PCA (a randomised solver, of a fixed seed, where the matrix is large). Raises InvalidInput for other
    shapes, NaN, or dimensions outside 1 .. min(N, width).
    """
    from sklearn.decomposition import PCA

    x_train = samples("x_train", x_train)
    most = min(x_train.shape)
    whole = isinstance(dimensions, (int, np.integer)) and 1 <= dimensions <= most
    require(whole, f"dimensions: {dimensions} of {x_train.shape} features; give a whole number, 1 .. {most}")
    origin = x_train[:1]

    def moved(x):
        # whatever the place of the codes, their differences are exact
        zero, x = (np.asarray(part, np.float64) for part in centred(origin, x))
        return x - zero

    with threadpool_limits(THREADS):
        fitted = PCA(dimensions, random_state=0).fit(moved(x_train))

    def transform(x):
        x = samples("x", x, 1)
        width = x_train.shape[1]
        require(x.shape[1] == width, f"x: {x.shape[1]} features for {width} of x_train; give the same representation")
        return fitted.transform(moved(x))

    return transform


def _features(x_train, x_test):
    x_train, x_test = samples("x_train", x_train), samples("x_test", x_test, least=1)
    same = x_train.shape[1] == x_test.shape[1]
    require(same, f"x_test: {x_test.shape[1]} features for {x_train.shape[1]} of x_train; give the same representation")
    return tuple(np.asarray(x, np.result_type(x.dtype, np.float32)) for x in centred(x_train, x_test))


def _labelled(x_train, y_train, x_test, y_test):
    x_train, x_test = _features(x_train, x_test)
    y_train, y_test = np.asarray(y_train), np.asarray(y_test)
    for field, y, x in (("y_train", y_train, x_train), ("y_test", y_test, x_test)):
        require(y.shape == (len(x),), f"{field}: shape {y.shape}; give one label for each of the {len(x)} examples")
        require(y.dtype.kind in "iubUS", f"{field}: {y.dtype} values; give whole numbers or texts as labels")
    classes, strange = np.unique(y_train), np.setdiff1d(y_test, y_train)
    require(len(classes) > 1, f"y_train: class {classes[0]} alone; give examples of at least two classes")
    require(not strange.size, f"y_train: no example of class {strange[:1]} of y_test; give some of every class")
    return x_train, y_train, x_test, y_test


def _numbers(field, y, count):
    shape = np.shape(y)
    require(shape[:1] == (count,) and len(shape) == 2, f"{field}: shape {shape}; give [{count}, F], a row an example")
    return samples(field, y, 1)


def _standardised(model):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), model)


def _logistic():
    from sklearn.linear_model import LogisticRegression

    return _standardised(LogisticRegression(C=C, max_iter=ITERATIONS))


def _score(model, x_train, y_train, x_test, y_test):
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(), threadpool_limits(THREADS):
        warnings.simplefilter("ignore", ConvergenceWarning)
        return float(model.fit(x_train, y_train).score(x_test, y_test))


def _order(y, random):
    """The examples in an order whose every beginning is stratified: one of each class, then the classes' shares."""
    mixed = random.permutation(len(y))
    if y.ndim > 1:
        return mixed
    _, index, sizes = np.unique(y[mixed], return_inverse=True, return_counts=True)
    grouped = np.argsort(index, kind="stable")
    rank = np.empty(len(y))
    rank[grouped] = np.arange(len(y)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return mixed[np.argsort(rank / sizes[index], kind="stable")]
