"""From a configuration (a plain dict, as in config.json) to the objects of a run."""

import logging
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np

from vib import data, models
from vib.data import Dataset
from vib.errors import choose, require
from vib.evaluation import plane
from vib.objectives import (
    Batch,
    Conditioned,
    Distortion,
    Expansion,
    Exponential,
    Lagrangian,
    Power,
    TotalCorrelation,
    linear,
)
from vib.training import optimizers, sharding, sweep

BOUNDED = ("tanh", "sigmoid", "softsign")
MAKERS = {
    "vib": models.vib,
    "vae": models.vae,
    "classifier": models.classifier,
    "autoencoder": models.autoencoder,
    "flexible": models.flexible,
}
TARGETS = dict.fromkeys(MAKERS, "y") | {"vae": "x", "autoencoder": "x"}
OBJECTIVES = ("lagrangian", "total_correlation")
US = {"linear": linear, "power": Power, "exponential": Exponential}
ANCHOR = 0.5  # the beta that a flexible model is trained at: its optimum is the same at any below 1


class Setup(NamedTuple):
    """What a configuration asks for."""

    dataset: Dataset
    batches: dict  # {'train': Batch, 'test': Batch} of all examples, the arrays a sweep is trained and measured on
    make_sweep: Callable  # betas -> Sweep at step 0
    plane: plane.Plane  # without estimators where no information plane is asked for
    inputs: Batch  # the examples that the plane is measured on


def prepare(config, dataset):
    """The Setup of a configuration on its Dataset. Raises InvalidInput for whatever in it cannot work."""
    options = dict(config["model"])
    target = choose("model.kind", options["kind"], TARGETS)
    batches = {split: examples(dataset, split, target) for split in ("train", "test")}
    train = dict(config["train"])
    steps = train.pop("steps")
    require(steps >= 1, f"train.steps: {steps} is below 1; give the number of updates")
    sweep.check_batch_size(train["batch_size"], len(batches["train"].x))
    check_grid(config["sweep"])
    check_evaluation(config["evaluate"])
    if options["marginal"] == "pairwise" or train["objective"] == "total_correlation":
        check_pairs(config, batches)
    recipe = {name: train.pop(name) for name in ("batch_size", "warmup", "ema_decay", "learning_rate")}
    recipe["objective"] = objective_of(config)
    for name in ("objective", "samples", "u", "a"):
        train.pop(name)
    if options.pop("conditioned"):
        options["beta_range"] = (min(config["sweep"]["betas"]), max(config["sweep"]["betas"]))
    make_model, seeds, alone = model_maker(options, dataset), config["sweep"]["seeds"], single_beta(config["model"])
    make = partial(sweep.create, make_model, tx=optimizers.make(**train), seeds=seeds, **recipe)

    def make_sweep(betas):
        return make(betas=betas) if alone is None else make(betas=[alone], measured_betas=betas)

    return Setup(dataset, batches, make_sweep, *prepare_plane(config, dataset, batches, make_sweep))


def single_beta(model):
    """The one beta that a model of all betas is trained at; None where the model section asks for one model a beta."""
    return ANCHOR if model["kind"] == "flexible" else 1.0 if model["conditioned"] else None


def objective_of(config):
    """The objective of a configuration. Raises InvalidInput."""
    train, model = config["train"], config["model"]
    u, samples = u_of(train["u"], train["a"]), train["samples"]
    name = choose("train.objective", train["objective"], dict.fromkeys(OBJECTIVES))
    if single_beta(model) is not None:
        check_one_model(config, u)
    if model["kind"] == "flexible":
        return Expansion(samples=samples)
    if model["conditioned"]:
        return Conditioned(samples=samples, betas=(min(config["sweep"]["betas"]), max(config["sweep"]["betas"])))
    if name == "total_correlation":
        plain = model["marginal"] == "standard_normal" and model["kind"] in ("vib", "vae")
        require(
            plain, "train.objective: 'total_correlation' needs kind 'vib' or 'vae' and model.marginal 'standard_normal'"
        )
        require(u is linear, "train.u: with train.objective 'total_correlation' beta weighs no rate; set 'linear'")
        return TotalCorrelation(samples=samples)
    return (Distortion if model["kind"] in ("classifier", "autoencoder") else Lagrangian)(u, samples)


def u_of(name, a):
    """The u of the objective. Raises InvalidInput."""
    u = choose("train.u", name, US)
    require(name == "linear" or a > 0, f"train.a: {a} is not above 0, where u is not convex; give a number > 0")
    return u if name == "linear" else u(a)


def with_betas(config):
    """The configuration with the betas that sweep.target_rates ask for, if any. Raises InvalidInput."""
    rates = config["sweep"]["target_rates"]
    if rates is None:
        return config
    bound = config["model"]["marginal"] != "class_conditional"
    require(bound, "sweep.target_rates: with 'class_conditional' the rate bounds I(X;Z|Y); give sweep.betas")
    once = len(set(rates)) == len(rates)
    require(once, f"sweep.target_rates: {tuple(rates)} holds a rate twice; give each once")
    betas = betas_for(rates, u_of(config["train"]["u"], config["train"]["a"]))
    return config | {"sweep": config["sweep"] | {"betas": betas}}


def betas_for(rates, u):
    """The betas whose codes keep the given rates, nats, while I(Z;Y) = rate < H(Y): beta = 1 / u'(rate).

    Rodriguez-Galvez et al. 2020, where the frontier has slope 1 as for labels that are a function of x. Raises
    InvalidInput for a linear u, whose slope is the same everywhere.
    """
    require(u is not linear, "sweep.target_rates: u is linear, and every rate has the same beta; set train.u")
    require(all(rate > 0 for rate in rates), f"sweep.target_rates: {tuple(rates)} must be numbers > 0, in nats")
    return tuple(float(1 / u.slope(rate)) for rate in rates)


