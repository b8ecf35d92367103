"""Untrained members to look at, in a lab with small numbers."""

import sys

import numpy as np
import pytest
import small
import xarray as xr

from vib.evaluation import latent_report
from vib.evaluation.latent_report import examples, numbers, variables
from vib.run import prepare
from vib.training import sweep
from vib.training.sweep import stream

SIZES, DRAWS, PATHS = (30, 100, 1000), 120, 4
SMALL = {
    numbers: {
        "PATHS": PATHS, "STEPS": 4, "SIZES": SIZES,
        "LIKELIHOOD": {"draws": 20, "examples": 8},
    },
    variables: {"SIZES": SIZES},
    sys.modules["vib.evaluation.latent_report.draws"]: {"DRAWS": DRAWS, "MIXTURE": 3},
    examples: {"OUTLIERS": 30},
    sys.modules["vib.latent.disentanglement.dci"]: {"TREES": 4},
    sys.modules["vib.latent.disentanglement.groups"]: {"TRAIN": 300, "TEST": 100},
}  # fmt: skip
EXAMPLES = {"train": 200, "test": 120}


@pytest.fixture(scope="module", autouse=True)
def small_lab():
    with pytest.MonkeyPatch.context() as patch:
        for module, constants in SMALL.items():
            for name, value in constants.items():
                patch.setattr(module, name, value)
        yield


def member(config, beta=0):
    """An untrained member of a configuration, at that place of its betas."""
    return sweep.member(prepare(config).make_sweep(config["sweep"]["betas"]), 0, beta)


def look(name="digits_vae", beta=1.0, **fields):
    """(Lab, numbers, member) of an untrained member."""
    options = {"sweep.betas": (beta,), "sweep.seeds": (0,), "model.decoder_widths": ()}
    config = small.config(name, **options | fields)
    model, room = member(config), latent_report.prepare(config, **EXAMPLES)
    return room, latent_report.measure(model, room, stream(0, "lab")), model


SPRITES = {
    "data.size": 8, "data.samples_train": 200, "data.samples_test": 120, "data.grid": (3, 2, 2, 4, 4, 2),
    "model.architecture": "mlp", "model.widths": (8,),
}  # fmt: skip


@pytest.fixture(name="arrays", scope="module")
def array_files(tmp_path_factory):
    """Files of arrays that are no images: with named labels, and with two targets to regress on."""
    folder, random = tmp_path_factory.mktemp("arrays"), np.random.default_rng(0)
    y = random.integers(0, 3, 320)
    x = (random.normal(size=(320, 6)) + 3 * np.eye(6)[y]).astype(np.float32)
    trees = np.array(["ash", "beech", "oak $"])[y]
    for name, target in (("labels", trees), ("real", x[:, :2] + random.normal(size=(320, 2)).astype(np.float32))):
        np.savez(folder / f"{name}.npz", x_train=x[:200], y_train=target[:200], x_test=x[200:], y_test=target[200:])
    return folder


def of_arrays(path, **fields):
    return {"data.name": "arrays", "data.path": str(path), "data.binarize": None} | fields


def a_result(betas, seeds):
    """A result as a run leaves it, of one step."""
    shape = (len(seeds), len(betas))
    coordinates = {"split": ["train", "test"], "seed": seeds, "beta": betas, "step": [9]}
    values = np.random.default_rng(0).normal(size=(2, *shape, 1)).astype(np.float32)
    rate = (("split", "seed", "beta", "step"), values, {"units": "nats"})
    finite = (("seed", "beta"), np.ones(shape, np.int8))
    return xr.Dataset({"rate": rate, "distortion": rate, "finite": finite}, coordinates, {"kind": "vae"})
