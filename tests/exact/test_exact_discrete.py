"""The frontier of joint tables: against hulls, linear programs and brute force, and the shape that frontiers have."""

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.special import entr, logsumexp, rel_entr
from scipy.stats import entropy

from vib.exact import collapse_beta, critical_beta, information_at, information_bottleneck, reciprocal_beta

TOLERANCE = 1.2e-9  # the stated 1e-9, and what certifying adds


def random_table(inputs, labels, concentration=1.0, seed=0):
    return np.random.default_rng(seed).dirichlet(np.full(inputs * labels, concentration)).reshape(inputs, labels)


def information(joint):
    return rel_entr(joint, joint.sum(-1, keepdims=True) * joint.sum(-2, keepdims=True)).sum((-2, -1))


def lagrangian(curve):
    return curve.betas * curve.rate - curve.information


def plain(p_xy, betas, restarts, steps, clusters, seed=0):
    """-I(T;Y) + beta I(X;T) of the best of random starts at each beta, by the textbook iteration."""
    p_x, random = p_xy.sum(1), np.random.default_rng(seed)
    p_y_x = p_xy / p_x[:, None]
    encoder = random.dirichlet(np.ones(clusters), (restarts, len(betas), len(p_x)))
    betas = np.asarray(betas)[:, None, None]
    for _ in range(steps):
        joint = np.swapaxes(encoder, -1, -2) @ p_xy
        p_t = joint.sum(-1) + 1e-300
        log_y_t = np.log(joint / p_t[..., None] + 1e-300)
        score = np.log(p_t)[..., None, :] + p_y_x @ np.swapaxes(log_y_t, -1, -2) / betas
        encoder = np.exp(score - logsumexp(score, axis=-1, keepdims=True))
    joint, rate = np.swapaxes(encoder, -1, -2) @ p_xy, information(p_x[:, None] * encoder)
    return (betas[:, 0, 0] * rate - information(joint)).min(0)


def envelope(points, values, at):
    """The lower convex hull of a curve at one place: the lowest chord above it."""
    left, right = points <= at, points > at
    share = (at - points[left])[:, None] / (points[right] - points[left][:, None])
    return (values[left][:, None] * (1 - share) + values[right] * share).min()


@pytest.mark.parametrize("labels", [2, 3])
def test_two_inputs_are_the_hull_of_a_curve(labels):
    """The least H(Y|T) - beta H(X|T) is the hull of H(Y|w) - beta H(w) at p(x), here through 2001 points."""
    p_xy, betas = random_table(2, labels, 0.7, seed=labels), np.linspace(0.02, 0.6, 6)
    w = np.append(np.linspace(0, 1, 2000), p_xy.sum(1)[1])
    share = np.stack([1 - w, w], 1)
    of_y, of_x = entr(share @ (p_xy / p_xy.sum(1, keepdims=True))).sum(-1), entr(share).sum(-1)
    found = lagrangian(information_bottleneck(p_xy, betas))
    hull = [envelope(w, of_y - beta * of_x, p_xy.sum(1)[1]) for beta in betas]
    expected = hull + betas * entropy(p_xy.sum(1)) - entropy(p_xy.sum(0))
    assert (expected - found > -1e-12).all() and (expected - found < 5e-6).all()
    assert (found < -1e-3).sum() >= 2


def test_three_inputs_are_a_linear_program():
    """The same of three inputs: the cheapest mixture of 3321 points of their simplex."""
    p_xy, betas = random_table(3, 3, 0.4, seed=8), np.array([0.05, 0.2, 0.35])
    steps = 80
    grid = np.array([(i, j, steps - i - j) for i in range(steps + 1) for j in range(steps + 1 - i)]) / steps
    of_y, of_x = entr(grid @ (p_xy / p_xy.sum(1, keepdims=True))).sum(-1), entr(grid).sum(-1)
    curve = information_bottleneck(p_xy, betas)
    for beta, found in zip(betas, lagrangian(curve), strict=True):
        best = linprog(of_y - beta * of_x, A_eq=grid.T, b_eq=p_xy.sum(1), method="highs").fun
        expected = best + beta * entropy(p_xy.sum(1)) - entropy(p_xy.sum(0))
        assert -1e-9 < expected - found < 1e-3


