"""Fitting and compression phases of the traces of the information plane, with their uncertainty. Arrays only.

A drop (peak minus end) is never negative, so it is held against noise of the trace's own step-to-step size around a
path that never falls. As measured by `operating_characteristics` (4000, 800, 400 trials of 1, 5, 20 seeds):

    false alarms, p <= 0.05                       1 seed  5 seeds  20 seeds
    15 steps, noise even / growing tenfold     0.5 / 3.8  0 / 0.6     0 / 0  %
    30 steps                                   0.5 / 3.5  0 / 0.4     0 / 0  %
    100 steps                                  0.1 / 2.2  0 / 0.4     0 / 0  %

    'compresses' for a drop from 12 bits of        0.6 bit (the margin)  0.9  1.2    2    4
    5 seeds, drops that differ by half from seed to seed              0    2   12   47   78  %
    10 seeds (30 steps, noise of 0.1 bit)                             0    2   34   94  100  %
    20 seeds                                                          0    4   67  100  100  %

Rising paths and fading noise alarm less. Known to fail: p where only the last tenth is ten times as noisy (one seed:
24 % at 15 steps, 9 % at 30, 5 % at 100), and where noise wanders over several measured steps and so looks like a course
(correlation 0.5 of neighbours: up to 18 %). With noise of 1 % of the peak the verdict was never 'compresses' in these.
"""

import math
from functools import lru_cache

import numpy as np
import xarray as xr
from scipy.ndimage import maximum_filter1d
from scipy.special import stdtrit

from vib.errors import require
from vib.information.estimate import FLAGS
from vib.results import CONFIDENCE

DIMS = ("seed", "beta", "layer", "estimator")
TRACES = ("information_x", "information_y")
FRACTION = 0.05  # of the final I(T;Y) for the end of fitting, of the peak for a drop that matters
RESOLUTION = 0.05 * math.log(2)  # nats: smaller differences never matter
SIGNIFICANCE = 0.05
FEWEST = 15  # measured steps below which the noise of a trace cannot be told from its course
WINDOW = 3  # second differences
DRAWS = 4000
PER_SEED = {
    "fitting_step": ("1", "step at which I(T;Y) has come within 5 % of its final value"),
    "peak_step": ("1", "step of the largest I(X;T), the first of equals"),
    "peak": ("nats", "largest measured I(X;T)"),
    "compression": ("nats", "largest minus last I(X;T), never negative: in the mean no less than the true drop"),
    "compression_excess": ("nats", "drop less what noise alone would give: in the mean no more than the true drop"),
    "data_processing_violations_x": ("1", "steps at which I(X;T) is above that of the layer before by over 0.05 bit"),
    "data_processing_violations_y": ("1", "steps at which I(T;Y) is above that of the layer before by over 0.05 bit"),
}
SIGNED = ("peak", "compression_excess")
OF_SEEDS = {
    "compression_margin": ("nats", "the drop that matters: 5 % of the mean peak, at least 0.05 bit"),
    "compression_p_value": ("1", "chance of so large a mean drop from noise around a path that never falls"),
    "compression_seeds": ("1", "seeds whose I(X;T) was measured"),
    "verdict": ("1", "whether the layer compresses; empty where I(X;T) was not measured"),
}
ENDS = {
    "mean": "mean over seeds",
    "low": "lower end of the 95 % interval of the mean",
    "high": "upper end of the 95 % interval of the mean",
}


