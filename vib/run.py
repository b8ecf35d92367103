"""From the folder of a run back to its results, its configuration and its trained members."""

import contextlib
import json
import reprlib
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
import xarray as xr
from flax.nnx import Module

from vib import data, results, setup
from vib.data import Dataset
from vib.errors import InvalidInput, require
from vib.models.two_stage import Scale, TwoStage, features
from vib.training import checkpoint, sharding, sweep

FIRST = ("workdir", "beta", "seed")  # which member of which run makes the features


class Run(NamedTuple):
    """A finished run, as vib.load gives it."""

    results: xr.Dataset
    config: dict
    workdir: Path

    def member(self, beta, seed, ema=None):
        """The trained Bottleneck of one beta and seed: its averaged weights where the run kept them, unless ema=False.

        Raises InvalidInput for one that is not in the grid, or that diverged.
        """
        grid = read_config(self.workdir)["sweep"]
        beta, seed = one_of("beta", beta, grid["betas"], rtol=1e-6), one_of("seed", seed, grid["seeds"])
        model = restore_member(str(self.workdir), beta, seed, ema)
        near = int(np.abs(self.results.beta.values - beta).argmin())  # of betas in any order
        finite = self.results.finite.sel(seed=seed).isel(beta=near)
        require(bool(finite), f"member: seed {seed}, beta {beta:g} diverged; see results.attrs['diverged']")
        return model

    def data(self):
        """The Dataset that the run was trained on. Raises InvalidInput where another one lies in its place."""
        return dataset_of(self.config)

    def whole(self, beta, seed, ema=None):
        """The trained model of one beta and seed as a model of images: of a second stage both stages, as TwoStage."""
        second = self.member(beta, seed, ema)
        if self.config["data"]["name"] != "features":
            return second
        first = first_stage(self.config["data"])
        return TwoStage(first.model, second, first.scale)


class First(NamedTuple):
    """A first stage, and what it makes of its images."""

    model: Module
    images: Dataset
    features: Dataset
    scale: Scale


def load(workdir):
    """The run in a folder: its results, its configuration and its trained members. Raises InvalidInput."""
    workdir = Path(workdir)
    return Run(results.load(workdir / "results.nc"), read_config(workdir), workdir)


def read_config(workdir):
    """The configuration stored in a folder, a dict. Raises InvalidInput where there is none.

    Its data.identity is that of the data of the run: where the configuration was stored without, that of its results.
    """
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
        and isinstance(config.get("data"), dict)
        and "chunk" in config["sweep"]
        and "plane" in config
    )
    require(whole, f"workdir: '{path}' is not the config of a run; give another --workdir")
    if "identity" not in config["data"]:
        written = path.with_name("results.nc")
        with contextlib.suppress(InvalidInput, FileNotFoundError):  # not finished, or damaged
            config["data"]["identity"] = data_of_results(str(written), written.stat().st_mtime_ns)
    return config


@lru_cache(maxsize=4)
def data_of_results(path, written):
    """The identity of the data that a result names, or None. Kept in memory while `written`, a time, is the same."""
    del written
    return results.load(path).attrs.get("data")


def prepare(config):
    """The Setup of a configuration and its data. Raises InvalidInput for whatever in it cannot work."""
    return setup.prepare(config, dataset_of(config))


def dataset_of(config):
    """The Dataset of a configuration: one of vib.data, or with data.name 'features' the codes of another run's member.

    Features keep labels and factors of the images; they are no pixels. Raises InvalidInput.
    """
    options = config["data"]
    if options["name"] != "features":
        return data.load(**options)
    own = {"name", "identity", *(f"first_{name}" for name in FIRST)}
    given = [name for name, value in options.items() if value is not None and value is not False and name not in own]
    require(
        not given, f"data.{', data.'.join(given)}: the images of 'features' are those of its first stage; leave it out"
    )
    return first_stage(options).features


def first_config(config):
    """The configuration of the stage that sees the images: of a second stage that of its first."""
    options = config["data"]
    return first_config(read_config(options["first_workdir"])) if options["name"] == "features" else config


