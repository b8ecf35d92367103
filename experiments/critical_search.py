"""The rounds of a search for critical betas: train, look where the code changes fastest, train there."""

import numpy as np

from vib.errors import require
from vib.evaluation import critical
from vib.training import sharding
from vib.training.sweep import train_until


def search(setup, betas, steps, rounds, report):
    """(betas, active units, rates) of all rounds: betas rise, the others are [seed, beta], nats.

    Each round trains as many betas as the first; report(number, its betas, all so far) is called after each. Raises
    InvalidInput where a member diverges.
    """
    tried = {}
    for number in range(1, rounds + 1):
        sweep = sharding.place(setup.make_sweep(betas))
        sweep = train_until(sweep, sharding.replicate(setup.batches["train"], sweep), steps)
        so_far = "; critical.csv holds the rounds before" if tried else ""
        lost = f"round {number}: a member diverged; lower train.learning_rate{so_far}"
        require(bool(sweep.finite.all()), lost)
        rates = np.asarray(critical.unit_rates(sweep, setup.batches["test"].x))
        tried |= {beta: rates[:, i] for i, beta in enumerate(betas)}
        grid, units, total = summed(tried)
        report(number, betas, (grid, units, total))
        betas = critical.refined(grid, total, units, len(betas))
    return summed(tried)


def summed(tried):
    """(betas, active units, rates) of {beta: rate of every unit [seed, latent]}."""
    grid = np.array(sorted(tried))
    rates = np.stack([tried[beta] for beta in grid], axis=1)
    return grid, critical.active_units(rates), rates.sum(-1)
