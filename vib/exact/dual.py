"""How far a solution can be from the best one: the bound of a supporting hyperplane, and the clusters that it asks for.

With F(w) = H(Y|w) - beta H(w) of a distribution w of x, the least H(Y|T) + beta I(X;T) is beta H(X) + the convex
envelope of F at p(x) (Witsenhausen & Wyner 1975). A plane a lies below F, so that a.p(x) is below the
envelope, if and only if sum_x exp((a_x - c_x(r)) / beta) <= 1 for every distribution r of y, where c_x(r) =
-sum_y p(y|x) log r(y). Of a_x = beta log(p(x) / Z_x) - beta log max S with any Z > 0 this bounds the excess
I(X;Y) - I(T;Y) + beta I(X;T), which is L - H(Y|X), of every encoder:

    excess >= -beta sum_x p(x) log Z_x - beta log max_r S(r),  S(r) = sum_x p(x) / Z_x exp(-D(p(y|x) || r) / beta).

With the Z of a solution the first term is its own excess, and the mean of S over its clusters is 1. So the solution is
the best if and only if S <= 1; where S(r) > 1, a cluster at r with a little mass improves it.
"""

import numpy as np

from vib.exact.iterations import LEAST, log

MIXTURES = 40
SHIFTS, NEWTON_ROUNDS, NEWTON_STEPS = 20, 5, 3
CELL = 2.0**-10  # ascents this close after the first steps are one
STILL = 1e-13  # gain of log S at which an ascent has arrived


def pull(table, betas, log_z, labels):
    """(what share of S(r) is due to each x [n, x], log S(r) [n]) at labels r [n, y], given log Z [n, x]."""
    weight = log(labels) @ table.p_y_x.T
    weight -= table.self_information
    weight /= betas[:, None]
    weight += np.log(table.p_x) - log_z
    top = weight.max(-1, keepdims=True)
    np.exp(np.subtract(weight, top, out=weight), out=weight)
    total = weight.sum(-1, keepdims=True)
    weight /= total
    return weight, (np.log(total) + top)[:, 0]


def starts(table):
    """Labels to ascend from [n, y]: of every x, of all together, and of random mixtures of a few x."""
    share = np.random.default_rng(0).dirichlet(np.full(len(table.p_x), 0.3), MIXTURES)
    return np.concatenate([table.p_y_x, table.p_y[None], share @ table.p_y_x])


def peaks(table, betas, log_z, labels, owner):
    """(r [m, y], log S(r) [m], owner [m]) where ascents from labels [n, y] arrive; the owner is the place of its beta.

    First the steps of mean shift, r <- sum_x share_x p(y|x), which never go down, then Newton's; ascents that meet go
    on as one.
    """
    for _ in range(SHIFTS):
        share, height = pull(table, betas[owner], log_z[owner], labels)
        labels = share @ table.p_y_x
    rising = pull(table, betas[owner], log_z[owner], labels)[1] - height > STILL
    for _ in range(NEWTON_ROUNDS):
        first = _apart(labels, height, owner)
        labels, height, owner, rising = labels[first], height[first], owner[first], rising[first]
        where = np.flatnonzero(rising)
        arguments = betas[owner[where]], log_z[owner[where]]
        labels[where], height[where], rising[where] = _newton(table, *arguments, labels[where])
    return labels, pull(table, betas[owner], log_z[owner], labels)[1], owner


def _apart(labels, height, owner):
    """The places of the highest of the labels [n, y] in each cell of its owner."""
    fall = np.argsort(-height)
    return fall[np.unique(np.column_stack([owner, np.rint(labels / CELL)])[fall], axis=0, return_index=True)[1]]


def _newton(table, betas, log_z, labels):
    """(r, log S(r), whether it still rises) after steps in log r, each no worse than one of mean shift."""
    share, height = pull(table, betas, log_z, labels)
    rising = np.zeros(len(labels), bool)
    for _ in range(NEWTON_STEPS):
        shifted = share @ table.p_y_x
        trial = _newton_step(table, betas, share, shifted, labels)
        found, reached = pull(table, betas, log_z, trial)
        worse = np.flatnonzero(~(reached > height))
        trial[worse] = shifted[worse]
        found[worse], reached[worse] = pull(table, betas[worse], log_z[worse], trial[worse])
        rising = reached - height > STILL
        labels, height, share = trial, reached, found
    return labels, height, rising


def _newton_step(table, betas, share, shifted, labels):
    # the Hessian of log S in log r, both sides divided by the root of r: I less the covariance of p(y|x) over beta.
    # With the size of its eigenvalues in place of themselves a saddle is left and not looked for
    size = np.maximum(labels, np.maximum(1e-8 * shifted, LEAST))
    root = np.sqrt(size)
    count = labels.shape[1]
    pairs = (table.p_y_x[:, :, None] * table.p_y_x[:, None]).reshape(-1, count * count)
    covariance = (share @ pairs).reshape(-1, count, count) - shifted[:, :, None] * shifted[:, None]
    covariance /= root[:, :, None] * root[:, None] * betas[:, None, None]
    values, vectors = np.linalg.eigh(np.eye(count) - covariance)
    slope = ((shifted - size) / root)[..., None]
    step = vectors @ (np.swapaxes(vectors, 1, 2) @ slope / np.maximum(np.abs(values), 1e-6)[..., None])
    moved = size * np.exp(np.clip(step[..., 0] / root, -2, 2))
    return moved / moved.sum(1, keepdims=True)
