"""The mutual information of every code with every factor, the codes binned by a fixed rule."""

import numbers
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.scipy.special import entr

from vib.errors import require
from vib.information.checks import held
from vib.latent.disentanglement.checks import checked, ranks
from vib.typing import ArrayLike, Integer

BINS = 20
ROWS = 1024  # examples that are counted in one matrix product
MOST = 2**24  # examples: beyond this, float32 counts are no longer whole


class Shared(NamedTuple):
    """What single codes know of single factors, nats."""

    information: jax.Array  # [latent, F] I(bin(z_d); factor_k)
    entropy: jax.Array  # [F] H(factor_k)


def information_matrix(z: ArrayLike["N latent"], factors: ArrayLike["N F"], bins: Integer = BINS) -> Shared:
    """I(bin(z_d); factor_k) of every code and factor, and H(factor_k): Shared, nats.

    z [N, latent]; int factors [N, F]. A code's bins are `bins` equal ones from its own least to its own largest value,
    with the edges and the sides of numpy.histogram: each bin holds its lower edge, the last its upper one too. Both
    numbers are those of the counts as they are (plug-in), which reads about (bins - 1)(values - 1) / 2N too much where
    code and factor are independent. A constant code knows nothing, exactly 0. A collapsed code that varies a little
    is stretched to its range like any other. Memory: one-hot rows of 1024 examples, and the counts, latent x bins x
    the values of all factors. Raises InvalidInput as `checked` does, and for bins < 2 or 2^24 examples.
    """
    return of_bins(*checked(z, factors), bins)


def of_bins(z, factors, bins):
    """`information_matrix` of codes and factors that `checked` gave."""
    whole = isinstance(bins, numbers.Integral) and bins >= 2
    require(whole, f"bins: {bins}; give a whole number of bins, at least 2")
    require(len(z) < MOST, f"z: {len(z)} examples; give fewer than {MOST}, a sample tells as much")
    z = held("z", z, np.inf)  # a bin is much wider than a rounding
    return _shared(z, *_sides(np.asarray(z), bins), *_columns(factors))


def _sides(z, bins):
    """The lower and the upper edge of every bin [latent, bins], open at both ends; with the rounding of NumPy."""
    with np.errstate(over="ignore", invalid="ignore"):
        edges = np.linspace(z.min(0), z.max(0), bins + 1, axis=1)[:, 1:-1]
    require(np.isfinite(edges).all(), "z: the range of a dimension overflows; rescale it")
    end = np.full((len(edges), 1), np.inf, edges.dtype)
    return np.hstack([-end, edges]), np.hstack([edges, end])


def _columns(factors):
    """Every value of every factor as a column of one table: (int [N, F], the number of values of each factor)."""
    index, values = ranks(factors)
    return (index + np.cumsum((0, *values[:-1]))).astype(np.int32), values


@partial(jax.jit, static_argnames="values")
def _shared(z, lower, upper, columns, values):
    count, counts = len(z), _counts(z, lower, upper, columns, sum(values))
    member = jnp.repeat(jnp.eye(len(values)), np.array(values), axis=0, total_repeat_length=sum(values))
    of_code, of_factor = counts[..., : values[0]].sum(-1, keepdims=True), counts[0].sum(0)
    # one quotient of two products: exactly 1, and its logarithm 0, where the code is constant
    ratio = jnp.where(counts > 0, counts * count / jnp.where(counts > 0, of_code * of_factor, 1), 1)
    terms = (counts / count * jnp.log(ratio)).sum(1)
    information, entropy = (jnp.matmul(part, member, precision="highest") for part in (terms, entr(of_factor / count)))
    return Shared(jnp.maximum(information, 0), entropy)


def _counts(z, lower, upper, columns, total):
    """How often each bin meets each value: whole float32 [latent, bins, total]."""
    spare = -len(z) % ROWS
    z = jnp.pad(z, ((0, spare), (0, 0))).reshape(-1, ROWS, z.shape[1])
    columns = jnp.pad(columns, ((0, spare), (0, 0)), constant_values=-1).reshape(-1, ROWS, columns.shape[1])

    def add(counts, rows):
        z, columns = rows
        cells = (z[..., None] >= lower) & (z[..., None] < upper)
        values = (columns[..., None] == jnp.arange(total)).any(1)  # a filling row has none
        both = jnp.einsum("ndb,nv->dbv", cells.astype(jnp.float32), values.astype(jnp.float32), precision="highest")
        return counts + both, None

    return jax.lax.scan(add, jnp.zeros((*lower.shape, total), jnp.float32), (z, columns))[0]
