"""Fitting and compression phases of the traces of the information plane, with their uncertainty. Arrays only.

The drop of a trace from its peak to its end is never negative: noise alone makes one, and one trace cannot tell noise
that wanders from a trend. So a seed's fall is read where the other seeds have their peak, which its own noise does not
favour, and judged over the seeds, which are independent. What all seeds share is trend, and one seed cannot tell.

How often its verdicts are wrong stands in experiments/calibration/phases.py.
"""

import math
from functools import partial

import numpy as np
import xarray as xr
from scipy.special import bdtrc, stdtr

from vib.errors import require
from vib.information.estimate import FLAGS
from vib.results import student

DIMS = ("seed", "beta", "layer", "estimator")
TRACES = ("information_x", "information_y")
FRACTION = 0.05  # of the final I(T;Y) for the end of fitting, of the peak for a drop that matters
RESOLUTION = 0.05 * math.log(2)  # nats: smaller differences never matter
SIGNIFICANCE = 0.05
FEWEST = 6  # measured steps: three for a peak and three for the end
PER_SEED = {
    "fitting_step": ("1", "step at which I(T;Y) has come within 5 % of its final value"),
    "peak_step": ("1", "step of the largest I(X;T), the first of equals"),
    "peak": ("nats", "largest measured I(X;T)"),
    "compression": ("nats", "largest minus last I(X;T), never negative: in the mean no less than the true drop"),
    "compression_excess": ("nats", "fall from where the other seeds peak: in the mean no more than the true drop"),
    "data_processing_violations_x": ("1", "steps at which I(X;T) is above that of the layer before by over 0.05 bit"),
    "data_processing_violations_y": ("1", "steps at which I(T;Y) is above that of the layer before by over 0.05 bit"),
}
SIGNED = ("peak", "compression_excess")
OF_SEEDS = {
    "compression_margin": ("nats", "the drop that matters: 5 % of the mean peak, at least 0.05 bit"),
    "compression_p_value": (
        "1",
        "approximate one-sided p value of the excess if no trend falls, from two seeds on",
    ),
    "compression_seeds": ("1", "seeds whose I(X;T) was measured"),
    "verdict": ("1", "whether the layer compresses; empty where I(X;T) was not measured"),
}
DECISIVE = ("p_value", "excess_low", "excess_high", "high", "margin", "seeds")
ENDS = {
    "mean": "mean over seeds",
    "low": "lower end of the 95 % interval of the mean",
    "high": "upper end of the 95 % interval of the mean",
}


def with_phases(result):
    """The result with its phases."""
    return result.merge(phases(result))


def phases(result):
    """The phases of every trace of a result with information_x and information_y, as variables to merge into it.

    [seed, beta, layer, estimator]: fitting_step, peak_step, peak, compression, compression_excess (nats) and
    data_processing_violations_x, _y; NaN where not measured, and compression_excess of a single seed. [beta, layer,
    estimator]: _mean, _low and _high of each, over the measured seeds, with a 95 % Student-t interval (NaN below two
    seeds; of steps on the logarithm of 1 + step; cut at 0 where nothing can be negative), and compression_margin,
    compression_p_value (NaN below two seeds), compression_seeds, verdict. Steps and seeds that are not finite count as
    not measured, for that trace alone. Raises InvalidInput where a trace is missing.
    """
    for name in TRACES:
        require(name in result, f"phases: the result has no '{name}'; log the information plane in the run")
    x, y = (result[name].astype(np.float64).where(np.isfinite(result[name])) for name in TRACES)
    values = (
        _each(_of_measured(fitting_step, x.step), y, ["step"], [[]]),
        *_each(_of_measured(landmarks, x.step), x, ["step"], [[], [], []]),
        _along(excess, x, ["seed", "step"], [["seed"]]),
        *(_along(data_processing_violations, trace, ["layer", "step"], [["layer"]]) for trace in (x, y)),
    )
    found = xr.Dataset({name: value.transpose(*DIMS) for name, value in zip(PER_SEED, values, strict=True)})
    for name in PER_SEED:
        found = found.assign(_interval(found[name]))
    found["compression_margin"] = np.maximum(FRACTION * found.peak_mean, RESOLUTION)
    found["compression_p_value"] = _each(p_value, found.compression_excess, ["seed"], [[]])
    found["compression_seeds"] = found["compression"].notnull().sum("seed")
    decisive = [found[f"compression_{name}"] for name in DECISIVE]
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
    final = np.median(information_y[-3:])
    arrived = _medians(np.pad(information_y, 1, mode="edge")) >= (1 - FRACTION) * final
    return step[np.argmax(arrived)] if final > 0 else math.nan


def landmarks(information_x, step):
    """(step of the peak, the first of equals; peak; peak minus end) of a trace, nats. Both [n]."""
    at = np.argmax(information_x)
    return step[at], information_x[at], information_x[at] - information_x[-1]


def height(traces):
    """How far a trace lies above its end: the median of three measured steps, less that of the last three, nats.

    traces [..., n]; returns the same shape: NaN where not measured, where the three would reach into the last three,
    and of fewer than 6 measured steps.
    """
    above, n = np.full(traces.shape, np.nan), traces.shape[-1]
    if n < FEWEST:
        return above
    measured = np.isfinite(traces)
    order, count = np.argsort(~measured, axis=-1, kind="stable"), measured.sum(-1, keepdims=True)  # measured ones first
    medians = _medians(np.take_along_axis(traces, order, -1))
    heights = medians - np.take_along_axis(medians, np.maximum(count - 3, 0), -1)
    np.put_along_axis(above, order[..., 1:-1], np.where(np.arange(n - 2) <= count - FEWEST, heights, np.nan), -1)
    return above


