"""What a layer keeps and knows at a finite resolution: every unit is binned, and joint cells are counted exactly."""

import logging
import math
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import entr

from vib.errors import choose
from vib.information.checks import FINE, above_zero, centred, fits, held, known, labels, samples, valid, whole
from vib.information.estimate import Estimate, Information, populated
from vib.typing import ArrayLike, Integer, Scalar

EDGES = ("neuron", "layer", "quantile", "unit", "width")
WORD = 60  # bits of a packed row and its label; longer rows are hashed
MOST_BINS = 2**16  # whose edges float32 still tells apart


def binned(
    t: ArrayLike["N units"],
    y: ArrayLike[" N"] | None = None,
    *,
    bins: Integer = 30,
    edges: str = "neuron",
    width: Scalar = 0.07,
    classes: Integer | None = None,
    enumerated: bool = False,
) -> Information:
    """I(X;T) and I(T;Y) of a binned layer that is a function of its input: Information of two Estimates [], nats.

    t [N, units]; labels y [N], or None for I(X;T) alone. T being a function of X, I(X; bin(T)) = H(bin(T)), and
    I(bin(T); Y) = H(bin(T)) + H(Y) - H(bin(T), Y), entropies of the joint cells as counted: no unit is taken to be
    independent of another. With X enumerated, each as likely, both are 'exact', for the binned layer; of a sample
    they are 'estimate's, the first reading too little, the second too much where most cells hold few samples. Of the
    layer itself they say how it clusters at this resolution: without bins I(X;T) is H(X), or infinite. I(T;Y) of a
    sample is not resolved where (cells - 1)(classes - 1) / (2 N) nats, what a label that knows nothing of the cells
    seems to know (Miller 1955), is over 0.1 nat and 15 % of it.
    edges: where the bins lie, which may change what is seen (Lorenzen et al. 2022).
      neuron    `bins` equal bins from the least to the largest value of each unit
      layer     the same over all units of the layer
      quantile  `bins` bins of each unit that hold about as many values, by rank; equal values share a bin, and have it
                to themselves where they would fill two
      unit      `bins` equal bins over [-1, 1], what lies outside in the outermost (Shwartz-Ziv & Tishby 2017). Values
                of an unbounded function are forced together there: that is an artefact, so it warns
      width     cells of the given width from 0, as many as needed (Saxe et al. 2018). An edge at exactly 1 gives units
                that saturate at 1 in float32, as tanh does, a cell of their own
    Ceilings: log N, or the logarithm of the number of cells where that is less; H(Y). Rows of up to 60 bits
    with their label are counted exactly; longer ones, and all of edges 'width', by a hash of 64 bits less those of the
    label: the chance that any two of N different rows are taken for one is about N^2 / 2^65, times the number of
    labels. Memory: about 4 arrays of N 64-bit numbers, and one of the shape of t. NaN where the range of t, or
    t / width, overflows. Raises InvalidInput for other shapes, one sample, NaN, bins not in 2 .. 65536, width <= 0, an
    unknown rule, or labels and classes that `checks.labels` does not take.
    """
    t = samples("t", t)
    choose("edges", edges, dict.fromkeys(EDGES))
    bins = whole("bins", bins, 2, MOST_BINS)
    above_zero("width", width, "the width of a bin")
    t = _narrowed(t, edges, width)
    if edges == "unit" and known(t) and np.abs(t).max() > 1:
        say = "edges: 'unit' forces values outside [-1, 1] into the outermost bins; give 'layer' or 'neuron'"
        logging.getLogger("vib").warning(say)
    if y is None:
        found = _binned(t, jnp.zeros(len(t), int), width, bins, edges, 1, enumerated)
        return Information(found.information_x, None)
    y, classes = labels(y, len(t), classes)
    return _binned(t, y, width, bins, edges, classes, enumerated)


def _narrowed(t, edges, width):
    """t [N, units] as floats of JAX, less what the rule does not look at."""
    if edges == "quantile" and known(t) and not fits(t):
        places = [np.unique(unit, return_inverse=True)[1].reshape(-1) for unit in np.asarray(t).T]
        return jnp.asarray(np.stack(places, axis=1), jnp.float32)  # of which only the order is looked at
    if edges == "width":
        return held("t", t, FINE * np.asarray(width) if known(width) else None)
    if edges == "layer":
        t = centred(t.reshape(-1, 1))[0].reshape(t.shape)
    if edges == "neuron":
        (t,) = centred(t)
    return held("t", t, math.inf)  # a bin is much wider than a rounding


