"""The test of a fall: what its excess is and is not moved by, the verdict, and how often it is wrong."""

import math

import numpy as np
import pytest
from scipy import stats
from test_phases import BIT, N, found, noisy, risen

from experiments.calibration import phases as calibration
from vib.evaluation import phases


def profile(kind, n):
    """Sizes of the noise along n steps: even, or growing or fading tenfold."""
    growing = 10 ** (np.arange(n) / (n - 1) - 1)
    return {"even": np.ones(n), "growing": growing, "fading": growing[::-1]}[kind]


def test_height_is_above_the_end_in_medians_of_three():
    line = phases.height(3 - 0.5 * np.arange(9.0))
    np.testing.assert_allclose(line, [np.nan, 3, 2.5, 2, 1.5, *[np.nan] * 4])  # the end is at the last step but one
    gaps = np.insert(3 - 0.5 * np.arange(9.0), [2, 5, 9], np.nan)
    np.testing.assert_array_equal(phases.height(gaps)[np.isfinite(gaps)], line)
    assert np.isnan(phases.height(gaps)[np.isnan(gaps)]).all()
    assert np.isnan(phases.height(np.arange(5.0))).all() and np.isfinite(phases.height(np.arange(6.0))).sum() == 1


def test_excess_is_read_where_the_others_peak():
    """Of three seeds: each has two places to be read at, and the median of two is their mean."""
    peaks, sizes = np.array([3, 6, 9]), np.array([1.0, 2.0, 4.0])
    traces = -sizes[:, None] * abs(np.arange(16) - peaks[:, None])
    places = peaks - 1  # a median of three is as high at the step before a peak, and the first of equals counts
    heights = [phases.height(trace) for trace in traces]
    expected = [np.mean(np.delete(height[places], i)) for i, height in enumerate(heights)]
    np.testing.assert_allclose(phases.excess(traces), expected, rtol=1e-12)
    with_lost = np.insert(traces, [1, 3], np.nan, axis=0)
    np.testing.assert_allclose(phases.excess(with_lost), [expected[0], np.nan, *expected[1:], np.nan], rtol=1e-12)


def test_how_steep_the_rise_and_how_high_a_seed_are_nothing_to_the_excess():
    noise = noisy(np.zeros((6, N)), 0.1)
    fall = 8 - np.linspace(0, 1, N).clip(0.4)
    slow, steep = (np.where(np.arange(N) < 20, rise, fall) for rise in (0.2 * np.arange(N), -50.0))
    excess = phases.excess(noise + slow)
    np.testing.assert_allclose(phases.excess(noise + steep), excess, rtol=1e-12)
    np.testing.assert_allclose(phases.excess(noise + slow + np.arange(6)[:, None]), excess, rtol=1e-12)


@pytest.mark.parametrize(("at", "by"), [(-1, -BIT), (-1, 2.0), (9, BIT)])
def test_one_odd_point_in_all_seeds_decides_nothing(at, by):
    """A last point that is a bit lower makes no fall, a higher one hides none, an early spike is no peak."""
    for drop in (0.0, 2.0):
        plain = noisy(8 - drop * (np.arange(N) > 30) + np.zeros((20, N)), 0.01)
        odd = plain.copy()
        odd[:, at] += by
        before, after = found(plain), found(odd)
        assert before.verdict == ("compresses" if drop else "does not")
        assert after.verdict in (before.verdict, "cannot tell")
        np.testing.assert_allclose(after.compression_excess_mean, before.compression_excess_mean, atol=0.02)


def test_the_true_drop_lies_between_mean_excess_and_mean_drop():
    for true, std in ((0.0, 0.1), (0.3, 0.1), (3.0, 0.3)):
        p = found(noisy(risen(np.full(300, true)), std))
        assert p.compression_excess_low < true < p.compression_mean
        assert p.compression_mean - p.compression_excess_mean < 6 * std


def test_p_is_that_of_student_if_all_seeds_fall_and_else_not_below_that_of_the_sign_test():
    random = np.random.default_rng(0)
    for n in (2, 5, 20):
        falling = random.gamma(2, size=n)
        np.testing.assert_allclose(phases.p_value(falling), stats.ttest_1samp(falling, 0, alternative="greater").pvalue)
        mixed = np.append(falling, [-0.1, math.nan, 0.0])
        student = stats.ttest_1samp(mixed, 0, alternative="greater", nan_policy="omit").pvalue
        sign = stats.binomtest(n, n + 2, alternative="greater").pvalue
        np.testing.assert_allclose(phases.p_value(mixed), max(student, sign))
    assert phases.p_value(np.ones(3)) == 0 and phases.p_value(np.zeros(3)) == phases.p_value(-np.ones(3)) == 1
    assert math.isnan(phases.p_value(np.array([1.0, math.nan])))