@pytest.mark.parametrize(("inputs", "labels", "seed"), [(8, 4, 0), (8, 4, 1), (8, 4, 2), (20, 5, 3), (20, 5, 4)])
def test_random_tables_leave_no_gap_and_no_better_restart(inputs, labels, seed):
    """The gap of every beta is below the tolerance, and no restart of the textbook iteration is below the curve."""
    p_xy, betas = random_table(inputs, labels, 0.5, seed), np.geomspace(0.01, 0.7, 12)
    curve = information_bottleneck(p_xy, betas)
    assert (curve.gap >= 0).all() and curve.gap.max() < TOLERANCE
    best = plain(p_xy, betas, restarts=20 if inputs == 8 else 6, steps=300, clusters=inputs, seed=seed)
    assert (best - lagrangian(curve) > -1e-12).all()


def test_smooth_table_leaves_no_gap():
    """Logistic labels: neighbouring clusters overlap, which slows any iteration; certified."""
    p = 1 / (1 + np.exp(-np.linspace(-3, 3, 24)))
    curve = information_bottleneck(np.stack([p, 1 - p], 1) / 24, np.geomspace(0.003, 0.6, 16))
    assert curve.gap.max() < TOLERANCE and curve.certified.all()


@pytest.mark.parametrize(("inputs", "labels", "concentration"), [(6, 2, 1), (8, 4, 0.1), (12, 3, 2)])
def test_shape_of_a_frontier(inputs, labels, concentration):
    """Below rate, I(X;Y) and its tangents; concave; monotone; of slope beta between its neighbours' betas."""
    p_xy = random_table(inputs, labels, concentration, seed=5)
    betas = np.append(0, np.geomspace(1e-3, 1.2, 60))
    curve = information_bottleneck(p_xy, betas)
    total = information(p_xy)
    assert (curve.information <= np.minimum(curve.rate, total) + 1e-14).all()
    np.testing.assert_allclose([curve.rate[0], curve.information[0]], [entropy(p_xy.sum(1)), total], rtol=1e-12)
    rate_steps, steps = np.diff(curve.rate), np.diff(curve.information)
    assert (rate_steps <= 1e-9).all() and (steps <= 1e-9).all()
    moved = np.flatnonzero(rate_steps < -1e-6)
    slopes = steps[moved] / rate_steps[moved]
    assert len(moved) > 20
    assert (slopes > betas[moved] - 1e-6).all() and (slopes < betas[moved + 1] + 1e-6).all()
    np.testing.assert_allclose(information_at(curve, curve.rate), curve.information, rtol=0, atol=TOLERANCE)


def test_slope_is_beta():
    p_xy, beta, step = random_table(8, 4, 1, seed=0), 0.05, 1e-3
    low, high = (information_bottleneck(p_xy, [beta * (1 + sign * step)]) for sign in (-1, 1))
    slope = (high.information - low.information) / (high.rate - low.rate)
    np.testing.assert_allclose(slope, beta, rtol=1e-5)


def test_no_code_is_above_the_bound():
    """Encoders drawn at random from hardly to fully random, and the bound between the curve's own points."""
    p_xy = random_table(7, 3, 0.5, seed=2)
    few = information_bottleneck(p_xy, np.append(0, np.geomspace(0.02, 0.9, 6)))
    many = information_bottleneck(p_xy, np.geomspace(0.005, 0.95, 60))
    random = np.random.default_rng(0)
    encoders = np.concatenate([random.dirichlet(np.full(5, c), (2000, 7)) for c in (0.02, 0.2, 1)])
    rate = information(p_xy.sum(1)[:, None] * encoders)
    known = information(np.swapaxes(encoders, -1, -2) @ p_xy)
    for curve in (few, many):
        bound = information_at(curve, rate)
        assert bound.shape == rate.shape and (known <= bound + 1e-12).all()
        assert (bound <= rate).all()
    assert (information_at(few, many.rate) >= many.information - 1e-12).all()
    total = information(p_xy)
    np.testing.assert_allclose(information_at(few, [[0, -1, 50]]), [[0, 0, total]], rtol=0, atol=1e-12)
    assert np.isnan(information_at(few, np.nan))


def test_inputs_alike_are_one_and_labels_that_never_occur_none():
    """Rows split, scaled by awkward numbers, shuffled, and empty columns: the same curve."""
    p_xy, betas = random_table(5, 3, 0.5, seed=1), [0, 0.03, 0.1, 0.3]
    random = np.random.default_rng(1)
    split = np.concatenate([p_xy * share for share in (0.1, 0.3, 0.6)])[random.permutation(15)]
    split = np.insert(split, [0, 2], 0.0, axis=1)
    one, other = information_bottleneck(p_xy, betas), information_bottleneck(split, betas)
    np.testing.assert_allclose(lagrangian(other), lagrangian(one), rtol=0, atol=1e-12)
    np.testing.assert_allclose(other.rate, one.rate, rtol=0, atol=1e-7)


