"""Phases of planted traces, their means and intervals, and the variables that hold them."""

import math
import warnings

import numpy as np
import pytest
import xarray as xr
from conftest import assert_one_line
from scipy import stats

from vib import results
from vib.errors import InvalidInput
from vib.evaluation import phases

STEPS = np.unique(np.round(np.geomspace(1, 2000, 50))).astype(int) - 1
N = len(STEPS)
BIT = math.log(2)
QUANTITIES = tuple(phases.PER_SEED)


def plane(x, y=None, steps=STEPS):
    """A result of one beta from traces [seed, n, layer, estimator], or [seed, n] for one layer and estimator."""
    y = x if y is None else y
    x, y = (a[:, None] if a.ndim == 4 else a[:, None, :, None, None] for a in (x, y))
    dims = (*phases.DIMS[:2], "step", *phases.DIMS[2:])
    layers, estimators = ["h1", "h2", "h3", "z"][: x.shape[3]], ["binned", "kde_lower", "kde_upper"][: x.shape[4]]
    coordinates = {"seed": 10 + np.arange(len(x)), "beta": [0.1], "step": steps, "layer": layers}
    described = {"units": "nats", "long_name": "made up"}
    traces = {name: (dims, a, described) for name, a in zip(phases.TRACES, (x, y), strict=True)}
    return xr.Dataset(traces, coordinates | {"estimator": estimators})


def found(x, y=None, steps=STEPS):
    return phases.phases(plane(x, y, steps)).squeeze(("beta", "layer", "estimator"))


def risen(drops, peak=8.0, peak_at=20):
    """Traces [seed, N] that rise to `peak` at one place, stay for five steps and fall by `drops` to the end."""
    k = np.arange(N)
    rise, fall = np.minimum(k / peak_at, 1), np.clip((k - peak_at - 5) / (N - 6 - peak_at), 0, 1)
    return peak * rise - np.reshape(drops, (-1, 1)) * fall


def noisy(paths, std, seed=0):
    return paths + std * np.random.default_rng(seed).normal(size=paths.shape)


def test_a_trace_that_rises_and_stays_is_fitted_where_it_arrives_and_does_not_compress():
    y = np.minimum(np.arange(N), 30) / 30 * np.ones((3, 1))
    p = found(8 * y, y)
    assert (p.fitting_step == STEPS[29]).all()  # 29 / 30 is the first above 95 %
    assert (p.peak_step == STEPS[30]).all() and (p.peak == 8).all() and (p["compression"] == 0).all()
    assert p.verdict == "does not" and p.compression_p_value == 1 and p.compression_seeds == 3


def test_a_planted_drop_is_measured_and_found():
    drops = np.array([2.0, 3.0, 2.5, 4.0])
    p = found(risen(drops))
    np.testing.assert_allclose(p["compression"], drops, rtol=1e-12)
    assert (p.peak_step == STEPS[20]).all() and (p.peak == 8).all()
    assert p.verdict == "compresses" and p.compression_p_value < 0.05
    np.testing.assert_allclose(p.compression_margin, 0.4)


def test_means_and_intervals_are_those_of_student():
    x = noisy(risen([2.0, 3.0, 2.5, 4.0]), 0.3)
    p = found(x)
    drop = x.max(1) - x[:, -1]
    interval = stats.t.interval(0.95, 3, drop.mean(), stats.sem(drop))
    ends = [p.compression_mean, p.compression_low, p.compression_high]
    np.testing.assert_allclose(ends, [drop.mean(), *interval], rtol=1e-12)
    np.testing.assert_allclose(p.compression_margin, 0.05 * x.max(1).mean(), rtol=1e-12)
    logarithm = np.log1p(STEPS[x.argmax(1)])
    interval = np.expm1(stats.t.interval(0.95, 3, logarithm.mean(), stats.sem(logarithm)))
    assert interval[0] > 0
    np.testing.assert_allclose([p.peak_step_low, p.peak_step_high], interval, rtol=1e-10)
    np.testing.assert_allclose(1 + p.peak_step_mean, stats.gmean(1 + STEPS[x.argmax(1)]), rtol=1e-10)


def test_what_cannot_be_negative_has_no_negative_interval():
    p = found(risen([0.0, 0.0, 0.5]))
    assert p.compression_low == 0 < p.compression_mean and p.compression_excess_low < 0
    at_start = np.stack([risen(1.0)[0], risen(1.0)[0], 8 - np.arange(N) / N])
    assert found(at_start).peak_step_low == 0


