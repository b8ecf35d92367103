"""Blahut-Arimoto iterations of many betas at once, in the log domain, and their acceleration.

A solution is held as p(t,y) [beta, t, y]: the masses p(t) and the labels r_t(y) = p(y|t) of its clusters. Both updates
of Tishby, Pereira & Bialek 1999, theorem 5, in one step: q(t|x) from p(t) and r_t, then p(t,y) from q.
Where p(t) and r_t are any distributions,

    excess = - beta sum_x p(x) log Z_x,   Z_x = sum_t p(t) exp(-D(p(y|x) || r_t) / beta)

is no less than I(X;Y) - I(T;Y) + beta I(X;T) of that q, equal at a fixed point, and each step lowers it.
"""

import numpy as np

NOTHING = -1e200  # in place of log 0: times 0 it is 0, times any probability its exponential is 0
LEAST = 1e-300  # below which a probability is held fixed while extrapolating logarithms
DEPTH = 6  # differences that the acceleration remembers
SLACK = 1e-13  # nats that rounding may raise the excess by


def log(values):
    with np.errstate(divide="ignore"):
        return np.maximum(np.log(values), NOTHING)


def divide(joint):
    """(p(t) [..., t], r_t(y) [..., t, y]) of p(t,y); a cluster without mass gets uniform labels."""
    mass = joint.sum(-1)
    empty = mass[..., None] == 0
    return mass, np.where(empty, 1 / joint.shape[-1], joint / np.where(empty, 1, mass[..., None]))


def closeness(table, betas, labels):
    """-D(p(y|x) || r_t) / beta [beta, x, t] of labels r_t [beta, t, y]."""
    cross = np.swapaxes(log(labels) @ table.p_y_x.T, -1, -2)
    return (cross - table.self_information[:, None]) / betas[:, None, None]


def encode(table, betas, joint):
    """(encoder q(t|x) [beta, x, t], log Z [beta, x]) of p(t,y) [beta, t, y]."""
    mass, labels = divide(joint)
    weight = closeness(table, betas, labels)
    weight += log(mass)[:, None]
    top = weight.max(-1, keepdims=True)
    np.exp(np.subtract(weight, top, out=weight), out=weight)
    total = weight.sum(-1, keepdims=True)
    weight /= total
    return weight, (np.log(total) + top)[..., 0]


def step(table, betas, joint):
    """(the next p(t,y), the excess [beta] of this one)."""
    encoder, log_z = encode(table, betas, joint)
    return np.swapaxes(encoder, 1, 2) @ table.p_xy, -betas * (log_z @ table.p_x)


def accelerated(table, betas, joint, steps):
    """p(t,y) [beta, t, y] after so many steps with Anderson's extrapolation, each no worse than a plain one.

    Fixed-point residuals of log p(t,y), in the norm weighted by p(t,y), are combined to the least (Anderson 1965,
    Walker & Ni 2011); a beta whose excess would rise takes the plain step and forgets its past.
    """
    betas_count, shape = len(betas), joint.shape
    following, excess = step(table, betas, joint)
    points = np.zeros((DEPTH, betas_count, joint[0].size))
    residuals = np.zeros_like(points)
    at = _logarithm(joint)
    for i in range(steps):
        residual = _logarithm(following) - at
        moved = at + residual - _combined(points, residuals, residual, following.reshape(at.shape))
        trial = np.exp(moved - moved.max(1, keepdims=True)).reshape(shape)
        trial /= trial.sum((1, 2), keepdims=True)
        further, found = step(table, betas, trial)
        worse = np.flatnonzero(~(found <= excess + SLACK))
        if len(worse):
            trial[worse] = following[worse]
            further[worse], found[worse] = step(table, betas[worse], trial[worse])
        was, before = at, residual
        joint, following, excess, at = trial, further, found, _logarithm(trial)
        points[i % DEPTH], residuals[i % DEPTH] = at - was, _logarithm(following) - at - before
        points[:, worse] = residuals[:, worse] = 0
    return following


def _logarithm(joint):
    return np.log(np.maximum(joint, LEAST)).reshape(len(joint), -1)


def _combined(points, residuals, residual, weight):
    """What Anderson's rule takes off the plain step [beta, t * y]."""
    scaled = np.moveaxis(residuals, 0, 1) * np.sqrt(weight)[:, None]
    gram = scaled @ np.swapaxes(scaled, 1, 2)
    against = scaled @ (np.sqrt(weight) * residual)[..., None]
    size = np.trace(gram, axis1=1, axis2=2)[:, None, None]
    share = np.linalg.solve(gram + (1e-14 * size + LEAST) * np.eye(DEPTH), against)
    return (np.swapaxes(share, 1, 2) @ np.moveaxis(points + residuals, 0, 1))[:, 0]
