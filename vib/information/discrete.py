"""Mutual information of a joint table."""

import jax.numpy as jnp
import numpy as np
from jax.scipy.special import entr, xlogy

from vib.errors import require
from vib.information.checks import as_given, floating, known, real
from vib.information.estimate import Estimate
from vib.typing import ArrayLike


def discrete(p_xy: ArrayLike["X Y"]) -> Estimate:
    """I(X;Y) of p(x,y) [X, Y], 'exact', nats; ceiling min(H(X), H(Y)). Cover & Thomas 2006, equation 2.28.

    Raises InvalidInput for another shape, a negative or missing probability, or a sum that is not 1.
    """
    p_xy = as_given(p_xy)
    table = p_xy.ndim == 2 and p_xy.size > 0
    require(table, f"p_xy: shape {p_xy.shape}; give a table [X, Y], and vmap over other axes")
    real("p_xy", p_xy)
    if known(p_xy):
        least, total = np.asarray(p_xy).min(), np.asarray(p_xy, np.float64).sum()
        require(least >= 0, f"p_xy: {least} at its least; give probabilities >= 0")
        require(abs(total - 1) < 1e-5, f"p_xy: sums to {total}; divide it by its sum")
    p_xy = jnp.asarray(p_xy, floating(p_xy))
    p_x, p_y = p_xy.sum(1), p_xy.sum(0)
    some_x, some_y = jnp.where(p_x > 0, p_x, 1), jnp.where(p_y > 0, p_y, 1)
    # quotients one after the other: a product of two small probabilities would be 0
    value = jnp.maximum(xlogy(p_xy, p_xy / some_x[:, None] / some_y).sum(), 0)  # below 0 by rounding alone
    return Estimate(value, jnp.minimum(entr(p_x).sum(), entr(p_y).sum()), "exact")
