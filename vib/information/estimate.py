"""What an estimator returns: a value that says what it is, and the flags of values that cannot be right."""

from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Int8

from vib.errors import choose
from vib.typing import ArrayLike, Scalar

KINDS = ("lower", "upper", "estimate", "exact")
FLAGS = ("fine", "not_measured", "above_ceiling", "below_zero", "unresolved", "not_finite")  # the place is the code
# estimators of I(X;T) that stop at their ceiling however large the truth is
SATURATING = ("ksg", "noisy", "critic_infonce", "encoder_lower")
UNRESOLVED = 0.1  # nats below its ceiling within which a saturating estimate is only a lower bound
SHARE = 0.15  # of a resolved value that its error may be, or UNRESOLVED nats


@partial(jax.tree_util.register_dataclass, data_fields=("value", "ceiling", "resolved", "error"), meta_fields=("kind",))
@dataclass(frozen=True)
class Estimate:
    """A mutual information in nats, with what it bounds and the largest value that it could have reported."""

    value: jax.Array  # [...]
    ceiling: jax.Array  # [...]; infinite where there is none
    kind: str  # one of KINDS: bounds of the truth from below or above, neither, or the truth itself
    resolved: jax.Array | bool = True  # [...]; False where the estimator sees that its sample is too small to tell
    error: jax.Array | None = None  # standard error of the value over its samples [...]; None where it is not known


class Information(NamedTuple):
    """What a layer T keeps of the input and knows of the label; None where it does not apply."""

    information_x: Estimate | None  # I(X;T)
    information_y: Estimate | None  # I(T;Y)


class Bounds(NamedTuple):
    """The two sides of one quantity, each an Estimate or an Information."""

    lower: Estimate | Information
    upper: Estimate | Information


def flag(
    value: ArrayLike["..."],
    ceiling: ArrayLike["..."],
    kind: str,
    tolerance: Scalar = 1e-3,
    saturating: bool = False,
    resolved: ArrayLike["..."] = True,
) -> Int8[jax.Array, "..."]:
    """Codes of FLAGS for values [...] and their ceilings, nats: int8 [...]. Never 'not_measured', which is a choice.

    tolerance: the error in nats up to which a value may lie above its ceiling or below zero (the default covers
    rounding; a sampled estimate needs its own). saturating: of an estimator like SATURATING: 'unresolved' within
    UNRESOLVED of its ceiling. resolved [...]: that of the Estimate; 'unresolved' where it is not. Raises InvalidInput
    for an unknown kind.
    """
    choose("kind", kind, dict.fromkeys(KINDS))
    value, ceiling = jnp.asarray(value), jnp.asarray(ceiling)
    code = jnp.broadcast_to(
        jnp.where(resolved, 0, FLAGS.index("unresolved")), jnp.broadcast_shapes(value.shape, ceiling.shape)
    )
    if saturating and kind in ("lower", "estimate"):
        code = jnp.where(value > ceiling - UNRESOLVED, FLAGS.index("unresolved"), code)
    code = jnp.where(value < -tolerance, FLAGS.index("below_zero"), code)
    code = jnp.where(value > ceiling + tolerance, FLAGS.index("above_ceiling"), code)
    return jnp.where(jnp.isfinite(value), code, FLAGS.index("not_finite")).astype(jnp.int8)


def populated(cells, classes, count, value):
    """Whether `count` samples fill the cells so well that chance adds little to what these say of a label: bool.

    cells: how many are filled. If they knew nothing of the label, their counts would still say
    (cells - 1)(classes - 1) / (2 count) nats (Miller 1955).
    """
    return negligible((cells - 1) * (classes - 1) / (2 * count), value)


def negligible(error, value):
    """Whether a resolved value may have such an error: at most UNRESOLVED nats, or SHARE of the value."""
    return error <= jnp.maximum(UNRESOLVED, SHARE * value)
