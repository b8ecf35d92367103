"""The deterministic information bottleneck of a joint table: the best hard partitions of its inputs."""

import numpy as np
from scipy.special import xlogy

from vib.exact import checks
from vib.exact.curve import Curve
from vib.exact.tables import entropy, mutual_information, reduced
from vib.typing import ArrayLike

RANDOM, BEST = 100, 20  # random partitions to begin from, and how many of all that are known to refine, at each beta
MOST_MERGED = 400  # inputs up to which clusters are merged pair by pair
TIE = 1e-12


def deterministic_information_bottleneck(p_xy: ArrayLike["inputs labels"], betas: ArrayLike[" beta"]) -> Curve:
    """The frontier of hard codes of p(x,y) [inputs, labels] at betas [beta]: Curve, nats.

    Points of least -I(T;Y) + beta H(T) over all partitions of the inputs (Strouse & Schwab 2017, equation 9, with 1 /
    beta for theirs); the rate is H(T), which is I(X;T) of such a code. How far the best one may be is not known: the
    gap is NaN, and certified False. Candidates are every merger of the closest two clusters, from all inputs apart to
    all together, and random partitions, each improved by Strouse & Schwab's steps and by moving one input or merging
    two clusters until nothing helps; what one beta finds is tried at every other. Raises as information_bottleneck.
    """
    table, betas = reduced(checks.joint(p_xy)), checks.multipliers(betas)
    found = Partitions(table)
    count = len(table.p_x)
    found.add(np.zeros(count, int))
    found.add(np.arange(count))
    levels, place = np.unique(betas, return_inverse=True)
    inside = [beta for beta in levels if 0 < beta < 1]
    random = np.random.default_rng(0)
    for beta in inside:
        if count <= MOST_MERGED:
            _merge_all(table, beta, found)
        for clusters in random.integers(2, max(3, count + 1), RANDOM):
            start = np.unique(random.integers(0, clusters, count), return_inverse=True)[1]
            found.add(_stepped(table, beta, start))
    for beta in [*inside, *inside[::-1]]:
        for partition in found.fresh(beta, BEST):
            found.add(_refined(table, beta, partition))
    chosen = np.array([found.order(beta)[0] for beta in levels])[place]
    rate, information = (np.array(values)[chosen] for values in (found.rate, found.information))
    return Curve(betas, rate, information, np.full(len(betas), np.nan), np.zeros(len(betas), bool))


class Partitions:
    """Hard partitions [x] that were met, each once, with H(T) and I(T;Y)."""

    def __init__(self, table):
        self.table, self.known, self.tried = table, {}, set()
        self.members, self.rate, self.information = [], [], []

    def add(self, partition):
        _, first, partition = np.unique(partition, return_index=True, return_inverse=True)
        partition = np.argsort(np.argsort(first))[partition]  # clusters count up as they come
        if self.known.setdefault(partition.tobytes(), len(self.members)) == len(self.members):
            joint = _joint(self.table, partition)
            self.members.append(partition)
            self.rate.append(float(entropy(joint.sum(1))))
            self.information.append(float(mutual_information(joint)))

    def order(self, beta):
        """Places of the partitions, the best first; of those as good as the best that of least rate."""
        value = np.array(self.information) - beta * np.array(self.rate)
        value = np.where(value >= value.max() - TIE, np.inf, value)
        return np.lexsort([self.rate, -value])

    def fresh(self, beta, count):
        """Those of the best few that were not asked for before at this beta."""
        places = [i for i in self.order(beta)[:count] if (beta, i) not in self.tried]
        self.tried.update((beta, i) for i in places)
        return [self.members[i] for i in places]


def _joint(table, partition):
    """p(t,y) of a partition [x]."""
    joint = np.zeros((partition.max() + 1, table.p_xy.shape[1]))
    np.add.at(joint, partition, table.p_xy)
    return joint


def _value(joint, beta):
    """What clusters p(t,y) [..., y] add to I(T;Y) - beta H(T) - H(Y)."""
    mass = joint.sum(-1)
    return xlogy(joint, joint).sum(-1) - (1 - beta) * xlogy(mass, mass)


def _merge_all(table, beta, found):
    """Merges the two clusters whose union is worth most until one is left; adds every partition on the way."""
    joint, partition, alive = table.p_xy.copy(), np.arange(len(table.p_x)), np.arange(len(table.p_x))
    value = _value(joint, beta)
    gain = np.stack([_value(joint + row, beta) - value - own for row, own in zip(joint, value, strict=True)])
    np.fill_diagonal(gain, -np.inf)
    while len(alive) > 1:
        kept, gone = (alive[i] for i in np.unravel_index(np.argmax(gain[np.ix_(alive, alive)]), [len(alive)] * 2))
        partition[partition == gone] = kept
        joint[kept] += joint[gone]
        alive = alive[alive != gone]
        value[kept] = _value(joint[kept], beta)
        others = alive[alive != kept]
        fresh = _value(joint[others] + joint[kept], beta) - value[others] - value[kept]
        gain[kept, others] = gain[others, kept] = fresh
        found.add(partition)


def _refined(table, beta, partition):
    """A partition that neither a step for all inputs, nor moving one, nor merging two improves."""
    partition = _stepped(table, beta, partition)
    while True:
        joint = np.concatenate([_joint(table, partition), np.zeros((1, table.p_xy.shape[1]))])  # one empty to move to
        value = _value(joint, beta)
        left = _value(joint[partition] - table.p_xy, beta) - value[partition]
        gain = _value(joint + table.p_xy[:, None], beta) - value + left[:, None]
        gain[np.arange(len(partition)), partition] = 0
        merge = _value(joint[:, None] + joint, beta) - value[:, None] - value
        np.fill_diagonal(merge, 0)
        if max(gain.max(), merge.max()) <= TIE:
            return partition
        partition = partition.copy()
        if gain.max() > merge.max():
            x, to = np.unravel_index(np.argmax(gain), gain.shape)
            partition[x] = to
        else:
            kept, gone = np.unravel_index(np.argmax(merge), merge.shape)
            partition[partition == gone] = kept
        partition = np.unique(partition, return_inverse=True)[1]


def _stepped(table, beta, partition):
    """A partition after steps of Strouse & Schwab 2017, algorithm 1, while they gain."""
    joint = _joint(table, partition)
    value = _value(joint, beta).sum()
    while True:
        mass = joint.sum(1)
        with np.errstate(divide="ignore"):
            cost = -table.p_y_x @ np.maximum(np.log(joint / mass[:, None]), -1e200).T - beta * np.log(mass)
        trial = np.unique(np.argmin(cost, axis=1), return_inverse=True)[1]
        joint = _joint(table, trial)
        reached = _value(joint, beta).sum()
        if reached <= value + TIE:
            return partition
        partition, value = trial, reached
