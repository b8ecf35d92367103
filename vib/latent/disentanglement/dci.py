"""Disentanglement, completeness, informativeness, from what a forest of decision trees uses to predict each factor."""

from typing import NamedTuple

import numpy as np
from scipy.special import entr

from vib.errors import require
from vib.latent.disentanglement.checks import checked, ranks
from vib.typing import ArrayLike, Integer

TREES, HELD_OUT = 50, 0.25
LEAF = 0.005  # of the examples: smaller leaves are split on noise, and codes of no use gain importance


class Dci(NamedTuple):
    """The three scores, each from 0 to 1."""

    disentanglement: float  # mean over codes of 1 - H(factors the code serves), by the code's importance
    completeness: float  # mean over factors of 1 - H(codes that serve the factor)
    informativeness: float  # mean over factors of the held-out accuracy
    importance: np.ndarray  # [latent, F], each factor's sums to 1, or is 0 where no code is of use
    accuracy: np.ndarray  # [F] held out


def dci(z: ArrayLike["N latent"], factors: ArrayLike["N F"], seed: Integer = 0) -> Dci:
    """Which codes a forest uses for which factor, and how well it predicts: Dci.

    z [N, latent], latent >= 2; int factors [N, F], F >= 2, all taken as classes. Eastwood & Williams 2018, section 2:
    entropies to the base F over a code's factors (disentanglement) and to the base latent over a factor's codes
    (completeness). The predictor is pinned: for each factor scikit-learn's ExtraTreesClassifier of 50 trees, every
    code tried at every split (else codes of no use are taken for want of others), leaves of at least 0.5 % of the
    examples, so a factor of far more than 100 values is told coarsely; Gini importances. Informativeness is the
    accuracy on a quarter of the examples, drawn by `seed`: not freed of chance, and not the paper's error. Trees cut
    along codes, so rotated codes inform them somewhat less. Noise in a code lowers the first two as well, as does
    every other predictor: disentanglement_lib's gradient boosting gives other numbers. Constant codes: 0, 0, chance.
    Raises InvalidInput as `checked`, for a single dimension or factor, or fewer than 40 examples.
    """
    z, factors = checked(z, factors, dimensions=2, kinds=2)
    require(len(z) >= 40, f"z: {len(z)} examples; give at least 40, of which a quarter is held out")
    z, (index, _) = np.asarray(z), ranks(factors)
    order = np.random.default_rng(seed).permutation(len(z))
    test, train = np.split(order, [int(HELD_OUT * len(z))])
    pairs = [_forest(z[train], column[train], z[test], column[test], seed) for column in index.T]
    importance, accuracy = np.stack([pair[0] for pair in pairs], axis=1), np.array([pair[1] for pair in pairs])
    return Dci(_concentration(importance), _concentration(importance.T), float(accuracy.mean()), importance, accuracy)


def _forest(x_train, y_train, x_test, y_test, seed):
    from sklearn.ensemble import ExtraTreesClassifier  # slow to import

    forest = ExtraTreesClassifier(TREES, max_features=None, min_samples_leaf=LEAF, random_state=seed, n_jobs=1)
    forest.fit(x_train, y_train)
    return forest.feature_importances_, forest.score(x_test, y_test)


def _concentration(importance):
    """Mean over rows of 1 - entropy of a row's shares to the base of their number, rows weighted by their sums."""
    total = importance.sum(1, keepdims=True)
    shares = importance / np.where(total > 0, total, 1)
    one = 1 - entr(shares).sum(1) / np.log(importance.shape[1])
    return float((one * total[:, 0]).sum() / total.sum()) if total.any() else 0.0
