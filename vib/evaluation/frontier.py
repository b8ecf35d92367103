"""What no code can surpass: the exact frontier of data that know their joint, and how far below it a sweep lies."""

import numpy as np

from vib import exact
from vib.data import Discrete, GaussianJoint, joint_entropy_y
from vib.results.dataset import Variable

BETAS = np.append(0.0, np.geomspace(1e-3, 1.0, 99))
ERRORS = 4  # standard errors that a point may lie above the frontier, of many points at many slopes
FLOAT32 = 1e-4  # nats: rounding of a mean
CURVE = {
    "beta": Variable(("frontier",), "1", "beta that the exact frontier was solved for"),
    "rate": Variable(("frontier",), "nats", "I(X;T) of the exact frontier"),
    "information": Variable(("frontier",), "nats", "I(T;Y) of the exact frontier"),
    "gap": Variable(("frontier",), "nats", "upper bound on the distance of the frontier's Lagrangian from the optimum"),
}
BELOW = Variable((), "nats", "information on the exact frontier at this rate - information_y_bound by the exact H(Y)")


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


def bounded_rate(result):
    """What bounds I(X;Z) from above: the rate, where the marginal makes it a bound."""
    return result["information_x_bound" if "information_x_bound" in result else "rate"]


class Frontier:
    """Adds to a result the exact frontier of a joint, and how far below it every member is; nothing without a rate."""

    def __init__(self, joint):
        self.joint = joint

    def __call__(self, result):
        """The result with frontier_beta, frontier_rate, ... [frontier] and below_frontier, nats."""
        curve = frontier(self.joint) if np.isfinite(result.rate).any() else None
        if curve is None:
            return result
        entropy = joint_entropy_y(self.joint)
        values = {"beta": curve.betas, "rate": curve.rate, "information": curve.information, "gap": curve.gap}
        known = {f"frontier_{name}": about.described(about.dims, values[name]) for name, about in CURVE.items()}
        rate = bounded_rate(result)
        below = exact.information_at(curve, rate.values) - (entropy - result.distortion.values.astype(np.float64))
        known["below_frontier"] = BELOW.described(rate.dims, below)
        return result.assign(known).assign_attrs(entropy_y_exact=entropy)


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
    rate = bounded_rate(last)
    error = last.distortion_error + last.frontier_beta * last[f"{rate.name}_error"]
    least = result.attrs["entropy_y_exact"] - last.frontier_information + last.frontier_beta * last.frontier_rate
    lagrangian = last.distortion + last.frontier_beta * rate
    excess = (least - last.frontier_gap - lagrangian - ERRORS * error - FLOAT32).max("frontier")
    above = excess.where(excess > 0).stack(member=excess.dims).dropna("member")
    return [named(dict(zip(excess.dims, place, strict=True))) for place in above.member.values.tolist()]


def named(point):
    """'seed 0, beta 0.1' of {'seed': 0, 'beta': 0.1}, with the weights where there are two kinds."""
    return ", ".join(f"{axis} {value:g}" if axis != "weights" else f"{value} weights" for axis, value in point.items())
