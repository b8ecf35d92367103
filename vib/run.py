"""A finished run: its results, its configuration, its data and its trained members."""

import re
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import xarray as xr
from flax import nnx

from vib import data, plots, results
from vib.config import Config
from vib.data import Dataset
from vib.errors import InvalidInput, require
from vib.models import Bottleneck
from vib.models.two_stage import Scale, TwoStage, features
from vib.training import folder, members
from vib.training.setup import prepare

GIVEN = "given"  # data.name of a run whose data came from Python
FIRST = ("workdir", "beta", "seed")  # which member of which run makes the features


class Run(NamedTuple):
    """A finished run, as vib.train and vib.load give it."""

    results: xr.Dataset  # see vib.results
    config: Config
    workdir: Path | None  # None: in memory
    dataset: Dataset | None  # None: loaded when it is needed
    members: Any  # of vib.training.members

    def member(self, beta, seed, weights=None):
        """The trained Bottleneck of one beta and seed; weights 'final' or 'averaged', by default averaged where kept.

        Raises InvalidInput for one that is not in the grid, or that diverged.
        """
        model = members.one(self.members, self.config, beta, seed, weights)
        near = int(np.abs(self.results.beta.values - float(beta)).argmin())  # of betas in any order
        finite = self.results.finite.sel(seed=int(seed)).isel(beta=near)
        told = f"member: seed {int(seed)}, beta {float(beta):g} diverged; see results.attrs['diverged']"
        require(bool(finite), told)
        return model

    def data(self):
        """The Dataset that the run was trained on. Raises InvalidInput where another one lies in its place."""
        return dataset_of(self.config) if self.dataset is None else self.dataset

    def plot(self, name):
        """The matplotlib Figure of that name; run.plots() gives the names. Raises InvalidInput for another one."""
        return plots.figure(self.results, name)

    def plots(self):
        """The names of the figures that the results allow."""
        return plots.names(self.results)

    def whole(self, beta, seed, weights=None):
        """The trained model of one beta and seed as a model of images: of a second stage both stages, as TwoStage."""
        second = self.member(beta, seed, weights)
        if self.config.data.name != "features":
            return second
        first = first_stage(self.config.data)
        return TwoStage(first.model, second, first.scale)


class First(NamedTuple):
    """A first stage, and what it makes of its images."""

    model: Bottleneck
    images: Dataset
    features: Dataset
    scale: Scale


def load(workdir, data=None, encoder=None, decoder=None):
    """The Run in a folder. Raises InvalidInput where there is none.

    data, encoder and decoder are what vib.train was given, where it was given any: the folder holds only their names,
    and of the data a digest, which must be the same.
    """
    workdir = Path(workdir)
    found, stored = results.load(workdir / "results.nc"), folder.read(workdir)
    if data is not None:
        check_identity(data, stored.config.data.identity)
    own = {"encoder": encoder, "decoder": decoder}
    for part in [part for part, network in own.items() if network is not None]:
        named = getattr(stored.config.model, part) is not None
        require(named, f"{part}: the run in '{workdir}' was trained without one of your own; leave it out")
        check_networks(stored.config, {part: own[part]})
    return Run(found, stored.config, workdir, data, Loaded(stored, workdir, data, own))


class Loaded:
    """The members of a run that was loaded: its setup is made when the first of them is asked for."""

    def __init__(self, stored, workdir, dataset, own):
        self.config, self.chunk, self.workdir, self.dataset = stored.config, stored.chunk, workdir, dataset
        self.own, self.saved = own, None

    def sweep(self, index):
        """The trained Sweep of one chunk of betas. Raises InvalidInput."""
        if self.saved is None:
            check_networks(self.config, self.own)
            dataset = dataset_of(self.config) if self.dataset is None else self.dataset
            setup = prepare(self.config, dataset, **self.own)._replace(chunk=self.chunk)
            self.saved = members.Saved(setup, self.workdir)
        return self.saved.sweep(index)


def check_networks(config, own):
    """Raises InvalidInput where a config names another network of one's own than own {part: network or None} holds."""
    for part, network in own.items():
        kind = type(network).__name__
        makes = network is None or (callable(network) and not isinstance(network, nnx.Module))
        require(makes, f"{part}: a {kind} itself; give a function that makes one of a key, lambda key: {kind}(key)")
        recorded, given = getattr(config.model, part), None if network is None else name_of(network)
        told = f"{part}: this is the config of a run with '{recorded}'"
        told = told if given is None else f"{told}, and '{given}' is given"
        require(recorded in (None, given), f"{told}; give that, as vib.train and vib.load take it")