def excess(traces):
    """The fall of each seed from where another seed has its peak: the median over the others, nats.

    A seed's own peak is the place that its noise favours; the peak of another, whose noise is independent, is not. So
    on a flat trend this is as often below 0 as above, however the noise is correlated along the steps or grows, and
    on any trend it is in the mean no more than the true fall. traces [..., seed, n]; returns [..., seed], NaN where
    there is no other seed.
    """
    above = height(traces)
    finite = np.isfinite(above)
    peaks = np.argmax(np.where(finite, above, -np.inf), -1)[..., None, :]
    others = finite.any(-1)[..., None, :] & ~np.eye(above.shape[-2], dtype=bool)
    falls = np.sort(np.where(others, np.take_along_axis(above, peaks, -1), np.nan), axis=-1)  # [..., seed, other]
    count = np.isfinite(falls).sum(-1, keepdims=True)  # numbers first; of none, the last is NaN
    return np.take_along_axis(falls, np.concatenate([(count - 1) // 2, count // 2], -1), -1).mean(-1)


def p_value(excess):
    """One-sided p value of the excesses [seed], nats, against trends that never fall; NaN below two seeds.

    That of Student's t, which the seeds alone decide; and unless all of them fall no less than that of the sign test:
    where a ceiling or a floor cuts the noise, its mean falls as it grows or fades, but half of the seeds do not.
    """
    excess = excess[np.isfinite(excess)]
    n, falling = len(excess), np.sum(excess > 0)
    if n < 2:
        return math.nan
    with np.errstate(divide="ignore", invalid="ignore"):  # seeds that are all alike
        student = stdtr(n - 1, -excess.mean() / (excess.std(ddof=1) / math.sqrt(n)))
    return student if falling == n else np.fmax(student, bdtrc(falling - 1, n, 0.5))


def verdict(p_value, excess_low, excess_high, compression_high, margin, seeds, unresolved=False):
    """'compresses', 'does not', 'cannot tell', or '' where seeds is 0. Arrays of one shape, nats.

    The true mean drop lies between the mean excess and the mean drop. 'compresses' says that it is above the margin:
    p <= 0.05 and the lower end of the excess is; 'does not' that it is below: the upper ends of the drop and of the
    excess are, for one odd last point can hide a drop from the first. With one seed or too few steps (no p, no ends)
    neither can be said. Of values that were unresolved, at the ceiling of their estimator, the true drop may be larger:
    'does not' cannot be said.
    """
    compresses = np.less_equal(p_value, SIGNIFICANCE) & np.greater(excess_low, margin)
    does_not = np.less(np.maximum(excess_high, compression_high), margin) & ~np.asarray(unresolved)
    return np.select([np.equal(seeds, 0), compresses, does_not], ["", "compresses", "does not"], "cannot tell")


def data_processing_violations(values):
    """How many steps of a layer are above the nearest measured layer before it by more than 0.05 bit.

    values [..., layer, step], nats, NaN where not measured. Returns [..., layer], NaN where nothing could be compared.
    """
    before = np.full_like(values, np.nan)
    for i in range(1, values.shape[-2]):
        last = values[..., i - 1, :]
        before[..., i, :] = np.where(np.isnan(last), before[..., i - 1, :], last)
    compared = np.isfinite(values - before).any(-1)
    return np.where(compared, np.sum(values > before + RESOLUTION, -1), np.nan)


def _medians(values):
    """The median of every three neighbours: of [..., n] values [..., n - 2]."""
    return np.sort(np.lib.stride_tricks.sliding_window_view(values, 3, axis=-1), axis=-1)[..., 1]


def _flags(result):
    return result.get("information_x_flag", xr.zeros_like(result.information_x, np.int8))


def _of_measured(function, step):
    def of_trace(trace):
        kept = np.isfinite(trace)
        return function(trace[kept], at[kept]) if kept.any() else of_none

    # an empty trace has no peak: one value that is not a number stands for it
    at, nothing = step.values.astype(np.float64), np.array([np.nan])
    of_none = function(nothing, nothing)
    return of_trace


def _along(function, values, inputs, outputs, **options):
    return xr.apply_ufunc(function, values, input_core_dims=[inputs], output_core_dims=outputs, **options)


_each = partial(_along, vectorize=True)  # of functions of one trace


def _interval(values):
    name = values.name
    units, text = PER_SEED[name]
    there, back = (np.log1p, np.expm1) if name.endswith("_step") else (np.asarray, np.asarray)
    values = xr.apply_ufunc(there, values)
    several = values.notnull().sum("seed").where(lambda count: count > 1)
    error = values.where(several > 1).std("seed", ddof=1) / np.sqrt(several)
    half, mean = student(several) * error, values.mean("seed")
    ends = zip(ENDS, (mean, mean - half, mean + half), strict=True)
    ends = {end: xr.apply_ufunc(back, value).clip(-np.inf if name in SIGNED else 0) for end, value in ends}
    return {f"{name}_{end}": ends[end].assign_attrs(units=units, long_name=f"{ENDS[end]}: {text}") for end in ENDS}
