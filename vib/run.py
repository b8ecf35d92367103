"""From the folder of a run back to its results, its configuration and its trained members."""

import json
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from vib import checkpoint, layout, results, sweep
from vib.errors import InvalidInput, require
from vib.setup import of_all_betas, prepare


class Run(NamedTuple):
    """A finished run, as vib.load gives it."""

    results: xr.Dataset
    config: dict
    workdir: Path

    def member(self, beta, seed, ema=None):
        """The trained Bottleneck of one beta and seed: its averaged weights where the run kept them, unless ema=False.

        Raises InvalidInput for one that is not in the grid, or that diverged.
        """
        model = restore_member(str(self.workdir), float(beta), int(seed), ema)
        finite = self.results.finite.sel(seed=seed).sel(beta=beta, method="nearest")
        require(bool(finite), f"member: seed {seed}, beta {beta:g} diverged; see results.attrs['diverged']")
        return model


def load(workdir):
    """The run in a folder: its results, its configuration and its trained members. Raises InvalidInput."""
    workdir = Path(workdir)
    return Run(results.load(workdir / "results.nc"), read_config(workdir), workdir)


def read_config(workdir):
    """The configuration stored in a folder, a dict. Raises InvalidInput where there is none."""
    path = Path(workdir) / "config.json"
    require(
        path.is_file(),
        f"workdir: '{workdir}' holds no run (no config.json); run experiments.sweep into it first",
    )
    try:
        config = json.loads(path.read_text())
    except ValueError as error:
        raise InvalidInput(f"workdir: '{path}' is damaged ({error}); give another --workdir") from None
    whole = (
        isinstance(config, dict)
        and isinstance(config.get("sweep"), dict)
        and "chunk" in config["sweep"]
        and "plane" in config
    )
    require(whole, f"workdir: '{path}' is not the config of a run; give another --workdir")
    return config


def chunks(config):
    """The chunks of betas of a configuration: a list of (betas, how many count, folder below the workdir)."""
    cuts = layout.chunks_of(config["sweep"]["betas"], config["sweep"]["chunk"])
    return [(betas, count, f"checkpoints/{i}") for i, (betas, count) in enumerate(cuts)]


@lru_cache(maxsize=1)
def restore_chunk(workdir, index, written):
    """The trained Sweep of one chunk of betas. The last one is kept in memory while `written`, a time, is the same."""
    del written
    config = read_config(workdir)
    betas, _, folder = chunks(config)[index]
    path = Path(workdir) / folder
    require(path.is_dir(), f"workdir: '{path}' is missing; run experiments.sweep into it again")
    with checkpoint.manager(path) as manager:
        restored = checkpoint.restore(manager, layout.blueprint(prepare(config).make_sweep, betas))
    intact = restored.sweep is not None and int(restored.sweep.step) == config["train"]["steps"]
    require(intact, f"workdir: a checkpoint in '{path}' is damaged; delete results.nc and run experiments.sweep again")
    return restored.sweep


def restore_member(workdir, beta, seed, ema):
    """The trained Bottleneck of one beta and seed of the run in a folder."""
    config = read_config(workdir)
    grid, one_model = config["sweep"], of_all_betas(config["model"])
    near = np.flatnonzero(np.isclose(grid["betas"], beta, rtol=1e-6, atol=0))
    require(near.size, f"beta: {beta:g} is not in the grid; it holds {', '.join(f'{b:g}' for b in grid['betas'])}")
    require(
        seed in grid["seeds"],
        f"seed: {seed} is not in the grid; it holds {', '.join(map(str, grid['seeds']))}",
    )
    index, place = divmod(int(near[0]), grid["chunk"])
    trained = restore_chunk(workdir, index, (Path(workdir) / "results.nc").stat().st_mtime_ns)
    ema = trained.ema is not None if ema is None else ema
    require(not ema or trained.ema is not None, "ema: the run kept no moving average; set train.ema_decay")
    model = sweep.member(trained, grid["seeds"].index(seed), 0 if one_model else place, ema)
    if one_model:
        model.beta = beta
    return model
