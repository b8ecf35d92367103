"""From a Config and its data to what is trained: arrays, and a sweep at step 0."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from vib import data, models
from vib.config import Config
from vib.data import Dataset
from vib.errors import choose, require
from vib.objectives import OBJECTIVES, Batch, Exponential, Given, Power, linear
from vib.training import optimizers, sharding, sweep

US = {"linear": linear, "power": Power, "exponential": Exponential}


class Setup(NamedTuple):
    """What is trained."""

    config: Config  # with the betas that its target rates ask for
    dataset: Dataset
    batches: dict  # {'train': Batch, 'test': Batch} of all examples, the arrays a sweep is trained and measured on
    make_sweep: Callable  # betas -> Sweep at step 0
    chunk: int | None = None  # how many betas are trained at once

    @property
    def target(self):
        """'y' for a VIB, 'x' for a VAE."""
        return models.KINDS[self.config.model.kind].target


def prepare(config, dataset, encoder=None, decoder=None):
    """The Setup of a Config on its Dataset. Raises InvalidInput for whatever in it cannot work.

    encoder, decoder: networks of one's own, functions of a key; see vib.models.own.
    """
    config = with_betas(config)
    model, train = config.model, config.train
    kind = choose("model.kind", model.kind, models.KINDS)
    batches = {split: examples(dataset, split, kind.target) for split in ("train", "test")}
    sweep.check_batch_size(train.batch_size, len(batches["train"].x))
    sweep.check_seeds(config.sweep.seeds)
    sweep.check_betas(config.sweep.betas)
    objective = objective_of(config)
    if models.MARGINALS[model.marginal].of_pairs:
        check_pairs(f"model.marginal '{model.marginal}'", config, batches)
    if objective.of_pairs:
        check_pairs(f"train.objective '{train.objective}'", config, batches)
    tx = optimizers.make(train.optimizer, **train.model_dump(include={"b1", "b2", "clip", "decay_rate", "decay_steps"}))
    make_model = model_maker(model, dataset, config.sweep.betas, encoder, decoder)
    recipe = train.model_dump(include={"batch_size", "warmup", "ema_decay", "learning_rate"})
    make = partial(sweep.create, make_model, objective, tx, config.sweep.seeds, **recipe)
    alone = single_beta(model)

    def make_sweep(betas):
        return make(betas) if alone is None else make([alone], measured_betas=betas)

    return Setup(config, dataset, batches, make_sweep)


def sized(setup, chunk=None):
    """The Setup that knows how many betas are trained at once: as its config says, else `chunk`, else what fits."""
    grid = setup.config.sweep
    size = grid.chunk or chunk or sharding.chunk_size(setup.make_sweep, grid.betas, setup.batches)
    return setup._replace(chunk=size)


def single_beta(model):
    """The one beta that a model of all betas is trained at; None where the model section asks for one model a beta."""
    return 1.0 if model.conditioned else models.KINDS[model.kind].single_beta


def objective_of(config):
    """The objective of a Config. Raises InvalidInput."""
    train, model, betas = config.train, config.model, config.sweep.betas
    asked = choose("train.objective", train.objective, OBJECTIVES)
    kind = choose("model.kind", model.kind, models.KINDS)
    marginal = choose("model.marginal", model.marginal, models.MARGINALS)
    if single_beta(model) is not None:
        check_one_model(config)
    u = u_of(train.u, train.a)
    return asked.make(Given(u, train.samples, betas, kind, model.conditioned, marginal))


def u_of(name, a):
    """The u of the objective. Raises InvalidInput."""
    u = choose("train.u", name, US)
    return u if name == "linear" else u(a)


def with_betas(config):
    """The Config with the betas that sweep.target_rates ask for, if any. Raises InvalidInput."""
    rates = config.sweep.target_rates
    if rates is None:
        return config
    marginal = config.model.marginal
    known = choose("model.marginal", marginal, models.MARGINALS)
    told = f"sweep.target_rates: with '{marginal}' the rate bounds {known.bounds}; give sweep.betas"
    require(not known.of_labels, told)
    require(len(set(rates)) == len(rates), f"sweep.target_rates: {rates} holds a rate twice; give each once")
    betas = betas_for(rates, u_of(config.train.u, config.train.a))
    return config.model_copy(update={"sweep": config.sweep.model_copy(update={"betas": betas})})


def betas_for(rates, u):
    """The betas whose codes keep the given rates, nats, while I(Z;Y) = rate < H(Y): beta = 1 / u'(rate).

    Rodriguez-Galvez et al. 2020, where the frontier has slope 1 as for labels that are a function of x. Raises
    InvalidInput for a linear u, whose slope is the same everywhere.
    """
    require(u is not linear, "sweep.target_rates: u is linear, and every rate has the same beta; set train.u")
    require(all(rate > 0 for rate in rates), f"sweep.target_rates: {tuple(rates)} must be numbers > 0, in nats")
    return tuple(float(1 / u.slope(rate)) for rate in rates)


def check_one_model(config):
    """Raises InvalidInput for what one model of all betas cannot do."""
    betas, model = config.sweep.betas, config.model
    fits = not model.conditioned or models.KINDS[model.kind].conditionable
    require(fits, f"model.conditioned: kind '{model.kind}' has no beta to be told; set it to False")
    symbols = choose("model.code", model.code, models.CODES).categorical
    require(not symbols, f"model.code: '{model.code}' is a code of one beta; set 'gaussian' for a model of all betas")
    require(config.train.objective == "lagrangian", "train.objective: a model of all betas is trained by 'lagrangian'")
    require(min(betas) > 0, "sweep.betas: a model of all betas knows them by their logarithm; leave 0 out")
    require(len(betas) >= 2, f"sweep.betas: {betas} is no range; give two or more to a model of all betas")
    whole = config.sweep.chunk in (None, len(betas))
    require(whole, "sweep.chunk: a model of all betas is trained once; leave it out")
    require(
        not config.plane.estimators, "plane.estimators: a model of all betas has no information plane; leave them out"
    )


def check_pairs(told, config, batches):
    """Raises InvalidInput where a batch would hold one example, which has no other to be held against.

    told: which field of the config compares pairs.
    """
    for named, size in (
        ("train.batch_size: {}", config.train.batch_size),
        ("evaluate.train_examples: {}", config.evaluate.train_examples or len(batches["train"].x)),
        ("data: {} test example", len(batches["test"].x)),
    ):
        require(size >= 2, f"{named.format(size)}; {told} compares pairs: give 2 or more")


def examples(dataset, split, target):
    """All examples of 'train' or 'test' as one Batch, whose target is 'y' or the pixels of 'x'."""
    x, y = getattr(dataset, f"x_{split}"), getattr(dataset, f"y_{split}")
    if target == "y":
        return Batch(x, y, y)
    return Batch(x, y, x if dataset.low is None else data.pixels(dataset, x))


def model_maker(model, dataset, betas, encoder, decoder):
    """make_model(key) -> Bottleneck for a dataset, from the model section of a Config."""
    options = model.model_dump(exclude={"kind", "encoder", "decoder", "conditioned", "likelihood"})
    labelled = dataset.classes is not None
    options |= {"shape": dataset.x_train.shape[1:], "examples": dataset.x_train, "own": encoder, "own_decoder": decoder}
    if labelled:
        shares = np.bincount(dataset.y_train, minlength=dataset.classes) / len(dataset.y_train)
        options["p_y"] = tuple(shares.tolist())
    if model.conditioned:
        options["beta_range"] = (min(betas), max(betas))
    if models.KINDS[model.kind].target == "y":
        options["outputs"] = dataset.classes if labelled else dataset.y_train.shape[1]
        likelihood = model.likelihood or ("categorical" if labelled else "gaussian")
    else:
        default = "gaussian" if dataset.levels is None else "bernoulli" if dataset.levels == 2 else "logistic"
        likelihood = model.likelihood or default
        options |= {"levels": dataset.levels, "bounded": dataset.low is not None}
    check_likelihood(likelihood, models.KINDS[model.kind].target, dataset)
    return partial(models.KINDS[model.kind].make, likelihood=likelihood, **options)


def check_likelihood(likelihood, target, dataset):
    """Raises InvalidInput where the likelihood does not fit the target."""
    if target == "x":
        binary = likelihood != "bernoulli" or dataset.levels == 2
        told = "model.likelihood: 'bernoulli' needs pixels of 0 and 1; set data.binarize=True, or 'logistic'"
        require(binary, told)
        grey = likelihood != "logistic" or dataset.levels is not None
        told = f"model.likelihood: 'logistic' needs grey levels, which '{dataset.name}' does not have; use 'gaussian'"
        require(grey, told)
    else:
        labels = (likelihood == "categorical") == (dataset.classes is not None)
        right = "gaussian" if dataset.classes is None else "categorical"
        told = f"model.likelihood: '{likelihood}' does not fit the labels of '{dataset.name}'; use '{right}'"
        require(labels, told)
