"""From a configuration (a plain dict, as in config.json) to the objects of a run, and from its folder back."""

import json
import logging
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr

from vib import checkpoint, data, layout, models, optimizers, plane, results, sweep
from vib.data import Dataset
from vib.errors import InvalidInput, choose, require
from vib.objective import Batch

BOUNDED = ("tanh", "sigmoid", "softsign")
KINDS = {"vib": "y", "vae": "x", "classifier": "y", "autoencoder": "x"}


class Setup(NamedTuple):
    """What a configuration asks for."""

    dataset: Dataset
    batches: dict  # {'train': Batch, 'test': Batch} of all examples, the arrays a sweep is trained and measured on
    make_sweep: Callable  # betas -> Sweep at step 0
    plane: plane.Plane  # without estimators where no information plane is asked for
    inputs: Batch  # the examples that the plane is measured on


def prepare(config):
    """The Setup of a configuration. Raises InvalidInput for whatever in it cannot work."""
    dataset = data.load(**config["data"])
    options = dict(config["model"])
    target = choose("model.kind", options["kind"], KINDS)
    batches = {split: examples(dataset, split, target) for split in ("train", "test")}
    train = dict(config["train"])
    steps = train.pop("steps")
    require(steps >= 1, f"train.steps: {steps} is below 1; give the number of updates")
    sweep.check_batch_size(train["batch_size"], len(batches["train"].x))
    check_grid(config["sweep"])
    check_evaluation(config["evaluate"])
    recipe = {name: train.pop(name) for name in ("batch_size", "samples", "warmup", "ema_decay", "learning_rate")}
    create = partial(sweep.create, model_maker(options, dataset), optimizers.make(**train), config["sweep"]["seeds"])
    create = partial(create, **recipe)
    return Setup(dataset, batches, create, *prepare_plane(config, dataset, batches, create))


def prepare_plane(config, dataset, batches, make_sweep):
    """(Plane, the Batch that it is measured on) of a configuration. Raises InvalidInput."""
    options = dict(config["plane"])
    every, part, count = (options.pop(name) for name in ("every", "inputs", "examples"))
    require(every >= 1, f"plane.every: {every} is below 1; give a number of measurements")
    splits = choose("plane.inputs", part, {"train": ["train"], "test": ["test"], "all": ["train", "test"]})
    require(count is None or count >= 2, f"plane.examples: {count} is below 2")
    inputs = Batch(*(np.concatenate(leaves) for leaves in zip(*(batches[s] for s in splits), strict=True)))
    available = len(inputs.x)
    picked = np.linspace(0, available - 1, min(count or available, available)).astype(int)
    inputs = Batch(*(leaf[picked] for leaf in inputs))
    options["estimators"] = tuple(options["estimators"])
    whole = enumerates(dataset, inputs.x) and not config["data"].get("label_noise")
    asked = plane.Plane(**options, classes=dataset.classes, enumerated=whole)
    if asked.estimators:
        betas = config["sweep"]["betas"][: config["sweep"]["chunk"]]
        plane.describe(layout.blueprint(make_sweep, betas), inputs.x, inputs.y, asked)
    activation = config["model"]["activation"]
    if "binned_unit" in asked.estimators and activation not in BOUNDED:
        say = "plane.estimators: binned_unit forces %s, which leaves [-1, 1], into bins over [-1, 1]"
        logging.getLogger("vib").warning(f"{say}: what compression it shows is an artefact of that", activation)
    return asked, inputs


def enumerates(dataset, x):
    """Whether x [N, *shape] are all inputs of a joint table, each once, as likely as the others, and of one label."""
    if not isinstance(dataset.exact, data.Discrete) or len(x) != len(dataset.exact.p_xy):
        return False
    table = dataset.exact.p_xy
    alike = np.ptp(table.sum(1)) < 1e-12 and ((table > 0).sum(1) == 1).all()
    return bool(alike) and len(np.unique(x, axis=0)) == len(x)


def check_grid(grid):
    """Raises InvalidInput for a grid that no sweep can be made of: all of it, where a sweep sees one chunk."""
    sweep.check_seeds(grid["seeds"])
    sweep.check_betas(grid["betas"])
    layout.chunks_of(grid["betas"], len(grid["betas"]) if grid["chunk"] is None else grid["chunk"])


def check_evaluation(options):
    """Raises InvalidInput unless at least one draw of z and one example are asked for."""
    for name in ("samples", "train_examples"):
        value = options[name]
        require(value is None or value >= 1, f"evaluate.{name}: {value} is below 1; give an integer >= 1")


def examples(dataset, split, target):
    """All examples of 'train' or 'test' as one Batch, whose target is 'y' or the pixels of 'x'."""
    x, y = getattr(dataset, f"x_{split}"), getattr(dataset, f"y_{split}")
    if target == "y":
        return Batch(x, y, y)
    return Batch(x, y, x if dataset.low is None else data.pixels(dataset, x))


def model_maker(options, dataset):
    """make_model(key) -> Bottleneck for a dataset, from the model section of a configuration."""
    options = dict(options)
    kind, likelihood = options.pop("kind"), options.pop("likelihood")
    arguments = {"shape": dataset.x_train.shape[1:], **options}
    if KINDS[kind] == "y":
        regression = dataset.classes is None
        arguments["outputs"] = dataset.y_train.shape[1] if regression else dataset.classes
        arguments["likelihood"] = likelihood or ("gaussian" if regression else "categorical")
    else:
        default = "gaussian" if dataset.levels is None else "bernoulli" if dataset.levels == 2 else "logistic"
        arguments["likelihood"] = likelihood or default
        arguments |= {"levels": dataset.levels, "bounded": dataset.low is not None}
    check_likelihood(arguments["likelihood"], kind, dataset)
    return partial(getattr(models, kind), **arguments)


def check_likelihood(likelihood, kind, dataset):
    """Raises InvalidInput where the likelihood does not fit the target."""
    if KINDS[kind] == "x":
        binary = likelihood != "bernoulli" or dataset.levels == 2
        require(
            binary,
            "model.likelihood: 'bernoulli' needs pixels of 0 and 1; set data.binarize=True, or 'logistic'",
        )
        grey = likelihood != "logistic" or dataset.levels is not None
        require(
            grey,
            f"model.likelihood: 'logistic' needs grey levels, which '{dataset.name}' does not have; use 'gaussian'",
        )
    else:
        labels = (likelihood == "categorical") == (dataset.classes is not None)
        right = "gaussian" if dataset.classes is None else "categorical"
        require(
            labels,
            f"model.likelihood: '{likelihood}' does not fit the labels of '{dataset.name}'; use '{right}'",
        )


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
    grid = read_config(workdir)["sweep"]
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
    return sweep.member(trained, grid["seeds"].index(seed), place, ema)
