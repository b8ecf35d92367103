"""The groups that FactorVAE and beta-VAE scores draw, and what they make of them, against plain NumPy."""

import numpy as np

from vib.latent.disentanglement import beta_vae_score, factor_vae_score
from vib.latent.disentanglement.groups import _differences, _least, _sharing

SIZES = (300, 16)


def drawn(seed=0):
    random = np.random.default_rng(seed)
    index = np.stack([random.permutation(90) % values for values in (2, 9)], axis=1)
    fixed, first = random.integers(0, 2, SIZES[0]), random.integers(0, 90, SIZES)
    return index, fixed, first, _sharing(index, fixed, first, random)


def test_members_share_the_value_and_are_others():
    index, fixed, first, other = drawn()
    assert (index[first, fixed[:, None]] == index[other, fixed[:, None]]).all()
    assert (first != other).all()


def test_members_are_drawn_evenly():
    """10 examples share a value of the second factor: each of the 9 others comes as often (chi squared, 8 degrees)."""
    index = drawn()[0]
    first = np.full((1000, 9), 17)
    other = _sharing(index, np.ones(1000, int), first, np.random.default_rng(1))
    counts = np.bincount(other.ravel(), minlength=90)[(index[:, 1] == index[17, 1]) & (np.arange(90) != 17)]
    assert len(counts) == 9
    assert counts.sum() == 9000
    assert ((counts - 1000) ** 2 / 1000).sum() < 26.1  # one in a thousand


def test_votes_and_differences_are_those_of_numpy():
    _, _, first, other = drawn()
    z = np.float32(np.random.default_rng(2).normal(size=(90, 5)))
    active = np.array([True, True, False, True, True])
    expected = np.where(active, z[other].var(1), np.inf).argmin(1)
    np.testing.assert_array_equal(_least(z, other, active), expected)
    np.testing.assert_allclose(_differences(z, first, other), np.abs(z[first] - z[other]).mean(1), atol=1e-6)


def test_a_collapsed_code_has_no_vote():
    """It follows the first factor perfectly but hardly moves; alive, it would be as good as the first code."""
    random = np.random.default_rng(0)
    factors = random.integers(0, 4, (1000, 2))
    z = np.hstack([factors - 1.5, 0.01 * factors[:, :1], np.zeros((1000, 1))])
    found = factor_vae_score(z, factors, size=np.int64(64))
    assert found.score == 1
    assert found.active.tolist() == [True, True, False, False]
    assert found.votes[2:].sum() == 0
    assert found.votes.sum() == 10_000


def test_a_code_is_held_against_its_own_variance():
    """The first code is of little variance whatever is fixed, the second a thousand times wider."""
    random = np.random.default_rng(0)
    factors = random.integers(0, 5, (1000, 2))
    found = factor_vae_score((factors + 0.5 * random.normal(size=factors.shape)) * [0.1, 100], factors)
    assert found.score > 0.99


def test_scores_of_groups_of_one_pair():
    """With perfect codes a pair is alike in the fixed factor always, in the other one time in 8: half of those ties
    are guessed right."""
    random = np.random.default_rng(0)
    factors = random.integers(0, 8, (2000, 2))
    found = beta_vae_score(factors, factors, size=np.int64(1))
    assert abs(found.score - (1 - 1 / 16)) < 0.015
    np.testing.assert_allclose(found.accuracy.mean(), found.score, atol=0.01)
