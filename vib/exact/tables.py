"""A joint table without what no bottleneck tells apart, and the points that encoders of it reach."""

from typing import NamedTuple

import numpy as np
from scipy.special import entr, xlogy

SAME = 2.0**40  # p(y|x) that agree when rounded to this many steps belong to one symbol


class Table(NamedTuple):
    """p(x,y) whose rows all differ as distributions of y and whose labels all occur; float64."""

    p_xy: np.ndarray  # [x, y]
    p_x: np.ndarray  # [x]
    p_y_x: np.ndarray  # [x, y]
    self_information: np.ndarray  # [x], sum_y p(y|x) log p(y|x), nats
    information: float  # I(X;Y), nats

    @property
    def p_y(self):
        return self.p_xy.sum(0)


def reduced(p_xy):
    """The Table of a joint [x, y], rows of equal p(y|x) added up, columns of zeros left out.

    Lossless: any frontier of the small table is that of the large one, as T may treat equal rows equally. Rows count
    as equal within 2^-40 = 1e-12, so that rounding does not keep them apart.
    """
    p_xy = p_xy[:, p_xy.any(0)]
    p_y_x = p_xy / p_xy.sum(1, keepdims=True)
    _, place = np.unique(np.rint(p_y_x * SAME), axis=0, return_inverse=True)
    p_xy = np.stack([np.bincount(place.ravel(), column) for column in p_xy.T], 1)
    p_x = p_xy.sum(1)
    p_y_x = p_xy / p_x[:, None]
    return Table(p_xy, p_x, p_y_x, xlogy(p_y_x, p_y_x).sum(1), float(mutual_information(p_xy)))


def mutual_information(joint):
    """Nats, of joints [..., a, b]; 0 log 0 is 0."""
    one, other = joint.sum(-1, keepdims=True), joint.sum(-2, keepdims=True)
    # quotients one after the other: a product of two small probabilities would be 0
    some_one, some_other = np.where(one > 0, one, 1), np.where(other > 0, other, 1)
    return np.maximum(xlogy(joint, joint / some_one / some_other).sum((-2, -1)), 0)


def entropy(p):
    """Nats, over the last axis."""
    return entr(p).sum(-1)


def reached(table, encoder):
    """(rate I(X;T), information I(T;Y)) of encoders q(t|x) [..., x, t], nats."""
    rate = mutual_information(table.p_x[:, None] * encoder)
    return rate, mutual_information(np.swapaxes(encoder, -1, -2) @ table.p_xy)
