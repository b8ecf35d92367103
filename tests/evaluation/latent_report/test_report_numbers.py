"""The numbers of the latent report: errors against repeats, keys, and what they are called."""

import re
from types import SimpleNamespace

import jax
import numpy as np
from linear_gaussian import known, member

from vib.evaluation.latent_report import Member, standard
from vib.evaluation.latent_report.likelihood import Likelihood
from vib.evaluation.latent_report.standard import key_of
from vib.objectives import Batch

TRUTH = known()


def test_log_p_of_all_images_from_few_weighted_ones_is_the_closed_form():
    """Of an encoder too wide and shifted, over fresh images: as far off as it says, and less than those few alone."""
    evaluator = Likelihood(draws=200)
    model, expected = member(TRUTH, 0.3, 1.5), TRUTH.log_p(TRUTH.sample(100_000, 1)).mean()
    apart, said = [], []
    for seed in range(2, 62):
        x = TRUTH.sample(200, seed).astype(np.float32)
        looked_at = Member(model, SimpleNamespace(test=Batch(x, None, x)), None, None)
        found = evaluator.measure(looked_at, jax.random.key(seed))
        apart.append((found["log_likelihood"] - expected) / found["log_likelihood_error"])
        said.append(found["log_likelihood_error"])
    assert abs(np.mean(apart)) < 0.5 and 0.75 < np.std(apart) < 1.3
    assert np.mean(said) < 0.8 * TRUTH.log_p(x).std() / np.sqrt(evaluator.weighted)


def test_every_error_and_interval_names_its_quantity():
    variables = {name: about for each in standard() for name, about in each.variables.items()}
    found = [re.fullmatch("(.*)_(error|low|high)", name) for name in variables]
    for name, quantity in ((match[0], match[1]) for match in found if match):
        assert quantity in variables and f" of {quantity} over " in variables[name].long_name


def test_every_number_has_one_evaluator_and_every_evaluator_a_key_of_its_own():
    names = [name for each in standard() for name in each.variables]
    assert len(set(names)) == len(names)
    keys = [key_of(each.name, jax.random.key(3)) for each in standard()]
    assert len({np.asarray(jax.random.key_data(key)).tobytes() for key in keys}) == len(keys)
