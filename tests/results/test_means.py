"""What is read off a result: means and intervals over seeds, one kind of weights, bits."""

import numpy as np
import pytest
import xarray as xr
from curves import BETAS, make
from scipy import stats

from vib import results
from vib.errors import InvalidInput


def test_summary_has_the_student_t_interval_of_the_finite_seeds():
    finite = np.ones((5, 4), bool)
    finite[0, 1] = False  # four seeds left
    finite[1:, 2] = False  # one left
    result = make(seeds=5, finite=finite)
    summary = results.summary(result, split="train", step=1)
    for j in (0, 1):
        kept = result.rate.values[0, finite[:, j], j, 1].astype(np.float64)
        low, high = stats.t.interval(0.95, len(kept) - 1, kept.mean(), stats.sem(kept))
        np.testing.assert_allclose(summary.mean.rate[j], kept.mean(), rtol=1e-12)
        np.testing.assert_allclose(summary.half_width.rate[j], (high - low) / 2, rtol=1e-9)
    assert summary.mean.rate[2] == np.float64(result.rate.values[0, 0, 2, 1])
    assert np.isnan(summary.half_width.rate[2])
    np.testing.assert_array_equal(summary.members, [5, 4, 1, 5])
    mean, half_width = summary.of("rate", beta=BETAS[1])
    assert mean == summary.mean.rate[1] and half_width == summary.half_width.rate[1]


def test_summary_names_both_parts_alike_and_says_what_they_are():
    result = make().assign(flag=(("seed", "beta", "step"), np.zeros((3, 4, 4), np.int8), {"flag_values": [0, 1]}))
    mean, half_width, _ = results.summary(result)
    assert list(mean) == list(half_width) and "rate" in mean
    assert "finite" not in mean and "flag" not in mean  # not of every step, and of codes
    assert mean.rate.attrs["bounds"] == "I(X;Z) from above" and half_width.rate.units == mean.rate.units == "nats"
    assert half_width.rate.long_name == f"95 % half-width of: {mean.rate.long_name}"
    assert mean.attrs["kind"] == "vib" and result.rate.long_name == mean.rate.long_name


def test_summary_of_nothing_finite_is_nan_and_takes_lists_and_slices():
    result = make(finite=np.zeros((3, 4), bool))
    summary = results.summary(result, split=["train", "test"], step=slice(None))
    assert summary.mean.rate.sizes == {"split": 2, "beta": 4, "step": 4}
    assert summary.mean.rate.isnull().all() and summary.half_width.rate.isnull().all()


def test_a_result_without_splits_has_a_summary_too():
    values = np.arange(24.0).reshape(2, 4, 3)
    finite = (("seed", "beta"), np.ones((2, 4), bool))
    result = xr.Dataset({"information_x": (("seed", "beta", "step"), values), "finite": finite})
    np.testing.assert_array_equal(results.summary(result).mean.information_x, values[..., -1].mean(0))


def test_of_weights_the_average_is_taken_where_there_is_one():
    result = make(averaged=True)
    for weights, place in ((None, 1), ("final", 0), ("averaged", 1)):
        chosen = results.of_weights(result, weights)
        np.testing.assert_array_equal(chosen.rate, result.rate.values[place])
        assert chosen.weights == ("final", "averaged")[place]
        xr.testing.assert_identical(results.of_weights(chosen, weights), chosen)
        xr.testing.assert_identical(results.summary(result, weights=weights).mean, results.summary(chosen).mean)
    plain = make()
    assert results.of_weights(plain) is results.of_weights(plain, "final") is plain


@pytest.mark.parametrize(
    ("result", "weights", "words"),
    [
        (make(), "averaged", "'averaged' is not in the result, which is by the final ones"),
        (results.of_weights(make(averaged=True)), "final", "'final' is not in the result, which is by the averaged"),
        (make(averaged=True), "ema", "give 'final' or 'averaged'"),
    ],
)
def test_weights_that_are_not_there_stop(result, weights, words):
    with pytest.raises(InvalidInput, match=f"weights: .*{words}"):
        results.of_weights(result, weights)


def test_what_is_in_nats_comes_out_in_bits_under_its_name():
    result = make()
    summary = results.summary(result)
    bits = summary.in_bits()
    for name in ("rate", "distortion", "loss", "information_y_bound"):
        for part, before in ((bits.mean, summary.mean), (bits.half_width, summary.half_width)):
            np.testing.assert_allclose(part[name], before[name] / np.log(2), rtol=1e-15)
            assert part[name].attrs == before[name].attrs | {"units": "bits"}
    xr.testing.assert_identical(bits.mean.accuracy, summary.mean.accuracy)
    xr.testing.assert_identical(results.in_bits(result.rate), results.in_bits(result).rate)
    assert results.in_bits(result).attrs == result.attrs and len(result.beta) == len(BETAS)


def test_the_interval_of_the_marginal_kl_is_a_mean_over_finite_seeds_in_bits():
    finite = np.array([[1, 1, 0], [1, 0, 0]], np.int8)  # as a file may hold it
    ends = {"marginal_kl_lower": [[1.0, 2, 3], [3, 9, 9]], "marginal_kl_upper": [[2.0, 4, 5], [4, 9, 9]]}
    grid = ("seed", "beta")
    found = {name: (grid, np.log(2) * np.array(values), {"units": "nats"}) for name, values in ends.items()}
    resolved = np.array([[1, 0, 1], [1, 1, 1]], np.int8)
    result = xr.Dataset(found | {"finite": (grid, finite), "marginal_kl_resolved": (grid, resolved)})
    low, high, sure = results.marginal_kl(result)
    np.testing.assert_allclose(low, [2, 2, np.nan])
    np.testing.assert_allclose(high, [3, 4, np.nan])
    assert sure.values.tolist() == [True, False, True]
