"""ksg and ross on known distributions, continuous and discrete; where they stop short of the truth, they say so."""

from functools import partial

import numpy as np
import pytest
from scipy.special import digamma

from vib.information import FLAGS, flag, known, ksg, ross

FLOAT32 = 2e-5


def sampled(distribution, count, repeats=1):
    """`repeats` independent samples of a known distribution."""
    return [distribution.sample(np.random.default_rng(repeat), count) for repeat in range(repeats)]


def mean_of_six(estimator, distribution, count):
    """The mean of independent estimates, nats, and whether most of them are resolved."""
    found = [estimator(*arrays) for arrays in sampled(distribution, count, 6)]
    return np.mean([one.value for one in found]), np.mean([one.resolved for one in found]) > 0.5


KNOWN = [
    # the error of a mean of 6 repeats that is allowed, nats, at N = 512 and 2048: bias and three standard errors
    (known.gaussian(1, 0.0), 0.05, 0.02),
    (known.gaussian(1, 0.9), 0.07, 0.04),
    (known.gaussian(3, 0.8), 0.35, 0.2),
    (known.bent(known.gaussian(1, 0.9)), 0.2, 0.1),
    (known.uniform_noise(0.1), 0.12, 0.07),
    (known.student(1, 0.5, 3), 0.1, 0.04),
    (known.tanh_neuron(2, 0.2), 0.1, 0.04),
]


@pytest.mark.parametrize(("distribution", "few", "many"), KNOWN, ids=lambda value: getattr(value, "name", ""))
def test_ksg_comes_near_the_truth_as_samples_grow(distribution, few, many):
    for count, tolerance in ((512, few), (2048, many)):
        mean, resolved = mean_of_six(ksg, distribution, count)
        assert abs(mean - distribution.information) < tolerance, (count, mean)
    assert resolved


@pytest.mark.parametrize(
    ("distribution", "few", "many"),
    [
        (known.mixture([-1, 1], 0.5), 0.04, 0.02),
        (known.mixture([0, 1, 2, 3], 0.4), 0.06, 0.03),
        (known.mixture([0, 0, 0], 1.0), 0.03, 0.015),
        (known.unrelated(10, 2), 0.03, 0.015),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_ross_comes_near_the_truth_as_samples_grow(distribution, few, many):
    for count, tolerance in ((512, few), (2048, many)):
        mean, resolved = mean_of_six(partial(ross, classes=4), distribution, count)
        assert abs(mean - distribution.information) < tolerance, (count, mean)
    assert resolved


@pytest.mark.parametrize("dim", [1, 2, 4])
def test_ksg_stops_far_below_16_nats_and_says_so(dim):
    distribution = known.gaussian_of(dim, 16.0)
    for arrays in sampled(distribution, 512, 3):
        found = ksg(*arrays)
        np.testing.assert_allclose(found.ceiling, digamma(512) - digamma(4), rtol=1e-6)
        assert found.ceiling - 0.4 < found.value <= found.ceiling + FLOAT32 < 6
        code = flag(found.value, found.ceiling, found.kind, saturating=True, resolved=found.resolved)
        assert FLAGS[int(code)] == "unresolved"


@pytest.mark.parametrize(
    ("distribution", "lost"),
    [
        (known.gaussian(20, 0.9), 13),
        (known.gaussian(50, 0.2), 0.9),
        (known.gaussian(50, 0.0), 0),
        (known.padded(known.gaussian_of(1, 4), 1), 1.5),  # thinner than the balls that the noise allows
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_far_neighbours_resolve_nothing(distribution, lost):
    for arrays in sampled(distribution, 512, 3):
        found = ksg(*arrays)
        assert not found.resolved and found.value <= distribution.information - lost + 0.1


def test_only_dimensions_that_are_filled_count():
    """Turned into 50 dimensions two variables of one keep their distances but for the norm: value and flag stay."""
    mean, resolved = mean_of_six(ksg, known.embedded(known.gaussian(1, 0.9), 50), 512)
    assert resolved and abs(mean - known.gaussian(1, 0.9).information) < 0.07


def test_a_label_in_many_dimensions_is_resolved_where_its_classes_are_apart():
    near, apart = (known.padded(known.mixture([0, distance], 0.5), 50) for distance in (1, 50))
    ((t, y),), ((t_apart, y_apart),) = sampled(near, 512), sampled(apart, 512)
    assert not ross(t, y, classes=2).resolved
    assert ross(t_apart, y_apart, classes=2).resolved


def test_a_single_neighbour_resolves_nothing():
    t = np.random.default_rng(0).normal(size=(512, 1))
    assert not ross(t, np.arange(512) // 2, classes=256).resolved
    assert not ksg(t[:2], t[:2], 1).resolved


def test_ties_that_are_no_copies_read_too_much_and_are_not_resolved():
    """32 values of each of two variables that share nothing: half a sample in each cell; and every sample twice."""
    random = np.random.default_rng(0)
    x, y = random.integers(0, 2, (2, 512, 5))
    found = ksg(x, y)
    assert found.value > 1 and not found.resolved
    x, y = (np.repeat(part, 2, 0) for part in sampled(known.gaussian(1, 0.9), 256)[0])
    found = ksg(x, y)
    assert found.value > 1.2 and not found.resolved


def table_information(x, y):
    """Of the empirical table of two columns of whole numbers, nats."""
    joint = np.histogram2d(x, y, [np.arange(-9.5, 10), np.arange(-9.5, 10)])[0] / len(x)
    marginals = joint.sum(1, keepdims=True) * joint.sum(0, keepdims=True)
    return np.sum(joint[joint > 0] * np.log(joint[joint > 0] / marginals[joint > 0]))


def test_discrete_data_are_counted():
    """With many copies of each point; digamma(n) stands for log(n), a difference of 1 / (2 n) in each count."""
    ((x, y),) = sampled(known.gaussian(1, 0.9), 2048)
    x, y = x.round(), y.round()
    truth = table_information(x[:, 0], y[:, 0])
    for found in (ksg(x, y), ross(x, y[:, 0].astype(int) + 9)):
        np.testing.assert_allclose(found.value, truth, atol=0.02)
        assert found.resolved
