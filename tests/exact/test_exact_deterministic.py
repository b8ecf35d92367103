"""Hard codes against every partition there is, and of two labels against the best cuts of a line."""

import numpy as np
import pytest
from scipy.special import rel_entr
from scipy.stats import entropy

from vib import data
from vib.exact import deterministic as module
from vib.exact import deterministic_information_bottleneck, information_at, information_bottleneck, tables

BETAS = np.concatenate([[0], np.geomspace(0.01, 1, 14), [3]])


def random_table(inputs, labels, concentration, seed):
    return np.random.default_rng(seed).dirichlet(np.full(inputs * labels, concentration)).reshape(inputs, labels)


def information(joint):
    return rel_entr(joint, joint.sum(1, keepdims=True) * joint.sum(0)).sum()


def partitions(count):
    """Every way to put `count` things into clusters."""
    rows = [[]]
    for _ in range(count):
        rows = [[*row, cluster] for row in rows for cluster in range(max(row, default=-1) + 2)]
    return np.array(rows)


@pytest.mark.parametrize(("inputs", "labels", "concentration"), [(6, 2, 0.3), (6, 4, 1), (7, 3, 0.2), (7, 3, 5)])
def test_every_partition_was_tried(inputs, labels, concentration):
    """877 partitions of 7 inputs: the least Lagrangian at every beta, and the least rate that has it."""
    every = np.eye(inputs)[partitions(inputs)]
    assert len(every) == {6: 203, 7: 877}[inputs]
    for seed in range(3):
        p_xy = random_table(inputs, labels, concentration, seed)
        joints = np.swapaxes(every, 1, 2) @ p_xy
        rate, known = entropy(joints.sum(2), axis=1), np.array([information(joint) for joint in joints])
        curve = deterministic_information_bottleneck(p_xy, BETAS)
        best = (known - BETAS[:, None] * rate).max(1)
        np.testing.assert_allclose(curve.information - BETAS * curve.rate, best, rtol=0, atol=2e-12)
        assert np.isnan(curve.gap).all() and not curve.certified.any()


def test_two_labels_are_cuts_of_a_line():
    """The best clusters of two labels are intervals of p(y=1|x), so that a shortest path finds them: 60 inputs."""
    p_xy = random_table(60, 2, 0.5, 0)
    p_xy = p_xy[np.argsort(p_xy[:, 1] / p_xy.sum(1))]
    sums = np.concatenate([np.zeros((1, 2)), p_xy.cumsum(0)])
    betas = np.geomspace(0.002, 0.5, 8)
    curve = deterministic_information_bottleneck(p_xy, betas)
    for beta, found in zip(betas, curve.information - betas * curve.rate, strict=True):
        best = [0.0]
        for end in range(1, 61):
            cells = sums[end] - sums[:end]
            mass = cells.sum(1)
            worth = -mass * entropy(cells, axis=1) + beta * mass * np.log(mass)
            best.append((np.array(best) + worth).max())
        assert abs(best[-1] + entropy(p_xy.sum(0)) - found) < 1e-11


def test_below_the_frontier_of_all_codes_and_monotone():
    p_xy = random_table(12, 4, 0.5, 1)
    hard, soft = (solve(p_xy, BETAS) for solve in (deterministic_information_bottleneck, information_bottleneck))
    assert (hard.information <= information_at(soft, hard.rate) + 1e-12).all()
    assert (np.diff(hard.rate) <= 0).all() and (np.diff(hard.information) <= 0).all()
    np.testing.assert_allclose([hard.rate[0], hard.information[0]], [entropy(p_xy.sum(1)), information(p_xy)])
    np.testing.assert_allclose([hard.rate[-2:], hard.information[-2:]], 0, atol=1e-15)


def test_twelve_bit_task_and_inputs_alike():
    p_xy = data.load("szt").exact.p_xy
    curve = deterministic_information_bottleneck(p_xy, [0.9, 1e-3, 1])
    np.testing.assert_allclose(curve.rate / np.log(2), [0.9991571, 0.9991571, 0], rtol=0, atol=5e-8)
    small = random_table(5, 3, 0.5, 2)
    one, other = (deterministic_information_bottleneck(p, BETAS) for p in (small, np.repeat(small, 3, 0) / 3))
    np.testing.assert_allclose(one.rate, other.rate, rtol=0, atol=1e-12)


def test_many_inputs_go_without_mergers(monkeypatch):
    p_xy = random_table(20, 3, 0.3, 3)
    merged = deterministic_information_bottleneck(p_xy, BETAS[1:-2])
    monkeypatch.setattr(module, "MOST_MERGED", 0)
    alone = deterministic_information_bottleneck(p_xy, BETAS[1:-2])
    lost = (merged.information - merged.betas * merged.rate) - (alone.information - alone.betas * alone.rate)
    assert np.abs(lost).max() < 1e-11


def test_partitions_are_kept_once():
    found = module.Partitions(tables.reduced(random_table(4, 3, 1, 0)))
    for partition in ([0, 0, 1, 2], [5, 5, 0, 1], [1, 1, 2, 0], [0, 1, 1, 2]):
        found.add(np.array(partition))
    assert [list(each) for each in found.members] == [[0, 0, 1, 2], [0, 1, 1, 2]]
