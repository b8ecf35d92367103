"""Bounds on what a layer keeps and knows once a little Gaussian noise is added, from the distances between samples."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import entr

from vib.information.checks import FINE, above_zero, centred, held, known, labels, samples, valid, whole
from vib.information.estimate import Bounds, Estimate, Information, populated
from vib.typing import ArrayLike, Integer, Scalar

UNITS = 32  # whose squared differences are summed in one go


def kde(
    t: ArrayLike["N units"],
    y: ArrayLike[" N"] | None = None,
    noise_variance: Scalar = 1e-3,
    *,
    classes: Integer | None = None,
    enumerated: bool = False,
    chunk: Integer = 8,
) -> Bounds:
    """I(X;T+noise) and I(T+noise;Y) from below and above: Bounds of Information of Estimates [], nats.

    t [N, units], a function of X; labels y [N], or None for I(X;T) alone; the noise is Gaussian, of this variance
    in every unit. The entropy of a mixture of N Gaussians is bounded by their pairwise Bhattacharyya distances (below)
    and Kullback-Leibler divergences (above): Kolchinsky & Tracey 2017, section 4. With X enumerated these are 'lower'
    and 'upper' bounds of I(X;T+noise). On a sample the lower one is still one in expectation; the upper one bounds the
    information about the sample's index alone, never above log N, and is an 'estimate'. I(T+noise;Y) is a difference
    of two entropies that are bounded on the same side, so both of its sides are 'estimate's, and may cross. Of a sample
    that hardly overlaps it is H(Y) for any label, and not resolved, as in `binned`; cells: the sum of 1 / overlap.
    The noise is not in the network: for T itself I(X;T) is H(X) or infinite, and this says how T clusters.
    Constant activations or a single class give 0. Ceilings: log N and H(Y).
    Memory: about 3 `chunk` N numbers and 4 copies of t, for each member under vmap.
    Raises InvalidInput for other shapes, one sample, NaN, noise_variance <= 0, chunk < 1, or labels and
    classes that `checks.labels` does not take; what cannot be looked at inside jit makes the values NaN.
    """
    (t,) = centred(samples("t", t))
    above_zero("noise_variance", noise_variance, "the noise without which I(X;T) is H(X) or infinite")
    t = held("t", t, FINE * np.sqrt(np.asarray(noise_variance)) if known(noise_variance) else None)
    chunk = whole("chunk", chunk, 1)
    if y is None:
        both = _kde(t, jnp.zeros(len(t), int), noise_variance, 1, enumerated, chunk)
        return Bounds(*(side._replace(information_y=None) for side in both))
    y, classes = labels(y, len(t), classes)
    return _kde(t, y, noise_variance, classes, enumerated, chunk)


@partial(jax.jit, static_argnames=("classes", "enumerated", "chunk"))
def _kde(t, y, noise_variance, classes, enumerated, chunk):
    count, sizes = len(t), jnp.bincount(y, length=classes)
    overlaps = _overlaps(t, y, sizes, jnp.asarray(noise_variance, t.dtype), chunk)
    whole, own = overlaps.sum(-1), jnp.take_along_axis(overlaps, y[:, None, None], axis=2)[..., 0]
    # quotients before the mean: the logarithm of 1 is 0 for samples that all coincide, and for a single class
    about_x = jnp.log(count / whole).mean(0)
    about_y = jnp.log(own / whole * (count / sizes[y])[:, None]).mean(0)
    fine = valid(t, y, classes) & (noise_variance > 0)
    values = jnp.where(fine, jnp.stack([about_x, about_y], 1), jnp.nan)
    ceilings = jnp.log(count), entr(sizes / count).sum()
    kinds = (("lower", "estimate"), ("upper" if enumerated else "estimate", "estimate"))
    # the number of cells, were the noise a grid; of x the ceiling says it
    resolved = enumerated | populated((1 / whole).sum(0), (sizes > 0).sum(), count, values[:, 1])

    def information(values, kinds, resolved):
        parts = zip(values, ceilings, kinds, (True, resolved), strict=True)
        return Information(*(Estimate(v, c.astype(t.dtype), k, sure) for v, c, k, sure in parts))

    return Bounds(*map(information, values, kinds, resolved))


def _overlaps(t, y, sizes, noise_variance, chunk):
    """For each row of t [N, units] the sums of exp(-D) and of exp(-4 D) over each class: [N, 2, classes].

    D, the squared distance over 8 noise variances, is the Bhattacharyya distance; 4 D is the divergence.
    """
    columns, padding, member = _blocks(t, y, sizes)
    blocks, parts = len(member), -(-t.shape[1] // UNITS)
    size = -(-t.shape[1] // parts)
    spare = (0, parts * size - t.shape[1])
    columns = jnp.pad(columns, (spare, (0, 0))).reshape(parts, size, -1)
    points = jnp.pad(t, ((0, 0), spare)).reshape(len(t), parts, size)

    def row(point):
        # differences first: the usual product of the rows rounds away what is small beside the rows themselves
        def add(distance, part):
            return distance + sum((value - column) ** 2 for value, column in zip(*part, strict=True)), None

        distance, _ = jax.lax.scan(add, padding, (point, columns), unroll=parts == 1)
        overlap = jnp.exp(distance * (-0.125 / noise_variance)).reshape(blocks, -1)
        # a fourth power: one exponential serves both bounds
        sums = jnp.stack([overlap.sum(1), ((overlap**2) ** 2).sum(1)])
        return jnp.matmul(sums, member, precision="highest")

    return jax.lax.map(row, points, batch_size=min(chunk, len(t)))


def _blocks(t, y, sizes):
    """The samples as columns in order of class, each class filled up to whole blocks.

    (columns [units, slots], padding [slots] that is infinite where no sample is, and 0 or 1 for the class of a block
    [blocks, classes]): a class is then summed with its blocks, which takes half the time of a mask.
    """
    count, classes = len(t), len(sizes)
    length = 8 * max(1, min(8, count // (32 * classes)))
    number = -(-count // length) + classes
    ends = jnp.cumsum(-(-sizes // length))
    begins = jnp.concatenate([jnp.zeros(1, ends.dtype), ends[:-1]])
    order = jnp.argsort(y)
    slot = (begins * length - jnp.cumsum(sizes) + sizes)[y[order]] + jnp.arange(count)
    columns = jnp.zeros((t.shape[1], number * length), t.dtype).at[:, slot].set(t[order].T)
    padding = jnp.full(number * length, jnp.inf, t.dtype).at[slot].set(0)
    block = jnp.arange(number)[:, None]
    return columns, padding, ((block >= begins) & (block < ends)).astype(t.dtype)
