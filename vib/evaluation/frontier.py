"""What no code can surpass: the exact frontier of data that know their joint, and how far below it a sweep lies."""

import numpy as np

from vib import exact
from vib.data import Discrete, GaussianJoint, joint_entropy_y

BETAS = np.append(0.0, np.geomspace(1e-3, 1.0, 99))
ERRORS = 4  # standard errors that a point may lie above the frontier, of many points at many slopes
FLOAT32 = 1e-4  # nats: rounding of a mean


def frontier(joint):
    """The Curve of a joint as a dataset knows it, or None."""
    if isinstance(joint, Discrete):
        return exact.information_bottleneck(joint.p_xy, BETAS)
    if isinstance(joint, GaussianJoint):
        return exact.gaussian_information_bottleneck(joint.covariance, joint.dim_x, BETAS[1:])
    return None


def critical_betas(joint):
    """The betas [k] from which on the optimal code lacks its k-th unit, falling; of a table the first; or None."""
    if isinstance(joint, Discrete):
        return np.array([exact.collapse_beta(joint.p_xy)])
    if isinstance(joint, GaussianJoint):
        return exact.gaussian_critical_betas(joint.covariance, joint.dim_x)
    return None


def bounded_rate(numbers, suffix=""):
    """The name of the variable that bounds I(X;Z) from above: the rate, where the marginal makes it a bound."""
    name = f"information_x_bound{suffix}"
    return name if name in numbers else f"rate{suffix}"


def variables(rows, joint):
    """The frontier of a joint, {name: (dims, values)}, and what rows [..., seed, beta] lack to it, {name: row}.

    Both empty where the joint is not known, or the rows hold no finite rate.
    """
    curve = frontier(joint) if np.isfinite(rows["rate"]).any() else None
    if curve is None:
        return {}, {}
    names = {"beta": curve.betas, "rate": curve.rate, "information": curve.information, "gap": curve.gap}
    known = {f"frontier_{name}": (("frontier",), values) for name, values in names.items()}
    below = {}
    for suffix in [suffix for suffix in ("", "_ema") if f"rate{suffix}" in rows]:
        information = joint_entropy_y(joint) - rows[f"distortion{suffix}"].astype(np.float64)
        reachable = exact.information_at(curve, rows[bounded_rate(rows, suffix)])
        below[f"below_frontier{suffix}"] = reachable - information
    return known, below


def violations(result):
    """Members above the frontier by more than sampling explains, on test points at the last step: a list of texts.

    At every slope beta the Lagrangian D + beta R of test points must not be below that of the frontier, less
    ERRORS standard errors. Of a pairwise marginal the rate's bound is leave-one-out, whose terms are not independent;
    taken as if they were, its error is right within 10 % (see test_marginals). Empty where the frontier is not known,
    and of one test point, which has no error.
    """
    if "frontier_rate" not in result:
        return []
    last = result.sel(split="test").isel(step=-1)
    found = []
    for suffix in [suffix for suffix in ("", "_ema") if f"below_frontier{suffix}" in result]:
        rate = bounded_rate(last, suffix)
        rate_error = last[f"{rate.removesuffix(suffix)}_error{suffix}"]
        error = last[f"distortion_error{suffix}"] + last.frontier_beta * rate_error
        least = result.attrs["entropy_y_exact"] - last.frontier_information + last.frontier_beta * last.frontier_rate
        lagrangian = last[f"distortion{suffix}"] + last.frontier_beta * last[rate]
        excess = (least - last.frontier_gap - lagrangian - ERRORS * error - FLOAT32).max("frontier")
        for seed, beta in np.argwhere((excess > 0).transpose("seed", "beta").values):
            found.append(f"seed {int(last.seed[seed])}, beta {float(last.beta[beta]):g}{suffix.replace('_', ', ')}")
    return found
