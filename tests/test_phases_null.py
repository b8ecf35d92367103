"""The test of a drop: its null distribution against closed forms, the verdict, and how often it is wrong."""

import math

import numpy as np
import pytest
from scipy import integrate, stats
from test_phases import BIT, N, found, noisy, risen

from vib import phases


def test_a_path_that_never_falls_drops_no_more_than_a_flat_one():
    random = np.random.default_rng(2)
    noise = random.normal(size=(200, 30))
    path = np.cumsum(random.gamma(0.3, size=(200, 30)), -1)
    drop = (path + noise).max(-1) - (path + noise)[:, -1]
    assert (drop <= noise.max(-1) - noise[:, -1]).all() and (drop > 0).any()


@pytest.mark.parametrize("n", [2, 15, 100])
def test_null_drops_have_the_distribution_of_the_maximum(n):
    def moment(power):  # of the maximum of n standard normals
        return integrate.quad(lambda z: z**power * n * stats.norm.pdf(z) * stats.norm.cdf(z) ** (n - 1), -12, 12)[0]

    drops = phases.null_drops(np.full(n, 2.0))
    error = 2 * math.sqrt(moment(2) - moment(1) ** 2 + 1) / math.sqrt(phases.DRAWS)
    assert drops.shape == (phases.DRAWS,) and drops.min() == 0
    assert abs(drops.mean() - 2 * moment(1)) < 4 * error
    assert abs((drops == 0).mean() - 1 / n) < 4 * math.sqrt((1 - 1 / n) / n / phases.DRAWS)


def test_noise_is_none_on_a_straight_path_and_not_underrated_elsewhere():
    assert phases.noise_std(3 + 0.5 * np.arange(40.0)).max() == 0
    random = np.random.default_rng(0)
    profile = 10 ** np.linspace(0, 1, 60)
    for size in (np.ones(60), profile, profile[::-1]):
        traces = size * random.normal(size=(300, 60)) + np.arange(60)
        ratio = np.sqrt(np.mean([(phases.noise_std(trace) / size) ** 2 for trace in traces], 0))
        assert ratio.min() > 1 and ratio.max() < 3


def test_the_true_drop_lies_between_mean_excess_and_mean_drop():
    for true, std in ((0.0, 0.1), (0.3, 0.1), (3.0, 0.3)):
        p = found(noisy(risen(np.full(300, true)), std))
        assert p.compression_excess_mean < true < p.compression_mean
        assert p.compression_mean - p.compression_excess_mean < 6 * std


@pytest.mark.parametrize(
    ("p_value", "excess_low", "compression_high", "seeds", "expected"),
    [
        (0.01, 0.5, 2.0, 5, "compresses"),
        (0.06, 0.5, 2.0, 5, "cannot tell"),
        (0.01, 0.3, 2.0, 5, "cannot tell"),
        (0.01, 0.1, 0.3, 5, "does not"),
        (0.90, -1.0, 0.3, 5, "does not"),
        (0.90, -1.0, 0.4, 5, "cannot tell"),
        (0.01, np.nan, np.nan, 1, "cannot tell"),
        (np.nan, np.nan, 0.3, 5, "cannot tell"),
        (np.nan, np.nan, np.nan, 0, ""),
    ],
)
def test_verdict_rules(p_value, excess_low, compression_high, seeds, expected):
    assert phases.verdict(p_value, excess_low, compression_high, 0.4, seeds) == expected


def test_the_margin_is_a_share_of_the_peak_and_at_least_a_twentieth_of_a_bit():
    assert found(risen([0.3, 0.3])).verdict == "does not"  # of 8 nats
    assert found(risen([0.3, 0.3], peak=1.0)).verdict == "compresses"
    assert found(risen([0.03, 0.03], peak=0.1)).verdict == "does not"
    np.testing.assert_allclose(found(risen([0.03, 0.03], peak=0.1)).compression_margin, 0.05 * BIT)


def upper_limit(rate, trials):
    """Of the 95 % Clopper-Pearson interval, one-sided."""
    return stats.beta.ppf(0.95, round(rate * trials) + 1, trials - round(rate * trials))


@pytest.mark.parametrize(("n", "seeds"), [(15, 1), (15, 5), (30, 1), (30, 20), (100, 1), (100, 5)])
def test_false_alarms_stay_below_five_percent(n, seeds):
    """With 95 % confidence, on flat and rising paths, with even noise and noise that grows or fades tenfold."""
    trials, k = 1000 if seeds == 1 else 120, np.arange(n)
    growing = 10 ** (k / (n - 1) - 1)
    for path, noise in ((0 * k, 0.1), (0.01 * k, 0.1), (0 * k, growing), (0 * k, growing[::-1])):
        rates = phases.operating_characteristics(8 + path, noise, seeds, trials)
        assert upper_limit(rates["p_value"], trials) < 0.05
        assert rates["compresses"] == 0


def test_planted_drops_are_found_and_small_ones_never_called_large():
    rates = {drop: phases.operating_characteristics(risen(drop)[0], 0.1, 10, 60) for drop in (0.0, 0.4, 0.8, 2.0)}
    assert rates[0.0]["does not"] > 0.9 and rates[0.0]["p_value"] == 0
    assert rates[0.4]["p_value"] > 0.8  # at the margin: seen, but no verdict on its size
    assert rates[0.4]["compresses"] == 0 and rates[0.4]["does not"] <= 0.05
    assert rates[0.8]["compresses"] > 0.8 and rates[2.0]["compresses"] == 1
    assert all(math.isclose(sum(r[v] for v in ("compresses", "does not", "cannot tell")), 1) for r in rates.values())


def test_drops_that_differ_between_seeds_need_more_seeds():
    random, rates = np.random.default_rng(0), {}
    for seeds in (3, 20):
        drops = random.normal(2, 1, size=(seeds * 50, 1)).clip(0)
        rates[seeds] = phases.operating_characteristics(risen(drops).reshape(seeds, 50, N), 0.1, seeds, 50)
    assert rates[3]["compresses"] < 0.5 < 0.95 < rates[20]["compresses"]
    assert rates[3]["does not"] == rates[20]["does not"] == 0
