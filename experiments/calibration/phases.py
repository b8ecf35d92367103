"""How often the verdicts of vib/evaluation/phases.py are wrong, and how often they find a drop: on made-up traces.

As measured by `characteristics`, in % of made-up results whose noise is AR(1) along the steps.

False alarms: the path never falls. The noise is of 0.5 bit: even, or growing or fading tenfold along the steps. Each
number is the largest over these kinds of noise and 15, 30 and 100 steps; 2000 trials of 5 seeds, 1000 of 20.

    path and noise                                 p <= 0.05                       'compresses'
                                          5 seeds         20 seeds         5 seeds         20 seeds
                      autocorrelation  0    0.5  0.9    0    0.5  0.9    0    0.5  0.9    0    0.5  0.9
    flat at 1 bit; all three kinds     3.9  4.2  3.8    1.8  1.9  2.2    1.1  1.7  1.8    0.4  0.3  0.6
    rising to 12 bits; even, growing   3.8  3.5  3.6    1.9  1.4  1.9    0.0  0.0  0.0    0.0  0.0  0.0
    cut above 1 bit; even, growing     2.5  2.8  2.5    1.6  1.5  1.5    1.1  1.2  1.2    1.6  1.5  1.5
    cut below 0 bits; fading           7.1  7.1  5.3    1.1  1.2  1.5    1.5  1.9  1.8    0.6  1.2  1.5

With fewer seeds, fading noise, 1000 trials, the largest as above: on the flat path p <= 0.05 in 7.8 % for 2 seeds and
8.9 % for 3, cut below 0 in 6.7 and 16.3 %; 'compresses' in 2.8 and 2.3 %, cut below 0 in 3.1 and 5.3 %.

Detections, 'compresses': the path falls from 12 bits, straight over the last 15 of 30 steps, by drops that are equal or
differ between seeds (normal, their std half the mean). Noise even, 1000 trials; the margin, 5 % of 12 bits, is 0.6 bit.

    mean drop in bits                             0.6  0.9  1.2    2    4
    drops      noise    autocorrelation  seeds
    differing  0.1 bit  0                    5      1   14   31   58   78
    differing  0.1 bit  0                   10      0   30   72   98   99
    differing  0.1 bit  0                   20      0   60   98  100  100
    equal      0.3 bit  0                    5      0   25   85  100  100
    equal      0.3 bit  0.9                  5      1   18   62  100  100
    equal      0.3 bit  0                   20      0   83  100  100  100
    equal      0.3 bit  0.9                 20      0   64  100  100  100
"""

import math
from itertools import pairwise

import numpy as np
import xarray as xr

from vib.evaluation.phases import SIGNIFICANCE, TRACES, phases


def characteristics(path, noise, seeds, repeats=200, autocorrelation=0.0, floor=-math.inf, ceiling=math.inf, seed=0):
    """How often `phases` finds a drop in made-up traces: path + noise * normal, cut at floor and ceiling, nats.

    path, noise: numbers or arrays that broadcast to [seeds, repeats, n]. autocorrelation: that of the normal numbers of
    neighbouring steps, AR(1). Returns the fraction of the repeats with p <= 0.05 as 'p_value', and that of each
    verdict: false alarms if no path falls, else detections.
    """
    path = np.asarray(path)
    normal = np.random.default_rng(seed).normal(size=(path.shape[-1], seeds, repeats))
    for before, at in pairwise(normal):
        at[:] = autocorrelation * before + math.sqrt(1 - autocorrelation**2) * at
    values = np.clip(path + noise * np.moveaxis(normal, 0, -1), floor, ceiling)
    x = xr.DataArray(values, {"step": np.arange(path.shape[-1])}, ("seed", "beta", "step"))
    made_up = xr.Dataset(dict(zip(TRACES, (x, xr.full_like(x, np.nan)), strict=True)))
    found = phases(made_up.expand_dims(("layer", "estimator")))
    rates = {name: float((found.verdict == name).mean()) for name in ("compresses", "does not", "cannot tell")}
    return {"p_value": float((found.compression_p_value <= SIGNIFICANCE).mean())} | rates
