"""The largest S(r) of the dual for two labels, found and bounded from above over all r by branch and bound."""

import numpy as np
from scipy.special import expit, logit

FIRST = 64  # intervals to begin with
END, FAR = 700.0, 1e300  # of log(r / (1 - r)); between them lies one interval on either side
HALVINGS = 60
CHUNK = 500_000  # intervals times x that are looked at in one go


def largest(table, betas, log_z, known, slack):
    """(an upper bound of log max_r S(r) [beta], the best r found [beta, y], log S there) of two labels, given log Z.

    log_z [beta, x]; known [beta]: a value that log S reaches somewhere. The bound is no more than slack [beta] above
    the maximum, or looser where 60 halvings do not get there. In u = log(r / (1 - r)) a term s of S has the slope
    s (p - r) / beta and the second derivative s ((p - r)^2 / beta^2 - r (1 - r) / beta), where p = p(y=1|x). So it
    rises until r = p and falls from there: on an interval S is below the sum of the maxima of its terms, and below the
    parabola through its middle whose second derivative is the largest.
    """
    offset = np.log(table.p_x) - log_z - np.maximum(known, 0)[:, None]
    found, closed, best = np.full(len(betas), -np.inf), np.zeros(len(betas)), np.zeros(len(betas))
    edges = np.concatenate([[-FAR], np.linspace(-END, END, FIRST - 1), [FAR]])
    owner, place = np.divmod(np.arange(FIRST * len(betas)), FIRST)
    low, high = edges[place], edges[place + 1]
    for left in reversed(range(HALVINGS)):
        size = max(1, CHUNK // len(table.p_x))
        pieces = [slice(i, i + size) for i in range(0, len(owner), size)]
        bounds = [_bounds(table, betas[owner[i]], offset[owner[i]], low[i], high[i]) for i in pieces]
        reached, upper = (np.concatenate(parts) for parts in zip(*bounds, strict=True))
        middle = (low + high) / 2
        rising = np.argsort(reached)
        rising = rising[reached[rising] > found[owner[rising]]]
        found[owner[rising]], best[owner[rising]] = reached[rising], middle[rising]  # the last one stays
        splits = (upper > np.maximum(found, 0)[owner] + slack[owner]) & (np.abs(middle) < END) & (left > 0)
        np.maximum.at(closed, owner[~splits], upper[~splits])
        if not splits.any():
            break
        owner, low, middle, high = np.tile(owner[splits], 2), low[splits], middle[splits], high[splits]
        low, high = np.concatenate([low, middle]), np.concatenate([middle, high])
    known = np.maximum(known, 0)
    return known + np.maximum(found, closed), expit(np.stack([-best, best], 1)), known + found


def _bounds(table, betas, offset, low, high):
    """(log S in the middle, an upper bound of log S) of intervals [low, high] of u, [n] each."""
    p, beta = table.p_y_x[:, 1], betas[:, None]

    def terms(u):
        return np.exp(offset + (p * u - np.logaddexp(0, u) - table.self_information) / beta)

    low, high = low[:, None], high[:, None]
    center, half = (low + high) / 2, (high - low)[:, 0] / 2
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        left, middle, right = terms(low), terms(center), terms(high)
        most = np.where(logit(p) < low, left, np.where(logit(p) > high, right, np.exp(offset)))
        ends = expit(low), expit(high)
        steepest = np.maximum((p - ends[0]) ** 2, (p - ends[1]) ** 2) / beta
        flattest = np.minimum(ends[0] * (1 - ends[0]), ends[1] * (1 - ends[1]))
        bend = ((most * steepest - np.minimum(left, right) * flattest) / beta).sum(1)
        slope, at_middle = np.abs((middle * (p - expit(center)) / beta).sum(1)), middle.sum(1)
        reach = np.where(bend < 0, np.minimum(slope / -bend, half), half)
        parabola = at_middle + slope * reach + bend * reach**2 / 2
        return np.log(at_middle), np.log(np.fmin(most.sum(1), parabola))
