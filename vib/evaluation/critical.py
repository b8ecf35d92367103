"""Critical betas: where units of the code die as beta rises, and where to look closer."""

import jax
import numpy as np

from vib import distributions
from vib.distributions import Gaussian
from vib.results import student

ACTIVE = 0.01  # nats of mean KL to N(0, I) above which a unit counts as active


@jax.jit
def unit_rates(sweep, x):
    """The mean KL(q(z_k|x) || N(0, 1)) of every unit over inputs x [N, *shape]: [seed, beta, latent], nats."""

    def member(model, beta):
        q, _ = model.at(beta).encode(x)
        return distributions.kl_standard_normal(Gaussian(*(leaf[..., None] for leaf in q))).mean(axis=0)

    return jax.vmap(jax.vmap(member), in_axes=(0, None))(sweep.model, sweep.beta)


def active_units(rates):
    """How many units keep anything, of unit_rates [..., latent]: int [...]."""
    return (np.asarray(rates) > ACTIVE).sum(-1)


def critical_betas(betas, units):
    """(mean, half-width) over seeds of the beta at which the k-th unit dies, for rising betas and units [seed, beta].

    In each seed the geometric middle between the first beta with fewer than k units and the one before it (further on
    two units may share a direction for a while); the half-width is half of that step, or the 95 % Student-t interval
    over the seeds, whichever is larger. Both [k], the first to die last; NaN for a unit that in some seed never lives
    or never dies.
    """
    logs, found = np.log(betas), []
    for k in range(1, units.max() + 1):
        dead = units < k
        last = dead.argmax(1) - 1
        found.append((np.nan, np.nan))
        if dead.any(1).all() and (last >= 0).all():
            middle = np.exp((logs[last] + logs[last + 1]) / 2)
            step = (betas[last + 1] - betas[last]).mean() / 2
            error = middle.std(ddof=1) / np.sqrt(len(middle)) if len(middle) > 1 else 0.0
            found[-1] = (middle.mean(), max(step, student(len(middle)) * error))
    return np.array(found).reshape(-1, 2).T


def refined(betas, rates, units, count):
    """`count` new betas > 0 where the mean rate and the number of active units change fastest; betas rise.

    rates, units [seed, beta]. Each new beta halves, in the logarithm, the interval in which what changes is most.
    """
    change = sum(_share(np.abs(np.diff(np.asarray(values, float).mean(0)))) for values in (rates, units))
    edges, change, new = list(np.log(betas)), list(change), []
    for _ in range(count):
        place = int(np.argmax(change))
        middle = (edges[place] + edges[place + 1]) / 2
        edges.insert(place + 1, middle)
        change[place : place + 1] = [change[place] / 2] * 2
        new.append(float(np.exp(middle)))
    return sorted(new)


def _share(change):
    return change / change.sum() if change.any() else change
