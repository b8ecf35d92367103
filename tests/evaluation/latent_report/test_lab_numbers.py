"""The lab's numbers: errors against repeats, and what they are called."""

import re
from types import SimpleNamespace

import jax
import numpy as np
from linear_gaussian import known, member

from vib.evaluation.latent_report import numbers, variables
from vib.objectives import Batch

TRUTH = known()


def test_log_p_of_all_images_from_few_weighted_ones_is_the_closed_form(monkeypatch):
    """Of an encoder too wide and shifted, over fresh images: as far off as it says, and less than those few alone."""
    monkeypatch.setitem(numbers.LIKELIHOOD, "draws", 200)
    model, expected = member(TRUTH, 0.3, 1.5), TRUTH.log_p(TRUTH.sample(100_000, 1)).mean()
    apart, said = [], []
    for seed in range(2, 62):
        x = TRUTH.sample(200, seed).astype(np.float32)
        room = SimpleNamespace(test=Batch(x, None, x))
        found = numbers.likelihood(model, room, jax.random.key(seed))
        apart.append((found["log_likelihood"] - expected) / found["log_likelihood_error"])
        said.append(found["log_likelihood_error"])
    assert abs(np.mean(apart)) < 0.5 and 0.75 < np.std(apart) < 1.3
    assert np.mean(said) < 0.8 * TRUTH.log_p(x).std() / np.sqrt(numbers.LIKELIHOOD["examples"])


def test_every_error_and_interval_names_its_quantity():
    found = [re.fullmatch("(.*)_(error|low|high)", name) for name in variables.NUMBERS]
    for name, quantity in ((match[0], match[1]) for match in found if match):
        assert quantity in variables.NUMBERS and f" of {quantity} over " in variables.NUMBERS[name][2]
