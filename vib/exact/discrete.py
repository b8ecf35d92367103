"""The information bottleneck of a joint table."""

import numpy as np

from vib.exact import checks
from vib.exact.curve import Curve
from vib.exact.solver import TOLERANCE, examined, solve
from vib.exact.tables import entropy, reduced
from vib.typing import ArrayLike

TIE = 1e-14  # nats of Lagrangian below which rounding decides
NOISE = 1e-12  # of log S
GRID, REFINEMENTS = 16, 10


def information_bottleneck(p_xy: ArrayLike["inputs labels"], betas: ArrayLike[" beta"]) -> Curve:
    """The frontier of p(x,y) [inputs, labels] at betas [beta]: Curve, nats.

    Every beta is solved by itself until its gap is below 1e-9 nats, or for twenty rounds (vib/exact/solver.py); then
    each takes the best point that any found, so that the curve is concave. Of two labels, and where I(T;Y) <= I(X;T)
    and I(T;Y) <= I(X;Y) alone leave no gap, as with labels that are a function of x, the gap is certified, a rounding
    of 1e-13 nats counted in; of more labels it is what ascents from every input, mixtures of them and every cluster
    find. Inputs of equal p(y|x) are one input to it, and labels that never occur none. Time grows with inputs^3.
    Memory: about 20 arrays of 2e5 or inputs^2 numbers for each core.
    Raises InvalidInput for another shape, a negative or missing probability, a sum that is not 1, an empty row, fewer
    than two inputs or labels, and betas that are empty, negative or not finite.
    Tishby, Pereira & Bialek 1999, theorems 4 and 5; Witsenhausen & Wyner 1975 for the bound.
    """
    table, betas = reduced(checks.joint(p_xy)), checks.multipliers(betas)
    # nothing kept, and everything; what data processing leaves possible
    rate, information = np.array([0, entropy(table.p_x)]), np.array([0, table.information])
    bound = np.minimum(betas, 1) * table.information
    certified = np.ones(len(betas), bool)
    open_ = np.flatnonzero(_excess(table, betas, rate, information).min(1) - bound > TOLERANCE)
    if len(open_):
        solved = solve(table, betas[open_])
        rate, information = np.append(rate, solved.rate), np.append(information, solved.information)
        certified[open_] = (table.p_xy.shape[1] == 2) | (solved.bound <= bound[open_])
        bound[open_] = np.maximum(bound[open_], solved.bound)
    order = np.argsort(rate)
    rate, information = rate[order], information[order]
    excess = _excess(table, betas, rate, information)
    least = excess.min(1)
    chosen = np.argmax(excess <= least[:, None] + TIE, axis=1)
    return Curve(betas, rate[chosen], information[chosen], np.maximum(least - bound, 0), certified)


def _excess(table, betas, rate, information):
    return table.information - information + betas[:, None] * rate


def critical_beta(p_xy: ArrayLike["inputs labels"]) -> float:
    """The largest beta at which codes that keep a little, of all inputs, beat the trivial one: float.

    The squared maximal correlation, that is the second largest squared singular value of p(x,y) / sqrt(p(x) p(y))
    (Wu, Fischer, Chuang & Tegmark 2019). Below it the trivial code is not even a local optimum. Unless the table is
    symmetric, a code far from the trivial one mostly wins at larger betas already, up to collapse_beta. 0 where X and Y
    are independent. Raises as information_bottleneck does.
    """
    table = reduced(checks.joint(p_xy))
    values = np.linalg.svd(table.p_xy / np.sqrt(table.p_x)[:, None] / np.sqrt(table.p_y), compute_uv=False)
    return float(min(values[1] ** 2, 1)) if len(values) > 1 else 0.0


def collapse_beta(p_xy: ArrayLike["inputs labels"]) -> float:
    """The beta from which on the trivial code is the best of all: float, at least critical_beta.

    The largest D(q(y) || p(y)) / D(q(x) || p(x)) over all distributions q(x), where q(y) is that of the labels then
    (Anantharam, Gohari, Kamath & Nair 2013). Found where the dual of the trivial code (vib/exact/dual.py) first exceeds
    1, by ascents from every input and mixtures of them: no proof, but no code was found above it. Raises as
    information_bottleneck does.
    """
    low, high = critical_beta(p_xy), 1.0
    table = reduced(checks.joint(p_xy))
    for _ in range(REFINEMENTS if low < high else 0):
        betas = np.linspace(low, high, GRID + 1)
        inner = betas[1:-1]
        _, _, heights = examined(table, inner, [table.p_y[None]] * len(inner))
        improved = np.flatnonzero([each.max() > NOISE for each in heights])
        last = improved[-1] + 1 if len(improved) else 0
        low, high = betas[last], betas[last + 1]
    return float(low)
