"""The trained members of a run: from its checkpoints, or from memory."""

import reprlib
from pathlib import Path

import jax
import numpy as np

from vib.errors import require
from vib.training import checkpoint, sharding
from vib.training.sweep import measured, member
from vib.training.trainer import cuts


class Saved:
    """The members of a run in a folder, read from its checkpoints when they are asked for.

    `chunk` says how many betas each Sweep holds.
    """

    def __init__(self, setup, workdir):
        self.setup, self.workdir, self.chunk = setup, Path(workdir), setup.chunk
        self.held, self.index = None, None  # one Sweep: it is large, and its members are asked for one after the other

    def sweep(self, index):
        """The trained Sweep of one chunk of betas. Raises InvalidInput."""
        if index != self.index:
            self.held = self.index = None
            self.held, self.index = self._read(index), index
        return measured(self.held)

    def _read(self, index):
        betas, _, folder = cuts(self.setup)[index]
        path = self.workdir / folder
        require(path.is_dir(), f"workdir: '{path}' is missing; train into it again")
        with checkpoint.manager(path) as manager:
            restored = checkpoint.restore(manager, sharding.blueprint(self.setup.make_sweep, betas))
        steps = self.setup.config.train.steps
        intact = restored.sweep is not None and int(restored.sweep.step) == steps
        require(intact, f"workdir: a checkpoint in '{path}' is damaged; delete results.nc and train into it again")
        return restored.sweep


class Kept:
    """The members of a run in memory."""

    def __init__(self, sweeps, chunk):
        self.sweeps, self.chunk = sweeps, chunk

    def sweep(self, index):
        """The trained Sweep of one chunk of betas, without the state of its optimiser, laid over the devices."""
        return sharding.place(self.sweeps[index])


def kept(sweep):
    """What a run in memory keeps of a trained sweep: everything but the state of the optimiser, on the host."""
    return jax.device_get(sweep.replace(opt_state=None))


def one(members, config, beta, seed, weights=None):
    """The trained Bottleneck of one beta and seed, on one device. Raises InvalidInput for one that is not there.

    weights: 'final' or 'averaged'; by default the average where the run kept one.
    """
    grid = config.sweep
    beta, seed = one_of("beta", beta, grid.betas, rtol=1e-6), one_of("seed", seed, grid.seeds)
    index, place = divmod(grid.betas.index(beta), members.chunk)
    trained = members.sweep(index)
    require(weights in (None, "final", "averaged"), f"weights: {weights!r}; give 'final' or 'averaged'")
    averaged = trained.ema is not None if weights is None else weights == "averaged"
    told = "weights: the run kept no moving average; set train.ema_decay, or give 'final'"
    require(not averaged or trained.ema is not None, told)
    # A member of a grid over several devices lies on all of them, which would all compute the same.
    return jax.device_put(member(trained, grid.seeds.index(seed), place, averaged), jax.devices()[0])


def one_of(name, value, grid, rtol=0.0):
    """The number of a grid that is meant by a number of Python or NumPy, or any 0-d array. Raises InvalidInput."""
    told, found = ", ".join(f"{each:.10g}" for each in grid), np.asarray(value)
    one = found.ndim == 0 and found.dtype.kind in "iuf"
    require(one, f"{name}: {reprlib.repr(found.tolist())} is not one number; the grid holds {told}")
    nearest = grid[int(np.abs(np.asarray(grid, float) - found).argmin())]
    close = np.isclose(nearest, found, rtol=rtol, atol=0)
    require(close, f"{name}: {found.item():.10g} is not in the grid; it holds {told}")
    return nearest