def phases(result):
    """The phases of every trace of a result with information_x and information_y, as variables to merge into it.

    [seed, beta, layer, estimator]: fitting_step, peak_step, peak, compression, compression_excess (nats) and
    data_processing_violations_x, _y; NaN where not measured. [beta, layer, estimator]: _mean, _low and _high of each,
    over the measured seeds, with a 95 % Student-t interval (NaN below two seeds; of steps on the logarithm of 1 + step;
    cut at 0 where nothing can be negative), and compression_margin, compression_p_value, compression_seeds, verdict.
    Steps and seeds that are not finite count as not measured, for that trace alone. Raises InvalidInput where a trace
    is missing.
    """
    for name in TRACES:
        require(name in result, f"phases: the result has no '{name}'; log the information plane in the run")
    x, y = (result[name].astype(np.float64).where(np.isfinite(result[name])) for name in TRACES)
    excess, p_value = _each(drop_test, x, ["seed", "step"], [["seed"], []])
    values = (
        _each(_of_measured(fitting_step, x.step), y, ["step"], [[]]),
        *_each(_of_measured(landmarks, x.step), x, ["step"], [[], [], []]),
        excess,
        *(_each(data_processing_violations, trace, ["layer", "step"], [["layer"]]) for trace in (x, y)),
    )
    found = xr.Dataset({name: value.transpose(*DIMS) for name, value in zip(PER_SEED, values, strict=True)})
    for name in PER_SEED:
        found = found.assign(_interval(found[name]))
    found["compression_margin"] = np.maximum(FRACTION * found.peak_mean, RESOLUTION)
    found["compression_p_value"] = p_value.transpose(*DIMS[1:])
    found["compression_seeds"] = found["compression"].notnull().sum("seed")
    decisive = [found[f"compression_{name}"] for name in ("p_value", "excess_low", "high", "margin", "seeds")]
    unresolved = (_flags(result) == FLAGS.index("unresolved")).any(("seed", "step"))
    found["verdict"] = xr.apply_ufunc(verdict, *decisive, unresolved.transpose(*DIMS[1:]))
    for name, (units, text) in (PER_SEED | OF_SEEDS).items():
        found[name].attrs = {"units": units, "long_name": text}
    return found


def fitting_step(information_y, step):
    """The first step at which I(T;Y) reaches 95 % of its final value, if that is above 0; else NaN. Both [n].

    Both values are medians of three neighbours, so that an odd one neither ends nor delays the fitting. A trace that
    rises above its final value and comes back was fitted when it first arrived.
    """
    neighbours = np.lib.stride_tricks.sliding_window_view(np.pad(information_y, 1, mode="edge"), 3)
    final = np.median(information_y[-3:])
    arrived = np.median(neighbours, axis=-1) >= (1 - FRACTION) * final
    return step[np.argmax(arrived)] if final > 0 else math.nan


def landmarks(information_x, step):
    """(step of the peak, the first of equals; peak; peak minus end) of a trace, nats. Both [n]."""
    at = np.argmax(information_x)
    return step[at], information_x[at], information_x[at] - information_x[-1]


def noise_std(trace):
    """Size of the step-to-step noise of a trace at each of its steps, rather too large than too small. [n], nats.

    The root mean square of second differences / sqrt(6), from which a smooth course drops out, in the worst window of
    three around the step, since noise may grow or fade; times 1 + 6 / n, since few points tell little. n >= 5.
    """
    square = np.diff(trace, 2) ** 2 / 6
    runs = np.lib.stride_tricks.sliding_window_view(square, WINDOW).mean(-1)
    return (1 + 6 / len(trace)) * np.sqrt(maximum_filter1d(np.pad(runs, 2, mode="edge"), WINDOW))


def null_drops(std):
    """Draws of max(e) - e_n, where e is independent normal noise of the given std [n]. Returns [draws], nats.

    A path m that never falls has max(m + e) - (m_n + e_n) <= max(e) - e_n: the flat path is the least favourable.
    """
    noise = np.asarray(std, np.float32)[:, None] * _standard_normal(len(std))
    return noise.max(0) - noise[-1]


def drop_test(traces):
    """(drop less its mean under the null, per seed; p value of the drop's mean over seeds) of traces [seed, n], nats.

    NaN is a step not measured; a seed with fewer than 15 measured steps has no part in it, and its excess is NaN.
    """
    excess, drop, null = np.full(len(traces), np.nan), 0.0, np.zeros(DRAWS)
    random = np.random.default_rng(0)
    for i, trace in enumerate(traces):
        trace = trace[np.isfinite(trace)]
        if len(trace) >= FEWEST:
            of_seed = null_drops(noise_std(trace))
            excess[i] = trace.max() - trace[-1] - of_seed.mean()
            drop += trace.max() - trace[-1]
            null += random.permutation(of_seed)  # the seeds share their draws, each in an order of its own
    tested = np.isfinite(excess).any()
    return excess, (1 + np.sum(null >= drop)) / (1 + DRAWS) if tested else math.nan


