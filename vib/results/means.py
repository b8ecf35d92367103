"""What is read off a result: means over seeds with their intervals, and the numbers in bits."""

import math

import numpy as np
import xarray as xr
from scipy.special import stdtrit

CONFIDENCE = 0.95


def of_weights(result, weights=None):
    """The result by one kind of weights, 'final' or 'averaged'; by default averaged where the run kept an average."""
    if "weights" not in result.dims:
        return result
    return result.sel(weights=weights or "averaged").drop_vars("weights")


def summary(dataset, split="test", step=-1):
    """Mean over the finite seeds, and the 95 % Student-t half-width of that mean, of everything measured.

    split: a label or a list of labels; step: a position on the step axis (-1 the last) or a slice. Gives a
    Dataset [split?, beta, step?], float64: `name`, `name_half_width` (NaN below two seeds), `members` [beta].
    """
    measured = [
        name
        for name, values in dataset.data_vars.items()
        if {"seed", "step"} <= set(values.dims) and not name.endswith("_flag")
    ]
    picked = dataset[measured].sel(split=split).isel(step=step).astype(np.float64)
    mean, half_width = interval(picked)
    for name in measured:
        text = f"95 % half-width of: {mean[name].attrs['long_name']}"
        mean[f"{name}_half_width"] = half_width[name].assign_attrs(units=mean[name].attrs["units"], long_name=text)
    mean["members"] = dataset.finite.sum("seed").assign_attrs(units="1", long_name="finite seeds")
    return mean.assign_attrs(dataset.attrs)


def interval(values):
    """(mean over seeds, 95 % Student-t half-width of that mean) of an array with a seed axis; NaN below two seeds."""
    count = values.notnull().sum("seed")
    several = values.where(count > 1)
    critical = xr.apply_ufunc(lambda n: stdtrit(np.maximum(n - 1, 1), (1 + CONFIDENCE) / 2), count)
    return values.mean("seed", keep_attrs=True), critical * several.std("seed", ddof=1) / np.sqrt(
        count.where(count > 1)
    )


def in_bits(values):
    """A DataArray in bits where it is in nats, as it is otherwise."""
    if values.attrs.get("units") != "nats":
        return values
    return (values / math.log(2)).assign_attrs(values.attrs, units="bits")


def bits(dataset):
    """The same in bits: whatever was in nats (variables, and attributes entropy_*) gets the suffix _bits."""
    converted = dataset.copy()
    for name, values in dataset.data_vars.items():
        if values.attrs.get("units") == "nats":
            quantity, half, _ = name.partition("_half_width")
            converted = converted.drop_vars(name).assign({f"{quantity}_bits{half}": in_bits(values)})
    entropies = [name for name in dataset.attrs if name.startswith("entropy_")]
    converted.attrs = {name: value for name, value in dataset.attrs.items() if name not in entropies}
    return converted.assign_attrs({f"{name}_bits": dataset.attrs[name] / math.log(2) for name in entropies})
