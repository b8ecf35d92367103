"""The frontier of a joint table: the best solution at every beta, with a bound on what any other could gain.

Over p(t) and r_t(y) together the excess (iterations.py) is riddled with local minima, and restarts do not leave them.
But it depends on the clusters only through the measure sum_t p(t) delta(r_t), in which it is convex: a mixture whose
components are all distributions r of y. So it is solved as mixtures are (Lindsay 1983; Wang 2007):

1. each beta starts from the deterministic encoder, one cluster for every x, where reverse annealing starts, and takes
   accelerated Blahut-Arimoto steps;
2. the dual (dual.py) bounds what is missing, and its maxima are the clusters that are missing;
3. with them the best masses are found exactly (weights.py), which never does harm and brings the gap down about four
   times; at first a second trial, the maxima alone moved by Blahut-Arimoto steps, often ends the search at once.

Rounds of 2 and 3 go on until the gap is below TOLERANCE.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from threadpoolctl import threadpool_limits

from vib.exact import interval
from vib.exact.dual import peaks, starts
from vib.exact.iterations import accelerated, closeness, divide, encode
from vib.exact.tables import reached
from vib.exact.weights import best_masses

TOLERANCE = 1e-9  # nats
ROUNDS, TRIALS = 20, 3
FIRST_STEPS, STEPS = 60, 30
TOGETHER = 8  # betas whose masses are found at a time, all with as many clusters as the largest of them
UNUSED = 1e-9  # a cluster that every x belongs to with less is dropped; the gap feels it to first order
RADIUS = 1e-4  # squared distance, in units of beta, of labels that count as one
ROUNDING = 1e-13  # nats that a sum of this size may be off
CHUNK = 200_000  # numbers q(t|x) that are held at a time, which the caches still take


class Solved(NamedTuple):
    """Where the solutions lie, and the least excess that the dual leaves possible; nats."""

    rate: np.ndarray  # [beta]
    information: np.ndarray  # [beta]
    bound: np.ndarray  # [beta]


def solve(table, betas):
    """Solved of betas [beta] in (0, 1); neighbours are best side by side."""
    parts = np.array_split(betas, min(len(betas), 1 + len(betas) * len(table.p_x) ** 2 // CHUNK))
    # a core for each part: on matrices of this size the threads of BLAS are several times slower than none
    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        solved = list(pool.map(lambda part: _solve(table, part), parts))
    return Solved(*(np.concatenate(values) for values in zip(*solved, strict=True)))


def _solve(table, betas):
    joint = accelerated(table, betas, np.broadcast_to(table.p_xy, (len(betas), *table.p_xy.shape)), FIRST_STEPS)
    joints, _ = weighed(table, betas, _moved(table, betas, joint))
    solved, todo = Solved(*np.zeros((3, len(betas)))), np.arange(len(betas))
    for left in reversed(range(ROUNDS)):
        found, labels, heights = examined(table, betas[todo], joints)
        for values, value in zip(solved, found, strict=True):
            values[todo] = value
        gap = table.information - found.information + betas[todo] * found.rate - found.bound
        missing = np.flatnonzero(gap > TOLERANCE)
        if not len(missing) or not left:
            break
        todo = todo[missing]
        joints, labels, heights = ([values[i] for i in missing] for values in (joints, labels, heights))
        grown, excess = weighed(table, betas[todo], _grown(betas[todo], joints, labels, heights))
        joints = _trial(table, betas[todo], grown, excess, labels, heights) if left >= ROUNDS - TRIALS else grown
    return solved


def examined(table, betas, joints):
    """(Solved of solutions p(t,y), the maxima r of S of each, their log S)."""
    joint, count = _stacked(joints), len(betas)
    encoder, log_z = encode(table, betas, joint)
    first = starts(table)
    own = [np.concatenate([first, divide(each)[1]]) for each in joints]
    owner = np.repeat(np.arange(count), [len(each) for each in own])
    labels, heights, owner = peaks(table, betas, log_z, np.concatenate(own), owner)
    labels, heights = ([values[owner == i] for i in range(count)] for values in (labels, heights))
    top = np.array([max(0, each.max()) for each in heights])
    if table.p_xy.shape[1] == 2:
        slack = np.maximum(0.1 * top, 0.1 * TOLERANCE / betas)
        top, best, height = interval.largest(table, betas, log_z, top, slack)
        labels = [np.concatenate([each, best[[i]]]) for i, each in enumerate(labels)]
        heights = [np.append(each, height[i]) for i, each in enumerate(heights)]
    bound = -betas * (log_z @ table.p_x + top) - ROUNDING
    return Solved(*reached(table, encoder), bound), labels, heights


def weighed(table, betas, labels):
    """(p(t,y) of the clusters worth their mass, the excess [beta]) of labels [t, y] for each beta."""
    joints, excess = [None] * len(betas), np.zeros(len(betas))
    by_size = np.argsort([len(each) for each in labels], kind="stable")
    for part in np.array_split(by_size, -(-len(betas) // TOGETHER)):
        stacked = _stacked([labels[i] for i in part])
        nearness = closeness(table, betas[part], stacked)
        nearness[~np.broadcast_to(stacked.any(-1)[:, None], nearness.shape)] = -np.inf
        likelihood = np.exp(nearness - nearness.max(-1, keepdims=True))
        joint = best_masses(table.p_x, likelihood)[..., None] * stacked
        encoder, log_z = encode(table, betas[part], joint)
        excess[part] = -betas[part] * (log_z @ table.p_x)
        for i, p_ty, q in zip(part, joint, encoder, strict=True):
            joints[i] = p_ty[q.max(0) > UNUSED]
    return joints, excess


def _grown(betas, joints, labels, heights):
    """The labels of solutions, and the maxima where S > 1."""
    kept = [height > 1e-3 * height.max() for height in heights]
    high = (_distinct(*each) for each in _where(kept, labels, heights, betas))
    return [np.concatenate([divide(joint)[1], more]) for joint, more in zip(joints, high, strict=True)]


def _trial(table, betas, joints, excess, labels, heights):
    """Solutions made of the maxima of S alone, moved; the given ones where that is worse."""
    kept = [height > -10 * height.max() for height in heights]
    few, _ = weighed(table, betas, [_distinct(*each) for each in _where(kept, labels, heights, betas)])
    moved = _moved(table, betas, accelerated(table, betas, _stacked(few), STEPS))
    moved, found = weighed(table, betas, moved)
    better = found < excess + 0.1 * TOLERANCE
    return [pair[int(well)] for *pair, well in zip(joints, moved, better, strict=True)]


def _where(kept, labels, heights, betas):
    return ((label[keep], height[keep], b) for keep, label, height, b in zip(kept, labels, heights, betas, strict=True))


def _moved(table, betas, joint):
    """The distinct labels of the clusters in use, for each beta, of p(t,y) [beta, t, y]."""
    encoder, _ = encode(table, betas, joint)
    mass, labels = divide(joint)
    used = encoder.max(1) > UNUSED
    parts = zip(labels, mass, used, betas, strict=True)
    return [_distinct(label[use], weight[use], beta) for label, weight, use, beta in parts]


def _distinct(labels, importance, beta):
    """Labels [t, y] without those near a more important one."""
    labels = labels[np.argsort(-importance)]
    total = labels[:, None] + labels
    distance = ((labels[:, None] - labels) ** 2 / np.where(total > 0, total, 1)).sum(-1)
    near, kept = distance < RADIUS * beta, np.ones(len(labels), bool)
    for i in range(len(labels)):
        kept[i + 1 :] &= ~(near[i, i + 1 :] & kept[i])
    return labels[kept]


def _stacked(rows):
    """Arrays [t, y] as one [beta, t, y], filled up with zeros."""
    stacked = np.zeros((len(rows), max(map(len, rows)), rows[0].shape[1]))
    for target, row in zip(stacked, rows, strict=True):
        target[: len(row)] = row
    return stacked