@partial(jax.jit, static_argnames=("bins", "edges", "classes", "enumerated"))
def _binned(t, y, width, bins, edges, classes, enumerated):
    count, units = t.shape
    label_bits = (classes - 1).bit_length()
    cell = cells(t, bins, edges, width)
    fine, kind = valid(t, y, classes) & valid(cell), "exact" if enumerated else "estimate"
    packs = edges != "width" and units * math.log2(bins) + label_bits <= WORD
    with jax.enable_x64(True):
        key = _packed(cell, bins) if packs else _hashed(cell)
        key = jnp.sort(key << jnp.uint64(label_bits) | y.astype(jnp.uint64))
        (of_both, _), (of_cells, filled) = _entropy(key), _entropy(key >> jnp.uint64(label_bits))
        sizes = jnp.bincount(y, length=classes)
        of_labels = entr(sizes / count).sum()
        # no count gives less than 0, only rounding
        values = of_cells, jnp.maximum(of_cells + of_labels - of_both, 0)
        # of x the ceiling says it
        resolved = True, enumerated | populated(filled, (sizes > 0).sum(), count, values[1])
    most = math.log(count) if edges == "width" else min(math.log(count), units * math.log(bins))
    ceilings = jnp.asarray(most), of_labels
    return Information(
        *(
            Estimate(jnp.where(fine, value.astype(t.dtype), jnp.nan), ceiling.astype(t.dtype), kind, sure)
            for value, ceiling, sure in zip(values, ceilings, resolved, strict=True)
        )
    )


def cells(t, bins, edges, width):
    """The bin of every value of t, by the rules of `binned`: whole floats [N, units], >= 0 but for 'width'."""
    if edges == "width":
        return jnp.floor(t / jnp.asarray(width, t.dtype))
    if edges == "quantile":
        return jax.vmap(partial(_quantile_cells, bins=bins), in_axes=1, out_axes=1)(t)
    axis = 0 if edges == "neuron" else None
    low, high = (-1.0, 1.0) if edges == "unit" else (t.min(axis), t.max(axis))
    span = jnp.where(high > low, high - low, 1)
    return jnp.clip(jnp.floor((t - low) / span * bins), 0, bins - 1)


def _quantile_cells(t, bins):
    """The share of the values of t [N] below each, its equals counted half, in `bins` equal steps."""
    order = jnp.sort(t)
    twice = sum(jnp.searchsorted(order, t, side=side) for side in ("left", "right"))
    steps = -(-2 * len(t) * np.arange(1, bins) // bins)  # whole numbers, which no rounding moves
    return jnp.searchsorted(steps, twice, side="right").astype(t.dtype)


def _packed(cell, bins):
    weights = [bins**unit for unit in range(cell.shape[1])]
    return sum(cell[:, unit].astype(jnp.uint64) * jnp.uint64(weight) for unit, weight in enumerate(weights))


def _hashed(cell):
    # one well-mixed number for each unit and cell; their sums then collide as random numbers do
    unit = jnp.arange(cell.shape[1], dtype=jnp.uint64) * jnp.uint64(0x9E3779B97F4A7C15)
    # the bits of the float, as integers end at 2^31; -0 is 0
    bits = jnp.where(cell == 0, 0, cell).view(f"uint{8 * cell.dtype.itemsize}")
    return _mixed(_mixed(unit + bits.astype(jnp.uint64)).sum(axis=1, dtype=jnp.uint64))


def _mixed(number):
    """The finaliser of splitmix64 (Steele, Lea & Flood 2014)."""
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        number = (number ^ number >> jnp.uint64(shift)) * jnp.uint64(factor)
    return number ^ number >> jnp.uint64(31)


def _entropy(key):
    """Entropy of the values of sorted keys [N], nats, float64, and their number: n/N log(N/n) over runs of length n."""
    place = jnp.arange(len(key), dtype=jnp.int32)
    differs, edge = key[1:] != key[:-1], jnp.ones(1, bool)
    begin = jax.lax.cummax(jnp.where(jnp.concatenate([edge, differs]), place, 0))
    length = (place - begin + 1).astype(jnp.float64)
    last = jnp.concatenate([differs, edge])
    return jnp.sum(jnp.where(last, length * jnp.log(len(key) / length), 0)) / len(key), last.sum()
