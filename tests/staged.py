"""Two small stages, trained once a module, and untrained ones."""

from functools import partial

import jax
import numpy as np
import pytest
import small
from small import compiled  # noqa: F401

from vib import models
from vib.models.two_stage import Scale

FIRST = {
    "data.binarize": False, "model.kind": "autoencoder", "model.latent": 4, "model.likelihood": "gaussian",
    "model.decoder_widths": (8,), "sweep.betas": (0.0, 1.0), "sweep.seeds": (3, 4), "train.steps": 30,
    "evaluate.measurements": 2,
}  # fmt: skip
SECOND = {
    "data.name": "features", "data.binarize": None, "model.decoder_widths": (8,), "sweep.betas": (0.1, 1.0),
    "train.steps": 20, "evaluate.measurements": 2,
}  # fmt: skip


@pytest.fixture(name="first", scope="module")
def first_stage(compiled, tmp_path_factory):  # noqa: F811
    """The folder of an autoencoder of digits."""
    workdir = tmp_path_factory.mktemp("first")
    small.run(workdir, "digits_vae", **FIRST)
    return workdir


def fields(first, beta=1.0, seed=4, **changes):
    return SECOND | {"data.options": {"workdir": str(first), "beta": beta, "seed": seed}} | changes


@pytest.fixture(name="second", scope="module")
def second_stage(first, tmp_path_factory):
    """The folder of a VAE of its features."""
    workdir = tmp_path_factory.mktemp("second")
    small.run(workdir, "digits_vae", **fields(first))
    return workdir


def maker(kind, **options):
    return partial(kind, jax.random.key(0), **{"latent": 2, "widths": (4,)} | options)


SCALE = Scale(np.zeros(2, np.float32), np.ones(2, np.float32))
AUTOENCODER = maker(models.autoencoder, shape=(8, 8, 1), decoder_widths=())
VAE_OF_FEATURES = maker(models.vae, shape=(2,), decoder_widths=(), likelihood="gaussian", bounded=False)
