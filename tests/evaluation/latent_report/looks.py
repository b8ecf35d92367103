"""Untrained members to look at, with evaluators that take small numbers."""

import sys

import numpy as np
import pytest
import small
import xarray as xr

from vib.evaluation import latent_report
from vib.evaluation.latent_report import examples, standard
from vib.evaluation.latent_report.likelihood import Likelihood
from vib.evaluation.latent_report.paths import Paths
from vib.evaluation.latent_report.probes import ClassProbes, FactorProbes, TargetProbes
from vib.evaluation.latent_report.rate_parts import Holes, RateParts
from vib.evaluation.latent_report.samples import Samples
from vib.training import sweep
from vib.training.sweep import stream

SIZES, DRAWS, PATHS, WEIGHTED = (30, 100, 1000), 120, 4, 20
SMALL = [
    RateParts(DRAWS), Holes(DRAWS), Likelihood(WEIGHTED, 8), Samples(DRAWS, 3), Paths(PATHS, 4), FactorProbes(SIZES),
    ClassProbes(SIZES), TargetProbes(SIZES),
]  # fmt: skip
EVALUATORS = [{type(one): one for one in SMALL}.get(type(each), each) for each in standard()]
ABOUT = {name: about for each in EVALUATORS for name, about in each.variables.items()}
BASELINES = {name for name, about in ABOUT.items() if "seed" not in about.dims}
CONSTANTS = {
    examples: {"OUTLIERS": 30},
    sys.modules["vib.latent.disentanglement.dci"]: {"TREES": 4},
    sys.modules["vib.latent.disentanglement.groups"]: {"TRAIN": 300, "TEST": 100},
}
COUNTS = {"train": 200, "test": 120}


@pytest.fixture(scope="module", autouse=True)
def small_numbers():
    with pytest.MonkeyPatch.context() as patch:
        for module, constants in CONSTANTS.items():
            for name, value in constants.items():
                patch.setattr(module, name, value)
        yield


def looked_at(setup, **counts):
    """Examples of the data of a Setup."""
    return latent_report.prepare(setup.dataset, setup.target, binarize=bool(setup.config.data.binarize), **counts)


def untrained(setup, place=0):
    """An untrained model of a Setup, at that place of its betas."""
    return sweep.member(setup.make_sweep(setup.config.sweep.betas), 0, place)


def look(name="digits_vae", beta=1.0, **fields):
    """(an untrained Member, its numbers)."""
    options = {"sweep.betas": (beta,), "sweep.seeds": (0,), "model.decoder_widths": ()}
    setup = small.prepare(name, **options | fields)
    member = latent_report.member_of(untrained(setup), looked_at(setup, **COUNTS))
    return member, numbers(member)


def numbers(member, seed=0):
    """What the small evaluators find."""
    return latent_report.numbers(member, EVALUATORS, stream(seed, "report"))


def baselines(member):
    """What the inputs themselves give to the evaluators that the member allows."""
    width, found = member.train.mean.shape[1], {}
    for each in EVALUATORS:
        if member.allows(each.needs):
            found |= each.of_inputs(member.examples, width)
    return found


def along(found, name, axis):
    """{label: value} of a number along its last axis."""
    coordinates = next(each.coordinates for each in EVALUATORS if name in each.variables)
    return dict(zip(coordinates[axis], found[name].tolist(), strict=True))


SPRITES = {
    "data.options": {"size": 8, "samples_train": 200, "samples_test": 120, "grid": (3, 2, 2, 4, 4, 2)},
    "model.architecture": "mlp", "model.widths": (8,),
}  # fmt: skip


def sprites(**options):
    """SPRITES with other options of their source."""
    return SPRITES | {"data.options": SPRITES["data.options"] | options}


@pytest.fixture(name="arrays", scope="module")
def array_files(tmp_path_factory):
    """Files of arrays that are no images: with named labels, and with two targets to regress on."""
    folder, random = tmp_path_factory.mktemp("arrays"), np.random.default_rng(0)
    y = random.integers(0, 3, 320)
    x = (random.normal(size=(320, 6)) + 3 * np.eye(6)[y]).astype(np.float32)
    trees = np.array(["ash", "beech", "oak $ <b>"])[y]
    for name, target in (("labels", trees), ("real", x[:, :2] + random.normal(size=(320, 2)).astype(np.float32))):
        np.savez(folder / f"{name}.npz", x_train=x[:200], y_train=target[:200], x_test=x[200:], y_test=target[200:])
    return folder


def of_arrays(path, **fields):
    return {"data.name": "arrays", "data.options": {"path": str(path)}, "data.binarize": None} | fields


def a_result(betas, seeds):
    """A result as a run leaves it, of one step."""
    shape = (len(seeds), len(betas))
    coordinates = {"split": ["train", "test"], "seed": seeds, "beta": betas, "step": [9]}
    values = np.random.default_rng(0).normal(size=(2, *shape, 1)).astype(np.float32)
    rate = (("split", "seed", "beta", "step"), values, {"units": "nats", "long_name": "rate"})
    finite = (("seed", "beta"), np.ones(shape, np.int8))
    return xr.Dataset({"rate": rate, "distortion": rate, "finite": finite}, coordinates, {"kind": "vae"})
