"""FactorVAE and beta-VAE scores: guess which factor a group of examples has in common.

Both are defined with a simulator that draws examples with one factor held fixed. Here groups are drawn from the given
examples: a factor, one of its values as often as it occurs, examples that have it, each as likely and with
repetition. Where factors are independent in the data that is the distribution wanted; where they are not, other
factors are held too, and the scores mean less.
"""

import numbers
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from threadpoolctl import threadpool_limits  # comes with scikit-learn

from vib.errors import require
from vib.information.checks import held
from vib.latent.disentanglement.checks import checked, ranks
from vib.typing import ArrayLike, Integer

TRAIN, TEST = 10_000, 5_000  # groups
SIZE = 64  # examples, or pairs, in a group
COLLAPSED = 0.05  # standard deviation; a prior's is 1
CHUNK = 256  # groups at a time


class FactorVae(NamedTuple):
    """The FactorVAE score, from chance, about 1 / F, to 1."""

    score: float  # accuracy on held-out groups
    votes: np.ndarray  # int [latent, F] how often each dimension varied least when each factor was fixed
    active: np.ndarray  # bool [latent] which dimensions were not collapsed


class BetaVae(NamedTuple):
    """The beta-VAE score, from chance, about 1 / F, to 1."""

    score: float  # accuracy on held-out groups
    accuracy: np.ndarray  # [F] for groups of each factor


def factor_vae_score(
    z: ArrayLike["N latent"], factors: ArrayLike["N F"], seed: Integer = 0, size: Integer = SIZE
) -> FactorVae:
    """How often the code that varies least tells which factor is fixed: FactorVae.

    z [N, latent]; int factors [N, F], F >= 2. Kim & Mnih 2018, section 4: in a group of `size` examples with one factor
    fixed, the code of the least variance, over its variance in all examples, votes; each code stands for the factor
    that it votes for most in 10,000 groups, and 5,000 others are scored. Collapsed codes, of standard deviation below
    0.05 (disentanglement_lib's setting, in units of a standard normal prior), have no vote; all collapsed: chance.
    Raises InvalidInput as `checked`, for a single factor, or where some value has fewer than `size` examples.
    """
    z, factors = checked(z, factors, kinds=2)
    z = held("z", z)
    index, values = ranks(factors)
    whole = isinstance(size, numbers.Integral) and size > 1
    require(whole, f"size: {size}; give a whole number of examples in a group, at least 2")
    _enough(index, size, f"or size <= {min(np.bincount(column).min() for column in index.T)}")
    random = np.random.default_rng(seed)
    fixed, first = random.integers(len(values), size=TRAIN + TEST), random.integers(len(z), size=(TRAIN + TEST, 1))
    members = _sharing(index, fixed, np.broadcast_to(first, (len(fixed), size)), random)
    std = np.asarray(z).std(0)
    active = std >= COLLAPSED
    voter = np.asarray(_least(z / np.where(active, std, 1), members, active))
    votes = np.zeros((z.shape[1], len(values)), int)
    np.add.at(votes, (voter[:TRAIN], fixed[:TRAIN]), 1)
    score = (votes.argmax(1)[voter[TRAIN:]] == fixed[TRAIN:]).mean()
    return FactorVae(float(score), votes, active)


def beta_vae_score(
    z: ArrayLike["N latent"], factors: ArrayLike["N F"], seed: Integer = 0, size: Integer = SIZE
) -> BetaVae:
    """How often a linear classifier tells from mean differences which factor pairs have in common: BetaVae.

    z [N, latent]; int factors [N, F], F >= 2. Higgins et al. 2017, section 3: a group is `size` pairs, each alike in
    the group's factor; its features are the means of |z_1 - z_2|. The classifier is pinned: scikit-learn's
    LogisticRegression (C = 1) on standardised features of 10,000 groups, scored on 5,000 others. It forgives rotations
    in part, and is 1 already where all factors but one are disentangled (Kim & Mnih 2018, section 4).
    Raises InvalidInput as `checked`, for a single factor, or where some value has only one example.
    """
    z, factors = checked(z, factors, kinds=2)
    z = held("z", z)
    index, values = ranks(factors)
    whole = isinstance(size, numbers.Integral) and size > 0
    require(whole, f"size: {size}; give a whole number of pairs in a group, at least 1")
    _enough(index, 2, "or leave out its examples")
    random = np.random.default_rng(seed)
    fixed, first = random.integers(len(values), size=TRAIN + TEST), random.integers(len(z), size=(TRAIN + TEST, size))
    features = np.asarray(_differences(z, first, _sharing(index, fixed, first, random)))
    right = _guesses(features[:TRAIN], fixed[:TRAIN], features[TRAIN:]) == fixed[TRAIN:]
    return BetaVae(float(right.mean()), np.array([right[fixed[TRAIN:] == k].mean() for k in range(len(values))]))


def _enough(index, least, otherwise):
    for k, column in enumerate(index.T):
        few = np.bincount(column).min()
        require(few >= least, f"factors: column {k} has a value of {few} examples; give at least {least}, {otherwise}")


def _sharing(index, fixed, first, random):
    """For each of `first` [groups, size] another example with the same value of its group's factor `fixed` [groups]."""
    other = np.empty(first.shape, np.int32)
    for k, column in enumerate(index.T):
        order, sizes = np.argsort(column, kind="stable"), np.bincount(column)
        starts, place = np.cumsum(sizes) - sizes, np.argsort(order)
        example = first[fixed == k]
        start, number = starts[column[example]], sizes[column[example]]
        # some steps ahead among those of the value, round the end: never the example itself
        other[fixed == k] = order[start + (place[example] - start + random.integers(1, number)) % number]
    return other


@jax.jit
def _least(z, members, active):
    def vote(group):
        return jnp.where(active, z[group].var(0), jnp.inf).argmin()

    return jax.lax.map(vote, members, batch_size=CHUNK)


@jax.jit
def _differences(z, first, second):
    return jax.lax.map(lambda pair: jnp.abs(z[pair[0]] - z[pair[1]]).mean(0), (first, second), batch_size=CHUNK)


def _guesses(x_train, y_train, x_test):
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, max_iter=1000))
    with threadpool_limits(1):  # threads that wait for each other made this 80 times slower on a busy machine
        return model.fit(x_train, y_train).predict(x_test)