def check_one_model(config, u):
    """Raises InvalidInput for what one model of all betas cannot do."""
    betas, model = config["sweep"]["betas"], config["model"]
    fits = not model["conditioned"] or model["kind"] in ("vib", "vae")
    require(fits, f"model.conditioned: kind '{model['kind']}' has no beta to be told; set it to False")
    gaussian = model["code"] == "gaussian"
    require(gaussian, "model.code: 'categorical' is a code of one beta; set 'gaussian' for a model of all betas")
    require(u is linear, "train.u: a model of all betas weighs each example's rate by itself; set 'linear'")
    require(min(betas) > 0, "sweep.betas: a model of all betas knows them by their logarithm; leave 0 out")
    wide = len(betas) >= 2
    require(wide, f"sweep.betas: {tuple(betas)} is no range; give two or more to a model of all betas")
    plain = config["train"]["objective"] == "lagrangian"
    require(plain, "train.objective: a model of all betas is trained by 'lagrangian'")
    whole = config["sweep"]["chunk"] in (None, len(betas))
    require(whole, "sweep.chunk: a model of all betas is trained once; leave it out")
    require(
        not config["plane"]["estimators"], "plane.estimators: a model of all betas has no information plane; set ()"
    )


def prepare_plane(config, dataset, batches, make_sweep):
    """(Plane, the Batch that it is measured on) of a configuration. Raises InvalidInput."""
    options = dict(config["plane"])
    every, part, count = (options.pop(name) for name in ("every", "inputs", "examples"))
    require(every >= 1, f"plane.every: {every} is below 1; give a number of measurements")
    splits = choose("plane.inputs", part, {"train": ["train"], "test": ["test"], "all": ["train", "test"]})
    require(count is None or count >= 2, f"plane.examples: {count} is below 2")
    inputs = Batch(*(np.concatenate(leaves) for leaves in zip(*(batches[s] for s in splits), strict=True)))
    available = len(inputs.x)
    enough = available >= 2 or not options["estimators"]
    require(enough, f"plane.inputs: '{part}' is {available} example; give a split of two or more, or no estimators")
    picked = np.linspace(0, available - 1, min(count or available, available)).astype(int)
    inputs = Batch(*(leaf[picked] for leaf in inputs))
    options["estimators"] = tuple(options["estimators"])
    gaussian = not options["estimators"] or config["model"]["code"] == "gaussian"
    require(gaussian, "plane.estimators: a categorical code has no information plane; set ()")
    whole = enumerates(dataset, inputs.x) and not config["data"].get("label_noise")
    asked = plane.Plane(**options, classes=dataset.classes, enumerated=whole)
    if asked.estimators:
        betas = config["sweep"]["betas"][: config["sweep"]["chunk"]]
        plane.describe(sharding.blueprint(make_sweep, betas), inputs.x, inputs.y, asked)
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
    sharding.chunks_of(grid["betas"], len(grid["betas"]) if grid["chunk"] is None else grid["chunk"])


def check_evaluation(options):
    """Raises InvalidInput unless at least one draw of z and one example are asked for."""
    for name in ("samples", "train_examples"):
        value = options[name]
        require(value is None or value >= 1, f"evaluate.{name}: {value} is below 1; give an integer >= 1")


def check_pairs(config, batches):
    """Raises InvalidInput where a batch would hold one example, which has no other to be held against."""
    pairwise = config["model"]["marginal"] == "pairwise"
    told = "model.marginal 'pairwise'" if pairwise else "train.objective 'total_correlation'"
    for named, size in (
        ("train.batch_size: {}", config["train"]["batch_size"]),
        ("evaluate.train_examples: {}", config["evaluate"]["train_examples"] or len(batches["train"].x)),
        ("data: {} test example", len(batches["test"].x)),
    ):
        require(size >= 2, f"{named.format(size)}; {told} compares pairs: give 2 or more")


def examples(dataset, split, target):
    """All examples of 'train' or 'test' as one Batch, whose target is 'y' or the pixels of 'x'."""
    x, y = getattr(dataset, f"x_{split}"), getattr(dataset, f"y_{split}")
    if target == "y":
        return Batch(x, y, y)
    return Batch(x, y, x if dataset.low is None else data.pixels(dataset, x))


def model_maker(options, dataset):
    """make_model(key) -> Bottleneck for a dataset, from the model section of a configuration."""
    options = dict(options)
    kind, likelihood, labelled = options.pop("kind"), options.pop("likelihood"), dataset.classes is not None
    arguments = {"shape": dataset.x_train.shape[1:], "examples": dataset.x_train, **options}
    if labelled:
        shares = np.bincount(dataset.y_train, minlength=dataset.classes) / len(dataset.y_train)
        arguments["p_y"] = tuple(shares.tolist())
    if TARGETS[kind] == "y":
        arguments["outputs"] = dataset.classes if labelled else dataset.y_train.shape[1]
        arguments["likelihood"] = likelihood or ("categorical" if labelled else "gaussian")
    else:
        default = "gaussian" if dataset.levels is None else "bernoulli" if dataset.levels == 2 else "logistic"
        arguments["likelihood"] = likelihood or default
        arguments |= {"levels": dataset.levels, "bounded": dataset.low is not None}
    check_likelihood(arguments["likelihood"], kind, dataset)
    return partial(MAKERS[kind], **arguments)


def check_likelihood(likelihood, kind, dataset):
    """Raises InvalidInput where the likelihood does not fit the target."""
    if TARGETS[kind] == "x":
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
