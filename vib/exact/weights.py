"""The best masses of given clusters: a convex problem, solved exactly."""

import numpy as np

STEPS = 40
SMALL = 1e-15  # of the mean product of a mass and its slack, at which it is solved


def best_masses(p_x, likelihood):
    """p(t) [beta, t] that makes sum_x p(x) log sum_t p(t) likelihood [beta, x, t] largest.

    A primal-dual interior point: of the slack s_t = 1 - sum_x p(x) likelihood_xt / Z_x, which is >= 0 at the solution,
    and p(t) s_t = 0 (Koenker & Mizera 2014, on mixtures, which have the same form). Each row of the
    likelihood may have a scale of its own; a column of zeros gets no mass.
    """
    mass = np.full(likelihood[:, 0].shape, 1 / likelihood.shape[-1])
    slack = np.ones_like(mass)
    for _ in range(STEPS):
        mixed = (likelihood @ mass[..., None])[..., 0]
        force = ((p_x / mixed)[:, None] @ likelihood)[:, 0]
        product = (mass * slack).mean(-1)
        if product.max() < SMALL:
            break
        scaled = likelihood * (np.sqrt(p_x) / mixed)[..., None]
        curvature = np.swapaxes(scaled, 1, 2) @ scaled
        diagonal = np.einsum("btt->bt", curvature)
        diagonal += slack / mass + SMALL * diagonal.sum(-1, keepdims=True)
        aim = 0.1 * product[:, None]
        change = np.linalg.solve(curvature, (aim / mass - 1 + force)[..., None])[..., 0]
        loosened = aim / mass - slack - slack / mass * change
        length = np.minimum(_longest(mass, change), _longest(slack, loosened))
        mass, slack = mass + length * change, slack + length * loosened
    return mass / mass.sum(-1, keepdims=True)


def _longest(value, change):
    """The share of a change, at most 1, that takes no value [beta, t] more than 99 % of its way to 0: [beta, 1]."""
    falls = -change > 0.99 * value
    shares = np.where(falls, 0.99 * value / np.where(falls, -change, 1), 1)
    return shares.min(-1, keepdims=True)
