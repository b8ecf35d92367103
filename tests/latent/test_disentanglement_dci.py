"""DCI's entropies in closed form, and what a forest makes of codes of known use."""

import numpy as np
import pytest

from vib.latent.disentanglement import dci
from vib.latent.disentanglement.dci import _concentration


@pytest.mark.parametrize(
    ("importance", "expected"),
    [
        (np.eye(3), 1),
        (np.ones((2, 4)), 0),
        (np.zeros((2, 3)), 0),
        ([[1, 1, 0, 0]], 0.5),  # 1 - log 2 / log 4
        ([[3, 0], [1, 1], [0, 0]], 3 / 5),  # a row of no weight has no say
    ],
)
def test_concentration_of_known_rows(importance, expected):
    np.testing.assert_allclose(_concentration(np.array(importance, float)), expected, atol=1e-12)


def test_bases_are_the_factors_and_the_codes():
    """4 codes, 2 factors, each known to 2 codes alike: every code serves one factor, every factor takes two codes."""
    random = np.random.default_rng(0)
    factors = random.integers(0, 4, (800, 2))
    found = dci(factors[:, [0, 0, 1, 1]] + 0.0, factors)
    np.testing.assert_allclose(found.importance.sum(0), 1, rtol=1e-6)
    assert found.disentanglement > 0.99
    np.testing.assert_allclose(found.completeness, 1 - np.log(2) / np.log(4), atol=0.05)
    assert found.informativeness == found.accuracy.mean() > 0.99


def test_codes_of_noise_change_little():
    random = np.random.default_rng(0)
    factors = random.integers(0, 6, (1500, 3))
    z = np.hstack([factors + 0.2 * random.normal(size=factors.shape), random.normal(size=(1500, 5))])
    found = dci(z, factors)
    assert min(found.disentanglement, found.completeness) > 0.9
    assert found.importance[3:].sum(0).max() < 0.05


def test_accuracy_is_held_out():
    """Labels that nothing predicts: a forest that is scored on what it has seen would pass."""
    random = np.random.default_rng(0)
    found = dci(random.normal(size=(400, 3)), random.integers(0, 4, (400, 2)))
    assert (found.accuracy < 0.25 + 3 * (0.25 * 0.75 / 100) ** 0.5).all()
