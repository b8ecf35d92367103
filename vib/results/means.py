"""What is read off a result: one kind of weights, means over seeds with their intervals, and nats as bits."""

import math
from typing import NamedTuple

import numpy as np
import xarray as xr
from scipy.special import stdtrit

from vib.errors import require
from vib.results.dataset import WEIGHTS

CONFIDENCE = 0.95


class Summary(NamedTuple):
    """What was measured, over the finite seeds; float64."""

    mean: xr.Dataset  # [split?, beta, step?, ...]
    half_width: xr.Dataset  # of the 95 % Student-t interval of each mean; NaN below two seeds
    members: xr.DataArray  # [beta]: how many seeds are finite

    def of(self, name, **at):
        """(mean, half-width) of one variable, at labels of its axes."""
        return self.mean[name].sel(at), self.half_width[name].sel(at)

    def in_bits(self):
        """The same with nats as bits."""
        return self._replace(mean=in_bits(self.mean), half_width=in_bits(self.half_width))


def summary(result, split="test", step=-1, weights=None):
    """The Summary of everything that was measured at the steps of a result.

    split: a label or a list of labels; step: a position on the step axis (-1 the last) or a slice; weights: see
    of_weights. Raises InvalidInput.
    """
    result = of_weights(result, weights)
    measured = [
        name
        for name, values in result.data_vars.items()
        if {"seed", "step"} <= set(values.dims) and "flag_values" not in values.attrs  # codes have no mean
    ]
    picked = result[measured].isel(step=step).astype(np.float64)
    if "split" in picked.dims:
        picked = picked.sel(split=split)
    mean, half_width = interval(picked)
    for name, values in mean.data_vars.items():
        told = f"95 % half-width of: {values.attrs.get('long_name', name)}"
        half_width[name] = half_width[name].assign_attrs(long_name=told)
    return Summary(mean, half_width, result.finite.sum("seed").assign_attrs(units="1", long_name="finite seeds"))


def of_weights(result, weights=None):
    """The result by one kind of weights, 'final' or 'averaged'; by default averaged where the run kept an average.

    The coordinate `weights` says which; a result without it is by the final ones. Raises InvalidInput.
    """
    require(weights in (None, *WEIGHTS), f"weights: {weights!r}; give 'final' or 'averaged'")
    if "weights" in result.dims:
        return result.sel(weights=weights or "averaged")
    held = result.weights.item() if "weights" in result.coords else "final"
    told = f"weights: '{weights}' is not in the result, which is by the {held} ones; averaged ones need train.ema_decay"
    require(weights in (None, held), told)
    return result


def interval(values):
    """(mean over seeds, 95 % Student-t half-width of that mean) of an array with a seed axis; NaN below two seeds."""
    count = values.notnull().sum("seed")
    several = values.where(count > 1)
    errors = xr.apply_ufunc(student, count)
    half_width = errors * several.std("seed", ddof=1) / np.sqrt(count.where(count > 1))
    return values.mean("seed", keep_attrs=True), half_width


def student(count):
    """How many standard errors the half-width of the 95 % Student-t interval of a mean of `count` numbers is."""
    return stdtrit(np.maximum(count - 1, 1), (1 + CONFIDENCE) / 2)


def marginal_kl(result):
    """(lower end, upper end, whether it is resolved) [beta] of the interval of the marginal KL in bits, for all seeds.

    The means of its ends over the finite seeds; resolved where that of each of them is. NaN where no seed is finite.
    """
    low, high = (
        in_bits(result[f"marginal_kl_{end}"]).where(result.finite == 1).mean("seed") for end in ("lower", "upper")
    )
    return low, high, ((result.marginal_kl_resolved == 1) | (result.finite == 0)).all("seed")


def in_bits(values):
    """A DataArray, or every variable of a Dataset, in bits where it is in nats; attributes stay as they are."""
    if isinstance(values, xr.Dataset):
        return values.assign({name: in_bits(each) for name, each in values.data_vars.items()})
    if values.attrs.get("units") != "nats":
        return values
    return (values / math.log(2)).assign_attrs(values.attrs, units="bits")
