"""The gap: a bound that solutions planted in local optima cannot hide from, and the tools that it is made of."""

import numpy as np
import pytest
from scipy.special import logsumexp, rel_entr

from vib.exact import dual, information_bottleneck, interval, iterations, solver, tables, weights


def random_table(inputs, labels, concentration=1.0, seed=0):
    p_xy = np.random.default_rng(seed).dirichlet(np.full(inputs * labels, concentration)).reshape(inputs, labels)
    return tables.reduced(p_xy)


def fixed_points(table, beta, clusters, count, seed):
    """Where textbook iterations from random encoders end: encoders [count, x, t]."""
    encoder = np.random.default_rng(seed).dirichlet(np.full(clusters, 0.3), (count, len(table.p_x)))
    for _ in range(4000):
        joint = np.swapaxes(encoder, 1, 2) @ table.p_xy
        encoder, _ = iterations.encode(table, np.full(count, beta), joint)
    return encoder


@pytest.mark.parametrize(("labels", "seed"), [(2, 0), (3, 1), (4, 2)])
def test_planted_local_optima_show_their_gap(labels, seed):
    """Converged codes of two clusters, few, as they may be: each gap is at least what the best code gains on it."""
    table, beta = random_table(8, labels, 0.5, seed), 0.04
    encoder = fixed_points(table, beta, 2, 6, seed)
    joints = list(np.swapaxes(encoder, 1, 2) @ table.p_xy)
    found, _, _ = solver.examined(table, np.full(6, beta), joints)
    reached = beta * found.rate - found.information
    gap = reached + table.information - found.bound
    best = information_bottleneck(table.p_xy, [beta])
    missing = reached - (beta * best.rate - best.information)
    assert missing.max() > 1e-2, "no local optimum was planted"
    assert (gap >= missing - 1e-12).all()
    steps = np.abs(np.swapaxes(iterations.encode(table, np.full(6, beta), np.array(joints))[0] - encoder, 1, 2)).max()
    assert steps < 1e-6  # the last two iterates would have said that all is well


def test_the_bound_holds_for_any_solution():
    """Unfinished ones too: clusters and masses drawn at random are bounded from below as well."""
    table, random = random_table(6, 2, 0.7, 3), np.random.default_rng(0)
    betas = np.geomspace(1e-3, 0.9, 12)
    best = information_bottleneck(table.p_xy, betas)
    excess = table.information - best.information + betas * best.rate
    joints = [random.dirichlet(np.ones(8)).reshape(4, 2) for _ in betas]
    found, _, _ = solver.examined(table, betas, joints)
    assert (found.bound <= excess + 1e-12).all() and np.isfinite(found.bound).all()


def brute_height(table, beta, log_z, labels):
    """log S(r) from its definition, term by term."""
    divergence = rel_entr(table.p_y_x[:, None], labels).sum(-1)
    return logsumexp((np.log(table.p_x) - log_z)[:, None] - divergence / beta, axis=0)


def test_two_labels_are_searched_wholly():
    """The bound of the interval search against S on a fine grid: never below it, and close."""
    table, betas = random_table(9, 2, 0.5, 4), np.geomspace(2e-3, 0.9, 8)
    joint = np.broadcast_to(table.p_xy[:4] / table.p_xy[:4].sum(), (8, 4, 2))
    _, log_z = iterations.encode(table, betas, joint)
    upper, best, height = interval.largest(table, betas, log_z, np.zeros(8), 1e-9 / betas)
    r = 1 / (1 + np.exp(-np.linspace(-25, 25, 100_001)))
    for i, beta in enumerate(betas):
        dense = brute_height(table, beta, log_z[i], np.stack([1 - r, r], 1)).max()
        assert dense <= upper[i] and upper[i] - dense < 1e-9 / beta + 1e-6 * max(1, abs(dense))
        np.testing.assert_allclose(brute_height(table, beta, log_z[i], best[[i]]), height[i], rtol=0, atol=1e-8)


def test_ascents_arrive_at_maxima():
    """Where S is stationary in every direction of the simplex, and nowhere below where the ascent began."""
    table, betas = random_table(9, 4, 0.5, 5), np.array([0.02, 0.1, 0.3])
    joint = np.broadcast_to(table.p_xy[:3] / table.p_xy[:3].sum(), (3, 3, 4))
    _, log_z = iterations.encode(table, betas, joint)
    first = dual.starts(table)
    labels, heights, owner = dual.peaks(table, betas, log_z, np.tile(first, (3, 1)), np.repeat([0, 1, 2], len(first)))
    for i, beta in enumerate(betas):
        r, height = labels[owner == i], heights[owner == i]
        np.testing.assert_allclose(brute_height(table, beta, log_z[i], r), height, rtol=0, atol=1e-9)
        assert height.max() >= brute_height(table, beta, log_z[i], np.maximum(first, 1e-300)).max()
        random = np.random.default_rng(0).dirichlet(np.ones(4), 3000)
        assert height.max() >= brute_height(table, beta, log_z[i], random).max()
        top = r[np.argmax(height)]
        nearby = np.abs(top * (1 + 1e-4 * np.random.default_rng(1).normal(size=(500, 4))))
        nearby /= nearby.sum(1, keepdims=True)
        assert brute_height(table, beta, log_z[i], nearby).max() <= height.max() + 1e-10


def test_masses_are_the_best():
    """Karush, Kuhn & Tucker: no cluster pulls more than 1, those in use exactly 1; and no random mixture is better."""
    random = np.random.default_rng(0)
    p_x, likelihood = random.dirichlet(np.ones(12)), random.random((3, 12, 30)) ** 4
    likelihood[..., 7] = likelihood[..., 3]  # twins
    likelihood[..., 9] = 0
    mass = weights.best_masses(p_x, likelihood)
    np.testing.assert_allclose(mass.sum(1), 1, rtol=1e-12)
    assert (mass >= 0).all() and (mass[:, 9] < 1e-12).all()
    mixed = np.einsum("bxt,bt->bx", likelihood, mass)
    pull = np.einsum("bxt,x,bx->bt", likelihood, p_x, 1 / mixed)
    assert pull.max() < 1 + 1e-9 and np.abs(pull - 1)[mass > 1e-6].max() < 1e-7
    others = np.einsum("bxt,nt->bnx", likelihood, random.dirichlet(np.full(30, 0.1), 2000))
    assert ((np.log(others + 1e-300) @ p_x).max(1) <= np.log(mixed) @ p_x).all()


def test_acceleration_never_does_worse_than_plain_steps():
    table, betas = random_table(10, 4, 1, 6), np.geomspace(0.01, 0.5, 10)
    joint = plain = np.broadcast_to(table.p_xy, (10, *table.p_xy.shape))
    for _ in range(51):
        plain, excess = iterations.step(table, betas, plain)
    _, reached = iterations.step(table, betas, iterations.accelerated(table, betas, joint, 50))
    assert (reached <= excess + 1e-11).all() and (reached < excess - 1e-8).any()
