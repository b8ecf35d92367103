"""The user's numbers as float32, in which models compute; refused where float32 cannot tell them apart."""

import numpy as np

from vib.errors import require

LOST = 0.01  # of the standard deviation of a column
HALF_STEP = 2.0**-24  # the most, relative to itself, that float32 moves a number
TINY = float(np.finfo(np.float32).tiny)  # below it compiled programs take a number for 0
NOISE = 16 * np.finfo(np.float64).eps  # spread of a column, relative to itself, that is rounding


def narrowed(field, values):
    """Numbers [N, ...] as float32. Raises InvalidInput for NaN, infinity, and a column that float32 blurs.

    Such a column lies so far from 0 for its spread that rounding moves its values against each other by more than 1 %
    of their standard deviation (root mean square), like whole numbers around 1e8. A constant column does not count.
    """
    with np.errstate(over="ignore"):
        narrow = values.astype(np.float32)
    bad = int((~np.isfinite(narrow)).sum())
    require(bad == 0, f"{field}: {bad} values are NaN or infinite in float32")
    if not np.can_cast(values.dtype, np.float32):
        check_apart(field, values, narrow)
    return narrow


def check_apart(field, values, narrow):
    """Raises InvalidInput for a column of values [N, ...] that is blurred in `narrow`, the same as float32."""
    columns, blurred = values.reshape(len(values), -1), narrow.reshape(len(values), -1)
    low, high = columns.min(0), columns.max(0)
    reach = np.maximum(np.abs(low.astype(np.float64)), np.abs(high.astype(np.float64)))
    # a standard deviation is at least the range / sqrt(2 N), which clears most columns at once
    least = _above(high, low) / np.sqrt(2 * len(columns))
    for i in np.flatnonzero((least > 0) & (HALF_STEP * reach + TINY > LOST * least)):
        held = blurred[:, i].astype(np.float64)
        held[np.abs(held) < TINY] = 0
        exact, held = _above(columns[:, i], low[i]), held - held.min()
        std, moved = exact.std(), (held - exact).std()
        noise = NOISE * reach[i] if values.dtype.kind == "f" else 0
        place = "".join(f", {j}" for j in np.unravel_index(i, values.shape[1:]))
        require(
            std <= noise or moved <= LOST * std,
            f"{field}[:{place}]: values from {low[i]} to {high[i]} are so close that float32, in which models compute, "
            f"moves them by {100 * moved / std:.0f} % of their standard deviation; give "
            "(x - mean) / std, mean and std those of training",
        )


def _above(values, low):
    """values - low in their own precision, as float64; low is the least of them."""
    if values.dtype.kind in "iu":  # modulo 2^64 a difference >= 0 of any whole numbers is right
        return (values.astype(np.uint64) - low.astype(np.uint64)).astype(np.float64)
    return (values - low).astype(np.float64)
