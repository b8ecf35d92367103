"""The exact frontier of a table against what is usual: a loop over betas, each iterated from a few random encoders.

Run by experiments.benchmarks.training.
"""

import numpy as np

from experiments.benchmarks.timing import against, interleave, told

INPUTS, LABELS, BETAS = 100, 20, 100
RESTARTS, MOST_STEPS, STILL = 10, 1000, 1e-7


def race(rounds):
    """Times BETAS betas of a random table; prints and returns ratios, and how far the loop stays from the frontier."""
    from vib.exact import information_bottleneck

    p_xy = np.random.default_rng(0).dirichlet(np.ones(INPUTS * LABELS)).reshape(INPUTS, LABELS)
    betas, found = np.geomspace(1e-2, 1, BETAS), {}
    runs = {
        "ours": lambda: found.update(ours=information_bottleneck(p_xy, betas)),
        "loop": lambda: found.update(loop=np.array([best(p_xy, beta) for beta in betas])),
    }
    seconds = interleave(runs, rounds)
    ratios, curve = against(seconds["ours"], seconds["loop"]), found["ours"]
    lost = found["loop"] - (betas * curve.rate - curve.information)
    print(f"  {told(ratios)}  NumPy, one beta after the other, best of {RESTARTS}; ", end="")
    print(
        f"{min(seconds['ours']):.1f} s for {BETAS} betas of {INPUTS} x {LABELS}, within {curve.gap.max():.0e} nats; ",
        end="",
    )
    print(f"the loop is up to {lost.max():.3f} nats of Lagrangian off")
    report = {"seconds": seconds, "ratios": ratios, "largest_gap": float(curve.gap.max()), "loop_lost": lost.tolist()}
    return report | {"betas": betas.tolist()}


def best(p_xy, beta):
    """The least -I(T;Y) + beta I(X;T), nats, of Blahut-Arimoto iterations from random encoders, as usual."""
    return min(iterated(p_xy, beta, np.random.default_rng(seed)) for seed in range(RESTARTS))


def iterated(p_xy, beta, random):
    """The Lagrangian where iterations from a random encoder end, or stand still."""
    p_x = p_xy.sum(1, keepdims=True)
    p_y_x, tiny = p_xy / p_x, 1e-300
    encoder = random.dirichlet(np.ones(len(p_xy)), len(p_xy))
    for _ in range(MOST_STEPS):
        joint = encoder.T @ p_xy
        p_t = joint.sum(1)
        score = p_y_x @ np.log(joint / (p_t[:, None] + tiny) + tiny).T / beta + np.log(p_t + tiny)
        following = np.exp(score - score.max(1, keepdims=True))
        following /= following.sum(1, keepdims=True)
        moved, encoder = np.abs(following - encoder).max(), following
        if moved < STILL:
            break
    return beta * information(p_x * encoder) - information(encoder.T @ p_xy)


def information(joint):
    """Mutual information of a joint table, nats."""
    product = joint.sum(1, keepdims=True) * joint.sum(0)
    some = joint > 0
    return np.sum(joint[some] * np.log(joint[some] / product[some]))