def test_fitting_forgives_an_odd_value_and_an_overshoot():
    clean = np.minimum(np.arange(N) / 30, 1)
    odd = clean.copy()
    odd[[5, 40]] = 1.5, 0.2  # neither an early spike ends the fitting nor a late one delays it
    assert phases.fitting_step(odd, STEPS) == phases.fitting_step(clean, STEPS) == STEPS[29]
    odd = clean.copy()
    odd[-1] = 2.0
    assert phases.fitting_step(odd, STEPS) == STEPS[29]
    overshoot = np.where(np.arange(N) > 35, 0.8, clean)
    assert phases.fitting_step(overshoot, STEPS) == STEPS[23]  # the first above 0.95 * 0.8
    assert phases.fitting_step(np.ones(N), STEPS) == STEPS[0]


def test_what_never_predicts_was_never_fitted():
    assert math.isnan(phases.fitting_step(np.zeros(N), STEPS))
    assert math.isnan(phases.fitting_step(np.full(N, -0.1), STEPS))


def test_the_first_of_equal_peaks_counts():
    assert phases.landmarks(np.array([1.0, 3, 3, 2, 3, 2.5]), np.arange(6) * 10) == (10, 3, 0.5)


def test_a_layer_that_keeps_all_twelve_bits_does_not_compress():
    p = found(np.full((2, N), 12 * BIT, np.float32))
    assert p.verdict == "does not" and p["compression"].max() == 0 and p.compression_p_value == 1
    assert p.compression_excess.max() == 0 and p.peak_step.max() == STEPS[0]


def test_pure_noise_does_not_compress():
    """Twelve flat traces of ten seeds. The mean excess is no more than the true fall, 0, so most p are above 1/2."""
    quiet, loud = (phases.phases(plane(noisy(np.full((10, N, 4, 3), 8.0), std))) for std in (0.05, 0.5))
    assert quiet.compression_mean.min() > 0 and (quiet.verdict == "does not").all()
    assert quiet.compression_p_value.median() > 0.5
    assert (loud.verdict == "cannot tell").all()  # the noise could hide a drop that matters
    np.testing.assert_allclose(loud.compression_p_value, quiet.compression_p_value, rtol=1e-9)  # a ratio to the noise


def test_one_seed_cannot_tell():
    for drop in (0.0, 4.0):
        p = found(risen(drop))
        assert p.verdict == "cannot tell" and p.compression_seeds == 1
        assert np.isnan([p.compression_low, p.compression_high, p.peak_step_low, p.compression_p_value]).all()
        assert np.isnan(p.compression_excess).all()  # there is no other seed to say where to look
        np.testing.assert_allclose([p.compression_mean, p.peak_mean], [drop, 8])


def test_too_few_steps_cannot_tell():
    few = np.array([0, 20, 24, N - 2, N - 1])
    p = found(risen([4.0, 4.1, 3.9])[:, few], steps=STEPS[few])
    assert p.verdict == "cannot tell" and np.isnan(p.compression_p_value) and np.isnan(p.compression_excess).all()
    enough = np.array([20, 22, 24, N - 3, N - 2, N - 1])
    assert found(risen([4.0, 4.1, 3.9])[:, enough], steps=STEPS[enough]).verdict == "compresses"


@pytest.mark.parametrize("missing", [np.nan, np.inf])
def test_what_was_not_measured_is_empty_without_a_warning(missing):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        p = found(np.full((3, N), missing))
    assert p.verdict == "" and p.compression_seeds == 0
    more = [f"compression_{name}" for name in ("mean", "p_value", "margin")]
    assert all(np.isnan(p[name]).all() for name in [*QUANTITIES, *more])


def test_each_trace_is_judged_on_what_was_measured_of_it():
    """A diverged seed, an estimator on fewer seeds and every third step: as if the rest did not exist."""
    x, y = noisy(risen([2.0, 3, 2.5, 4]), 0.1)[..., None, None], noisy(risen(np.zeros(4)), 0.02, 1)[..., None, None]
    x, y = (np.repeat(a, 2, -1) for a in (x, y))
    for a in (x, y):
        a[1] = np.nan
        a[2, :, :, 1] = np.nan
        a[:, np.arange(N) % 3 > 0, :, 1] = np.nan
    whole = phases.phases(plane(x, y))
    first = phases.phases(plane(x, y).isel(seed=[0, 2, 3], estimator=[0]))
    xr.testing.assert_allclose(whole.isel(seed=[0, 2, 3], estimator=[0]), first)
    second = phases.phases(plane(x, y).isel(seed=[0, 3], estimator=[1], step=slice(None, None, 3)))
    xr.testing.assert_allclose(whole.isel(seed=[0, 3], estimator=[1]), second)
    assert whole.compression_seeds.values.ravel().tolist() == [3, 2]
    assert np.isnan(whole["compression"].isel(seed=1)).all()