def first_stage(options):
    """The First of a data section of name 'features'. Raises InvalidInput, also for another one than was recorded."""
    missing = [f"data.first_{name}" for name in FIRST if options.get(f"first_{name}") is None]
    require(not missing, f"{', '.join(missing)}: not given; 'features' needs the run, beta and seed of its first stage")
    workdir, beta, seed = (options[f"first_{name}"] for name in FIRST)
    written = Path(workdir) / "results.nc"
    finished = f"data.first_workdir: '{workdir}' holds no finished run; run experiments.sweep into it first"
    require(written.is_file(), finished)
    try:
        first = restore_first(str(workdir), float(beta), int(seed), written.stat().st_mtime_ns)
    except InvalidInput as error:
        raise InvalidInput(f"data.first_workdir: '{workdir}': {error}") from None
    data.check(data.identity(first.features), options.get("identity"))
    return first


@lru_cache(maxsize=1)
def restore_first(workdir, beta, seed, written):
    """The First of one member of the run in a folder. Kept in memory while `written`, a time, is the same."""
    del written
    run = load(workdir)
    model, own = run.whole(beta, seed), run.data()
    images = first_stage(run.config["data"]).images if own.name == "features" else own
    train, test, scale = features(model, images.x_train, images.x_test)
    weights = map(np.asarray, jax.tree.leaves(run.member(beta, seed)))
    made = Dataset(
        "features", f"{images.name} {images.version}, {workdir}", train, images.y_train, test, images.y_test,
        images.classes, factors=images.factors, class_names=images.class_names,
        made_of=f"{data.contents(own)} {data.digest(weights)}",
    )  # fmt: skip
    return First(model, images, made, scale)


def chunks(config):
    """The chunks of betas of a configuration: a list of (betas, how many count, folder below the workdir)."""
    cuts = sharding.chunks_of(config["sweep"]["betas"], config["sweep"]["chunk"])
    return [(betas, count, f"checkpoints/{i}") for i, (betas, count) in enumerate(cuts)]


@lru_cache(maxsize=2)  # of both stages, where there are two
def restore_chunk(workdir, index, written):
    """The trained Sweep of one chunk of betas. Kept in memory while `written`, a time, is the same."""
    del written
    config = read_config(workdir)
    return trained_chunk(config, prepare(config).make_sweep, workdir, index)


def trained_chunk(config, make_sweep, workdir, index):
    """The trained Sweep of one chunk of betas, from its checkpoint of the last step. Raises InvalidInput."""
    betas, _, folder = chunks(config)[index]
    path = Path(workdir) / folder
    require(path.is_dir(), f"workdir: '{path}' is missing; run experiments.sweep into it again")
    with checkpoint.manager(path) as manager:
        restored = checkpoint.restore(manager, sharding.blueprint(make_sweep, betas))
    intact = restored.sweep is not None and int(restored.sweep.step) == config["train"]["steps"]
    require(intact, f"workdir: a checkpoint in '{path}' is damaged; delete results.nc and run experiments.sweep again")
    return restored.sweep


def one_of(name, value, grid, rtol=0.0):
    """The number of a grid that is meant by a number of Python or NumPy, or any 0-d array. Raises InvalidInput."""
    told, found = ", ".join(f"{each:.10g}" for each in grid), np.asarray(value)
    one = found.ndim == 0 and found.dtype.kind in "iuf"
    require(one, f"{name}: {reprlib.repr(found.tolist())} is not one number; the grid holds {told}")
    nearest = grid[int(np.abs(np.asarray(grid, float) - found).argmin())]
    close = np.isclose(nearest, found, rtol=rtol, atol=0)
    require(close, f"{name}: {found.item():.10g} is not in the grid; it holds {told}")
    return nearest


def restore_member(workdir, beta, seed, ema):
    """The trained Bottleneck of one beta and seed of its grid, of the run in a folder."""
    config = read_config(workdir)
    grid = config["sweep"]
    index, place = divmod(grid["betas"].index(beta), grid["chunk"])
    trained = restore_chunk(workdir, index, (Path(workdir) / "results.nc").stat().st_mtime_ns)
    ema = trained.ema is not None if ema is None else ema
    require(not ema or trained.ema is not None, "ema: the run kept no moving average; set train.ema_decay")
    model = sweep.member(trained, grid["seeds"].index(seed), place, ema)
    # A member of a grid over several devices lies on all of them, which would all compute the same.
    return jax.device_put(model, jax.devices()[0])