def verdict(p_value, excess_low, compression_high, margin, seeds, unresolved=False):
    """'compresses', 'does not', 'cannot tell', or '' where seeds is 0. Arrays of one shape, nats.

    The true mean drop lies between the mean excess and the mean drop. 'compresses' says that it is above the margin:
    p <= 0.05 and the lower end of the excess is; 'does not' that it is below: the upper end of the drop is. With one
    seed (no ends) or too few steps (no p) neither can be said. Of values that were unresolved, at the ceiling of their
    estimator, the true drop may be larger: 'does not' cannot be said.
    """
    compresses = np.less_equal(p_value, SIGNIFICANCE) & np.greater(excess_low, margin)
    does_not = np.isfinite(p_value) & np.less(compression_high, margin) & ~np.asarray(unresolved)
    return np.select([np.equal(seeds, 0), compresses, does_not], ["", "compresses", "does not"], "cannot tell")


def data_processing_violations(values):
    """How many steps of a layer are above the nearest measured layer before it by more than 0.05 bit.

    values [layer, step], nats, NaN where not measured. Returns [layer], NaN where nothing could be compared.
    """
    before = np.full_like(values, np.nan)
    for i in range(1, len(values)):
        before[i] = np.where(np.isnan(values[i - 1]), before[i - 1], values[i - 1])
    compared = np.isfinite(values - before).any(-1)
    return np.where(compared, np.sum(values > before + RESOLUTION, -1), np.nan)


def operating_characteristics(path, noise, seeds, repeats=200, seed=0):
    """How often `phases` finds a drop in made-up traces: path + noise * normal, nats.

    path, noise: numbers or arrays that broadcast to [seeds, repeats, n]. Returns the fraction of the repeats with
    p <= 0.05 as 'p_value', and that of each verdict: false alarms if no path falls, else detections.
    """
    path = np.asarray(path)
    noise = noise * np.random.default_rng(seed).normal(size=(seeds, repeats, path.shape[-1]))
    traces = (("seed", "beta", "step"), path + noise)
    result = xr.Dataset(dict.fromkeys(TRACES, traces), {"step": np.arange(path.shape[-1])})
    found = phases(result.expand_dims(("layer", "estimator")))
    rates = {name: float((found.verdict == name).mean()) for name in ("compresses", "does not", "cannot tell")}
    return {"p_value": float((found.compression_p_value <= SIGNIFICANCE).mean())} | rates


@lru_cache(maxsize=4)
def _standard_normal(n):
    return np.random.default_rng(n).standard_normal((n, DRAWS), np.float32)


def _flags(result):
    return result.get("information_x_flag", xr.zeros_like(result.information_x, np.int8))


def _of_measured(function, step):
    def of_trace(trace):
        kept = np.isfinite(trace)
        # an empty trace has no peak: one value that is not a number stands for it
        return function(trace[kept], at[kept]) if kept.any() else function(nothing, nothing)

    at, nothing = step.values.astype(np.float64), np.array([np.nan])
    return of_trace


def _each(function, values, inputs, outputs):
    return xr.apply_ufunc(function, values, input_core_dims=[inputs], output_core_dims=outputs, vectorize=True)


def _interval(values):
    name = values.name
    units, text = PER_SEED[name]
    there, back = (np.log1p, np.expm1) if name.endswith("_step") else (np.asarray, np.asarray)
    values = xr.apply_ufunc(there, values)
    several = values.notnull().sum("seed").where(lambda count: count > 1)
    error = values.where(several > 1).std("seed", ddof=1) / np.sqrt(several)
    half, mean = stdtrit(several - 1, (1 + CONFIDENCE) / 2) * error, values.mean("seed")
    ends = zip(ENDS, (mean, mean - half, mean + half), strict=True)
    ends = {end: xr.apply_ufunc(back, value).clip(-np.inf if name in SIGNED else 0) for end, value in ends}
    return {f"{name}_{end}": ends[end].assign_attrs(units=units, long_name=f"{ENDS[end]}: {text}") for end in ENDS}