def test_a_shift_moves_the_peak_alone():
    x = noisy(risen([2.0, 0.3, 1.0]), 0.2)
    plain, shifted = found(x, risen(np.zeros(3))), found(x + 4, risen(np.zeros(3)))
    np.testing.assert_allclose(shifted.peak, plain.peak + 4, rtol=1e-12)
    moved = [name for name in plain if name.startswith(("peak", "compression_margin")) and "step" not in name]
    xr.testing.assert_allclose(shifted.drop_vars([*moved, "verdict"]), plain.drop_vars([*moved, "verdict"]))


def test_a_scale_changes_the_unit_alone():
    x = noisy(risen([2.0, 0.3, 1.0]), 0.2)
    plain, scaled = found(x), found(8 * x)
    for name in plain:
        factor = 8 if plain[name].attrs["units"] == "nats" else 1
        if name == "verdict":
            assert scaled[name] == plain[name]
        else:
            np.testing.assert_allclose(scaled[name], factor * plain[name], rtol=1e-6, err_msg=name)


def test_the_order_of_the_seeds_does_not_matter():
    x, order = noisy(risen([0.5, 0.3, 0.2, 0.6]), 0.2), [2, 0, 3, 1]
    plain, other = found(x), found(x[order])
    for name in plain.drop_vars("verdict"):
        expected = plain[name].values[order] if "seed" in plain[name].dims else plain[name].values
        np.testing.assert_allclose(other[name], expected, rtol=1e-12, err_msg=name)
    assert other.verdict == plain.verdict


def test_violations_are_counted_at_every_step_and_only_beyond_the_tolerance():
    before = np.full(10, 2.0)
    above = before + np.array([0, 0.9, 1.1, 5, -3, 0, 2, 0, 0, 0]) * phases.RESOLUTION
    counted = phases.data_processing_violations(np.stack([before, above, before - 1]))
    np.testing.assert_array_equal(counted, [np.nan, 3, 0])


def test_violations_are_against_the_nearest_layer_that_was_measured():
    nothing, low, high = np.full(10, np.nan), np.full(10, 1.0), np.full(10, 2.0)
    counted = phases.data_processing_violations(np.stack([nothing, low, nothing, high, low]))
    np.testing.assert_array_equal(counted, [np.nan, np.nan, np.nan, 10, 0])
    partly = np.where(np.arange(10) < 4, np.nan, high)
    np.testing.assert_array_equal(phases.data_processing_violations(np.stack([low, partly, high])), [np.nan, 6, 4])


def test_violations_of_both_axes_reach_the_result():
    x = np.ones((2, N, 3, 1)) * np.array([3.0, 2.0, 2.5])[:, None]
    y = np.ones((2, N, 3, 1)) * np.array([0.5, 0.6, 0.6])[:, None]
    p = phases.phases(plane(x, y)).isel(beta=0, estimator=0)
    np.testing.assert_array_equal(p.data_processing_violations_x, [[np.nan, 0, N]] * 2)
    np.testing.assert_array_equal(p.data_processing_violations_y, [[np.nan, N, 0]] * 2)
    np.testing.assert_array_equal(p.data_processing_violations_y_mean, [np.nan, N, 0])


def test_variables_have_axes_units_and_names_and_merge_into_the_result(tmp_path):
    result = plane(noisy(risen([2.0, 3, 2.5, 4]), 0.1)[..., None, None] * np.ones((3, 2)))
    p = phases.phases(result)
    assert all(p[name].dims == phases.DIMS and p[name].dtype == np.float64 for name in QUANTITIES)
    ends = [f"{name}_{end}" for name in QUANTITIES for end in ("mean", "low", "high")]
    assert set(p) == {*QUANTITIES, *ends, "compression_margin", "compression_p_value", "compression_seeds", "verdict"}
    assert all(p[name].dims == phases.DIMS[1:] for name in set(p) - set(QUANTITIES))
    assert all(values.attrs["units"] in ("nats", "1") and values.attrs["long_name"] for values in p.values())
    merged = result.assign_coords(split=["train", "test"]).merge(p)
    results.save(merged, tmp_path / "results.nc")
    xr.testing.assert_equal(results.load(tmp_path / "results.nc"), merged)


def test_bits_convert_what_is_in_nats():
    p = phases.phases(plane(risen([2.0, 3.0])))
    bits = results.in_bits(p)
    for name in ("peak", "compression", "compression_excess_mean", "compression_low", "compression_margin"):
        np.testing.assert_allclose(bits[name], p[name] / BIT, rtol=1e-12)
        assert bits[name].attrs["units"] == "bits"
    for name in ("fitting_step", "peak_step_low", "compression_p_value", "verdict"):
        assert bits[name].identical(p[name])


def test_a_result_without_a_plane_is_refused():
    with pytest.raises(InvalidInput) as error:
        phases.phases(plane(risen([2.0])).drop_vars("information_y"))
    assert_one_line(error, "information_y", "plane")