def test_independent_labels_have_nothing_to_keep():
    for p_xy in (np.outer([0.2, 0.8], [0.5, 0.3, 0.2]), [[0.5, 0.0], [0.5, 0.0]]):
        curve = information_bottleneck(p_xy, [0, 0.1, 2])
        np.testing.assert_allclose([curve.rate, curve.information, curve.gap], 0, atol=1e-15)
        assert critical_beta(p_xy) == collapse_beta(p_xy) == 0


def test_betas_in_any_order_and_at_the_ends():
    """Tiny betas keep everything; from 1 on nothing is kept; each beta has what it has alone."""
    p_xy = random_table(6, 3, 1, seed=3)
    betas = np.array([0.3, 1e-300, 5, 0.02, 1, 0.3, 1e-7, 0])
    curve = information_bottleneck(p_xy, betas)
    np.testing.assert_array_equal(curve.betas, betas)
    assert curve.betas.dtype == curve.rate.dtype == curve.gap.dtype == np.float64 and curve.certified.dtype == bool
    np.testing.assert_allclose(curve.rate[[1, 6, 7]], entropy(p_xy.sum(1)), rtol=1e-12)
    assert not curve.rate[[2, 4]].any() and not curve.information[[2, 4]].any() and curve.rate[0] == curve.rate[5]
    assert curve.certified[[1, 2, 4, 7]].all()
    alone = [information_bottleneck(p_xy, [beta]).rate[0] for beta in betas]
    np.testing.assert_allclose(curve.rate, alone, rtol=0, atol=1e-7)


def test_rare_inputs_and_rare_labels():
    """Probabilities of 1e-12 beside ordinary ones."""
    p_xy = random_table(6, 3, 1, seed=4)
    p_xy[2] *= 1e-12
    p_xy[:, 1] *= 1e-9
    curve = information_bottleneck(p_xy / p_xy.sum(), np.geomspace(1e-6, 0.9, 15))
    assert np.isfinite(curve.rate).all() and curve.gap.max() < TOLERANCE


@pytest.mark.parametrize("seed", range(4))
def test_where_the_curve_begins(seed):
    """The collapse is where the best of many q(x) keeps the largest part of D(q(x) || p(x)) in y; before and after."""
    p_xy = random_table(3, 3, 0.3, seed)
    p_x = p_xy.sum(1)
    collapse, critical = collapse_beta(p_xy), critical_beta(p_xy)
    q = np.random.default_rng(seed).dirichlet(np.full(3, 0.5), 200_000)
    of_x, of_y = rel_entr(q, p_x).sum(1), rel_entr(q @ (p_xy / p_x[:, None]), p_xy.sum(0)).sum(1)
    kept = (of_y / of_x)[of_x > 1e-3].max()
    assert critical <= collapse + 1e-12 and -1e-9 < collapse - kept < 1e-4
    before, after = information_bottleneck(p_xy, [0.99 * collapse, min(1.0001 * collapse, 1)]).rate
    assert before > 1e-4 and after == 0


def test_critical_beta_is_where_a_little_pays():
    """Of small changes of p(x): the largest curvature of D(q(y) || p(y)) against that of D(q(x) || p(x))."""
    p_xy = random_table(5, 4, 1, seed=9)
    p_x = p_xy.sum(1)
    turn = np.random.default_rng(0).normal(size=(20, 5)) * np.sqrt(p_x)
    turn -= turn.sum(1, keepdims=True) * p_x
    for _ in range(200):  # towards the one that keeps most, by power iteration with x -> y -> x
        turn = (turn @ (p_xy / p_x[:, None])) / p_xy.sum(0) @ p_xy.T
        turn -= turn.sum(1, keepdims=True) * p_x
        turn /= np.linalg.norm(turn, axis=1, keepdims=True)
    of_y = (turn @ (p_xy / p_x[:, None])) ** 2 / p_xy.sum(0)
    np.testing.assert_allclose(critical_beta(p_xy), (of_y.sum(1) / (turn**2 / p_x).sum(1)).max(), rtol=1e-9)


def test_one_function_converts_the_multiplier():
    np.testing.assert_allclose(reciprocal_beta([0.5, 4]), [2, 0.25])
    np.testing.assert_allclose(reciprocal_beta(reciprocal_beta(0.3)), 0.3)