@pytest.mark.parametrize(
    ("p_value", "excess_low", "excess_high", "compression_high", "seeds", "expected"),
    [
        (0.01, 0.5, 1.9, 2.0, 5, "compresses"),
        (0.06, 0.5, 1.9, 2.0, 5, "cannot tell"),
        (0.01, 0.3, 1.9, 2.0, 5, "cannot tell"),
        (0.01, 0.1, 0.2, 0.3, 5, "does not"),
        (0.90, -1.0, 0.2, 0.3, 5, "does not"),
        (0.90, -1.0, 0.2, 0.4, 5, "cannot tell"),
        (0.01, 0.1, 0.4, 0.3, 5, "cannot tell"),
        (np.nan, np.nan, np.nan, np.nan, 1, "cannot tell"),
        (np.nan, np.nan, np.nan, 0.3, 5, "cannot tell"),
        (np.nan, np.nan, np.nan, np.nan, 0, ""),
    ],
)
def test_verdict_rules(p_value, excess_low, excess_high, compression_high, seeds, expected):
    assert phases.verdict(p_value, excess_low, excess_high, compression_high, 0.4, seeds) == expected


def test_the_margin_is_a_share_of_the_peak_and_at_least_a_twentieth_of_a_bit():
    assert found(risen([0.3, 0.3])).verdict == "does not"  # of 8 nats
    assert found(risen([0.3, 0.3], peak=1.0)).verdict == "compresses"
    assert found(risen([0.03, 0.03], peak=0.1)).verdict == "does not"
    np.testing.assert_allclose(found(risen([0.03, 0.03], peak=0.1)).compression_margin, 0.05 * BIT)


def upper_limit(rates, trials):
    """Of the 95 % Clopper-Pearson interval, one-sided, of the mean of rates of `trials` each."""
    count, trials = round(np.sum(rates) * trials), np.size(rates) * trials
    return stats.beta.ppf(0.95, count + 1, trials - count)


@pytest.mark.parametrize(
    ("course", "kind", "seeds", "p_value", "compresses"),
    [
        ("flat", "even", 5, 0.042, 0.018),
        ("flat", "even", 20, 0.022, 0.006),
        ("rising", "growing", 5, 0.038, 0.0),
        ("rising", "growing", 20, 0.019, 0.0),
        ("ceiling", "growing", 5, 0.028, 0.012),
        ("ceiling", "growing", 20, 0.016, 0.016),
        ("floor", "fading", 5, 0.071, 0.019),
        ("floor", "fading", 20, 0.015, 0.015),
    ],
)
def test_false_alarms_are_as_rare_as_documented(course, kind, seeds, p_value, compresses):
    """The rates are the largest of their rows in vib.phases; the upper limit of what is found is below twice as much.

    So a rate that has doubled fails with 95 %, while the trials are enough for a rate that has not to pass. Of
    'compresses', which is rarer, all autocorrelations count together; where it was never seen, the bound is 0.2 %.
    """
    n, trials = 100 if seeds == 5 else 15, 750
    rise = np.minimum(np.arange(n) / (0.4 * n), 1)
    path = {"rising": 12 * BIT * rise, "floor": 0 * rise}.get(course, BIT + 0 * rise)
    limits = {"ceiling": {"ceiling": BIT}, "floor": {"floor": 0.0}}.get(course, {})
    noise = 0.5 * BIT * profile(kind, n)
    rates = [calibration.characteristics(path, noise, seeds, trials, ar, **limits) for ar in (0.0, 0.5, 0.9)]
    assert all(upper_limit(rate["p_value"], trials) < 2 * p_value for rate in rates), rates
    assert upper_limit([rate["compresses"] for rate in rates], trials) < max(2 * compresses, 0.002), rates


def test_a_clean_fall_is_found_whatever_the_trend_before():
    """1 bit from 12 in 20 seeds, after a steep rise or none, and with noise that wanders."""
    for before in (0.0, 12.0):
        path = np.r_[np.full(10, before), np.full(5, 12.0), np.linspace(12, 11, 15)] * BIT
        for noise, autocorrelation in ((1e-6, 0.0), (0.1, 0.9)):
            rates = calibration.characteristics(path, noise * BIT, 20, 20, autocorrelation)
            assert rates["compresses"] == rates["p_value"] == 1


def test_planted_drops_are_found_and_small_ones_never_called_large():
    """At the margin, 5 % of 8 nats, a drop is seen, and called larger in at most 1 %: tested as above."""
    trials = 300
    rates = {drop: calibration.characteristics(risen(drop)[0], 0.1, 10, trials) for drop in (0.0, 0.4, 0.8, 2.0)}
    assert rates[0.0]["does not"] > 0.98 and upper_limit(rates[0.0]["p_value"], trials) < 0.05
    assert rates[0.4]["p_value"] > 0.98
    assert all(upper_limit(rates[drop]["compresses"], trials) < 0.02 for drop in (0.0, 0.4))
    assert all(upper_limit(rates[drop]["does not"], trials) < 0.02 for drop in (0.4, 0.8, 2.0))
    assert rates[0.8]["compresses"] > 0.98 and rates[2.0]["compresses"] == 1
    assert all(math.isclose(sum(r[v] for v in ("compresses", "does not", "cannot tell")), 1) for r in rates.values())


def test_drops_that_differ_between_seeds_need_more_seeds():
    random, rates = np.random.default_rng(0), {}
    for seeds in (3, 20):
        drops = random.normal(2, 1, size=(seeds * 50, 1)).clip(0)
        rates[seeds] = calibration.characteristics(risen(drops).reshape(seeds, 50, N), 0.1, seeds, 50)
    assert rates[3]["compresses"] < 0.5 < 0.95 < rates[20]["compresses"]
    assert rates[3]["does not"] == rates[20]["does not"] == 0
