"""Which evaluators a run has by its config: at every measured step, at the end, and from the result itself."""

import logging
from typing import NamedTuple

import numpy as np

from vib import data, models
from vib.data import entropy_y
from vib.errors import choose, require
from vib.evaluation import frontier, phases
from vib.evaluation.estimators import Inputs
from vib.evaluation.images import Images
from vib.evaluation.marginal_kl import MarginalKL
from vib.evaluation.plane import InformationPlane
from vib.evaluation.rate_distortion import RateDistortion
from vib.results.dataset import SPLITS
from vib.training import sharding
from vib.training.setup import objective_of

BOUNDED = ("tanh", "sigmoid", "softsign")
PARTS = {  # of the data: the splits and what they are called
    "train": (["train"], "training"),
    "test": (["test"], "test"),
    "all": (["train", "test"], "training and test"),
}


class Evaluators(NamedTuple):
    """What a run is measured by; each an Evaluator, but `derived` {name: function of a result that adds to it}."""

    steps: list  # at every measured step
    end: list  # once, of the trained sweep
    derived: dict

    @property
    def names(self):
        """What a result awaits when the training is over."""
        return [*(each.name for each in self.end), *self.derived]


def evaluators(setup):
    """The Evaluators of a Setup. Raises InvalidInput for what cannot be measured of it."""
    config, dataset = setup.config, setup.dataset
    steps, end, derived = [rate_distortion(setup)], [MarginalKL()], {}
    if config.plane.estimators:
        steps.append(information_plane(setup))
        derived["phases"] = phases.with_phases
    x = dataset.x_test
    if models.KINDS[config.model.kind].images and dataset.low is not None and x.ndim == 4 and x.shape[-1] in (1, 3):
        end.append(Images())
    if setup.target == "y" and dataset.exact is not None:
        derived["frontier"] = frontier.Frontier(dataset.exact)
    return Evaluators(steps, end, derived)


def rate_distortion(setup):
    """The RateDistortion of a Setup."""
    config, count = setup.config, setup.config.evaluate.train_examples
    # H(Y) of the examples that the distortion is measured on
    measured = setup.dataset._replace(y_train=setup.dataset.y_train[:count])
    entropies = [entropy_y(measured, split) for split in SPLITS]
    known = setup.target == "y" and None not in entropies
    bounds = models.MARGINALS[config.model.marginal].bounds
    bounds = None if models.KINDS[config.model.kind].deterministic else bounds
    averaged = config.train.ema_decay > 0
    entropies, objective = entropies if known else None, objective_of(config)
    return RateDistortion(config.evaluate.samples, count, averaged, bounds, entropies, objective)


def information_plane(setup):
    """The InformationPlane of a Setup. Raises InvalidInput."""
    plane, config = setup.config.plane, setup.config
    symbols = models.CODES[config.model.code].categorical
    require(not symbols, f"plane.estimators: a {config.model.code} code has no information plane; leave them out")
    inputs, betas = plane_inputs(setup), config.sweep.betas[: setup.chunk]
    blueprint = sharding.blueprint(setup.make_sweep, betas)
    slow = {"slow_seeds": plane.slow_seeds, "slow_every": plane.slow_every}
    made = InformationPlane(plane.estimators, inputs, blueprint, plane.gradient_batches, **slow)
    # what an encoder of one's own has for an activation is not known
    known = config.model.encoder is None
    if "binned_unit" in plane.estimators and known and config.model.activation not in BOUNDED:
        say = "plane.estimators: binned_unit forces %s, which leaves [-1, 1], into bins over [-1, 1]"
        told = f"{say}: what compression it shows is an artefact of that"
        logging.getLogger("vib").warning(told, config.model.activation)
    return made


def plane_inputs(setup):
    """The Inputs that the information plane of a Setup is measured on. Raises InvalidInput."""
    plane, dataset = setup.config.plane, setup.dataset
    splits, part = choose("plane.inputs", plane.inputs, PARTS)
    every_x, every_y = (np.concatenate([getattr(setup.batches[s], name) for s in splits]) for name in ("x", "y"))
    available = len(every_x)
    enough = available >= 2
    require(enough, f"plane.inputs: '{plane.inputs}' is {available} example; give a split of two or more")
    picked = np.linspace(0, available - 1, min(plane.examples or available, available)).astype(int)
    x, y = every_x[picked], every_y[picked]
    return Inputs(x, y, dataset.classes, enumerates(dataset, x) and not setup.config.data.label_noise, part)


def enumerates(dataset, x):
    """Whether x [N, *shape] are all inputs of a joint table, each once, as likely as the others, and of one label."""
    if not isinstance(dataset.exact, data.Discrete) or len(x) != len(dataset.exact.p_xy):
        return False
    table = dataset.exact.p_xy
    alike = np.ptp(table.sum(1)) < 1e-12 and ((table > 0).sum(1) == 1).all()
    return bool(alike) and len(np.unique(x, axis=0)) == len(x)
