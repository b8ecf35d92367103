"""Frontiers known in closed form, to test the solvers with and to compare with."""

import numpy as np
from jaxtyping import Float64
from scipy.special import expit

from vib.errors import require
from vib.exact import checks
from vib.exact.curve import Curve, certain
from vib.exact.tables import entropy
from vib.typing import ArrayLike, Real

HALVINGS = 200


def symmetric_source(crossover: Real, betas: ArrayLike[" beta"]) -> Curve:
    """The frontier of uniform bits X and Y that differ with probability `crossover`, at betas [beta]: Curve, nats.

    The optimal T is X seen through a binary symmetric channel too, of crossover d (Mrs Gerber's lemma: Wyner & Ziv
    1973, theorem 1): rate = log 2 - h(d), information = log 2 - h(s), s = a + (1 - 2 a) d for the crossover a, where
    (1 - 2 a) log((1 - s) / s) = beta log((1 - d) / d). Trivial from beta = (1 - 2 a)^2 on. Raises InvalidInput for a
    crossover outside (0, 1) and betas that are empty, negative or not finite.
    """
    flip, betas = _flip(crossover), checks.multipliers(betas)

    def slope_left(odds):
        s = flip + (1 - 2 * flip) * expit(-odds)
        return (1 - 2 * flip) * np.log((1 - s) / s) - betas * odds

    with np.errstate(divide="ignore", over="ignore", invalid="ignore"):
        most = (1 - 2 * flip) * np.log((1 - flip) / flip) / betas
    odds = _root(slope_left, np.minimum(most, 1e3))  # of d, whose rate beyond e^-1000 is log 2
    odds = np.where(betas < (1 - 2 * flip) ** 2, odds, 0)
    return certain(betas, *(np.log(2) - _binary_entropy(each) for each in (expit(-odds), _through(flip, odds))))


def symmetric_source_information(
    crossover: Real, rate: ArrayLike["*shape"]
) -> Float64[np.ndarray | np.float64, "*shape"]:
    """The most I(T;Y) at rates I(X;T) of any shape, for the source of symmetric_source: nats.

    log 2 - h(a * h^-1(log 2 - rate)), a * d = a + (1 - 2 a) d; from a rate of log 2 on it is log 2 - h(a). Raises
    InvalidInput for a crossover outside (0, 1) or a negative rate.
    """
    flip, rate = _flip(crossover), np.asarray(rate, np.float64)
    require((rate >= 0).all(), f"rate: {rate.min():.3g} at its least; give rates >= 0")
    rate = np.minimum(rate, np.log(2))
    odds = _root(lambda odds: rate - np.log(2) + _binary_entropy(expit(-odds)), np.full(rate.shape, 1e3))
    return np.log(2) - _binary_entropy(_through(flip, odds))


def erasure(p_x: ArrayLike[" x"], probability: Real, betas: ArrayLike[" beta"]) -> Curve:
    """The frontier where Y is X [x], erased with the given probability, at betas [beta]: Curve, nats.

    I(T;Y) = (1 - probability) I(X;T) for every T, so that all of X is kept below beta = 1 - probability, and nothing
    from there on. Raises InvalidInput for a p_x that is none, a probability outside (0, 1), and betas that are empty,
    negative or not finite.
    """
    p_x, betas = checks.distribution("p_x", p_x, ("inputs",)), checks.multipliers(betas)
    kept = 1 - checks.share("probability", probability, 0, 1)
    rate = np.where(betas < kept, entropy(p_x), 0)
    return certain(betas, rate, kept * rate)


def deterministic_label(p_y: ArrayLike[" y"], betas: ArrayLike[" beta"]) -> Curve:
    """The frontier where Y is a function of X, with p(y) [y], at betas [beta]: Curve, nats.

    I(T;Y) <= I(X;T) and I(T;Y) <= H(Y), both reached: straight to the corner (H(Y), H(Y)), then flat. T = Y below
    beta = 1, nothing from there on (Kolchinsky, Tracey & Van Kuyk 2019). Raises InvalidInput for a p_y that
    is none, and betas that are empty, negative or not finite.
    """
    p_y, betas = checks.distribution("p_y", p_y, ("labels",)), checks.multipliers(betas)
    corner = np.where(betas < 1, entropy(p_y), 0)
    return certain(betas, corner, corner.copy())


def _flip(crossover):
    crossover = checks.share("crossover", crossover, 0, 1)
    return min(crossover, 1 - crossover)


def _through(flip, odds):
    return flip + (1 - 2 * flip) * expit(-odds)


def _binary_entropy(p):
    return entropy(np.stack([p, 1 - p], -1))


def _root(function, high):
    """Where a function that is positive from 0 on becomes negative, at most `high`; bisection."""
    low = np.zeros_like(high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        above = function(middle) > 0
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return (low + high) / 2