def name_of(network):
    """What tells a function that makes a network from others: its qualified name and what it binds."""
    if isinstance(network, partial) and (network.args or network.keywords):
        bound = [*map(name_of, network.args), *(f"{name}={name_of(each)}" for name, each in network.keywords.items())]
        return f"{name_of(network.func)}({', '.join(bound)})"
    network = network.func if isinstance(network, partial) else network
    return f"{called(network)}({', '.join(held(network))})" if called(network).endswith("<lambda>") else called(network)


def held(function):
    """What a lambda uses: names, numbers and strings in its text, and the values around it, in one word each."""
    code, around = function.__code__, [cell.cell_contents for cell in function.__closure__ or ()]
    constants = [each for each in code.co_consts if isinstance(each, float | str)]  # no integers: it depends on Python
    return [*code.co_names, *map(called, (*constants, *around))]


def called(value):
    """The qualified name of a function or class, or what Python shows of another value, on one line."""
    name = getattr(value, "__qualname__", None) or getattr(value, "__name__", None)
    return name or re.sub(r" at 0x[0-9a-f]+", "", " ".join(repr(value).split()))


def check_identity(dataset, recorded):
    """Raises InvalidInput for other data than those recorded."""
    data.check(data.identity(dataset), recorded)


def dataset_of(config):
    """The Dataset of a Config: one of vib.data, or with data.name 'features' the codes of another run's member.

    Features keep labels and factors of the images; they are no pixels. Raises InvalidInput.
    """
    section = config.data
    told = "data: the run was trained on data given from Python; give them again, as vib.load(workdir, data=...)"
    require(section.name != GIVEN, told)
    if section.name == "features":
        return first_stage(section).features
    return loaded(section)


def loaded(section, **changes):
    """The Dataset of one of the sources of vib.data, of a data section with fields changed. Raises InvalidInput."""
    fields = section.model_dump(exclude={"name", "options"}) | changes
    return data.load(section.name, **fields, **section.options)


def first_config(config):
    """The Config of the stage that sees the images: of a second stage that of its first."""
    section = config.data
    return first_config(folder.read(section.options["workdir"]).config) if section.name == "features" else config


def first_stage(section):
    """The First of a data section of name 'features'. Raises InvalidInput, also for another one than was recorded."""
    options = section.options
    missing = [f"data.options.{name}" for name in FIRST if options.get(name) is None]
    require(not missing, f"{', '.join(missing)}: not given; 'features' needs the run, beta and seed of its first stage")
    given = [f"data.{name}" for name in section.model_dump(exclude={"name", "options", "identity"}, exclude_none=True)]
    given += [f"data.options.{name}" for name in options if name not in FIRST]
    told = f"{', '.join(given)}: the images of 'features' are those of its first stage; leave it out"
    require(not given, told)
    workdir, beta, seed = (options[name] for name in FIRST)
    require(isinstance(workdir, str), f"data.options.workdir: {workdir!r} is no folder; give that of a finished run")
    for name in ("beta", "seed"):
        number = isinstance(options[name], int | float)
        require(number, f"data.options.{name}: {options[name]!r} is no number; give one of the first stage's grid")
    written = Path(workdir) / "results.nc"
    finished = f"data.options.workdir: '{workdir}' holds no finished run; train into it first"
    require(written.is_file(), finished)
    try:
        alone(folder.read(workdir).config)
        first = restore_first(workdir, beta, seed, written.stat().st_mtime_ns)
    except InvalidInput as error:
        raise InvalidInput(f"data.options.workdir: '{workdir}': {error}") from None
    check_identity(first.features, section.identity)
    return first


def alone(config):
    """Raises InvalidInput for the Config of a first stage that its folder does not hold all of."""
    own = [part for part in ("encoder", "decoder") if getattr(config.model, part) is not None]
    own += ["data"] if config.data.name == GIVEN else []
    told = f"its {', '.join(own)} came from Python, and its folder does not hold them"
    require(not own, f"{told}; train a first stage by config alone, on arrays by data.name 'arrays'")


@lru_cache(maxsize=1)
def restore_first(workdir, beta, seed, written):
    """The First of one member of the run in a folder. Kept in memory while `written`, a time, is the same."""
    del written
    run = load(workdir)
    model, own = run.whole(beta, seed), run.data()
    images = first_stage(run.config.data).images if own.name == "features" else own
    train, test, scale = features(model, images.x_train, images.x_test)
    weights = map(np.asarray, jax.tree.leaves(run.member(beta, seed)))
    made = Dataset(
        "features", f"{images.name} {images.version}, {workdir}", train, images.y_train, test, images.y_test,
        images.classes, factors=images.factors, class_names=images.class_names,
        made_of=f"{data.contents(own)} {data.digest(weights)}",
    )  # fmt: skip
    return First(model, images, made, scale)
