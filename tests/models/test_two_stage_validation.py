"""Two stages: what cannot be a stage, and what stops before anything is written."""

import json
import shutil

import numpy as np
import pytest
import small
from conftest import assert_one_line
from small import assert_error_line, compiled, finish, flags, start  # noqa: F401
from staged import AUTOENCODER, SCALE, VAE_OF_FEATURES, fields, first_stage, maker  # noqa: F401

from vib import data, load, models, results
from vib.errors import InvalidInput
from vib.models.two_stage import TwoStage
from vib.run import Run, dataset_of, restore_first

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.mark.parametrize("kind", ["classifier", "vib"])
def test_a_first_stage_must_decode_to_images(kind):
    labels = maker(getattr(models, kind), shape=(8, 8, 1), outputs=10)()
    with pytest.raises(InvalidInput) as error:
        TwoStage(labels, VAE_OF_FEATURES(), SCALE)
    assert_one_line(error, "decodes to labels", "'autoencoder'")


def test_a_vampprior_of_features_is_no_prior_of_images():
    second = VAE_OF_FEATURES(marginal="vampprior", components=3, examples=np.zeros((5, 2)))
    with pytest.raises(InvalidInput) as error:
        TwoStage(AUTOENCODER(), second, SCALE)
    assert_one_line(error, "model.marginal", "'vampprior'", "give another one")


WHOLE = {"beta": 1.0, "seed": 4}
CASES = {
    "nothing said": ({"data.options": {"beta": 1.0}}, ["data.options.workdir, data.options.seed", "not given"]),
    "no beta": ({"data.options": {"workdir": "FIRST", "seed": 4}}, ["data.options.beta", "not given"]),
    "no folder": ({"data.options": {"workdir": "/nowhere"} | WHOLE}, ["data.options.workdir", "'/nowhere'", "train"]),
    "wrong beta": ({"data.options": {"workdir": "FIRST", "beta": 0.5, "seed": 4}}, ["beta: 0.5 is not in the grid"]),
    "wrong seed": ({"data.options": {"workdir": "FIRST", "beta": 1.0, "seed": 0}}, ["seed: 0 is not in the grid"]),
    "no seed": ({"data.options": {"workdir": "FIRST", "beta": 1.0, "seed": 0.7}}, ["seed: 0.7 is not in the grid"]),
    "no number": ({"data.options": {"workdir": "FIRST", "beta": "x", "seed": 4}}, ["data.options.beta: 'x'", "number"]),
    "options of images": ({"data.train_size": 50}, ["data.train_size", "first stage", "leave it out"]),
    "unknown option": (
        {"data.options": {"workdir": "FIRST", "size": 3} | WHOLE},
        ["data.options.size", "leave it out"],
    ),
    "convolutions": ({"model.architecture": "conv"}, ["model.architecture"]),
    "pixels": ({"model.likelihood": "bernoulli"}, ["model.likelihood", "bernoulli"]),
}


@pytest.mark.parametrize("case", CASES)
def test_a_mistake_writes_nothing(case, first, tmp_path):
    changes, words = CASES[case]
    options = changes.get("data.options", {})
    if options.get("workdir") == "FIRST":
        changes = {"data.options": options | {"workdir": str(first)}}
    with pytest.raises(InvalidInput) as error:
        small.run(tmp_path / "run", "digits_vae", **fields(first, **changes))
    assert_one_line(error, *words)
    assert not (tmp_path / "run").exists()


def test_an_unfinished_or_damaged_first_stage_stops(first, tmp_path):
    (tmp_path / "config.json").write_bytes((first / "config.json").read_bytes())
    with pytest.raises(InvalidInput, match="holds no finished run"):
        dataset_of(small.config("digits_vae", **fields(tmp_path)))
    whole = (first / "results.nc").read_bytes()
    (tmp_path / "results.nc").write_bytes(whole[:1000] + b"?" + whole[1001:])
    with pytest.raises(InvalidInput) as error:
        dataset_of(small.config("digits_vae", **fields(tmp_path)))
    assert_one_line(error, "data.options.workdir", "results.nc", "delete it")


def test_a_first_stage_that_diverged_makes_no_features(first, tmp_path):
    shutil.copytree(first, tmp_path / "first")
    run = load(first)
    finite = run.results.finite.copy(data=[[1, 1], [1, 0]])
    results.save(run.results.assign(finite=finite), tmp_path / "first/results.nc")
    with pytest.raises(InvalidInput) as error:
        dataset_of(small.config("digits_vae", **fields(tmp_path / "first")))
    assert_one_line(error, "data.options.workdir", "seed 4, beta 1 diverged")


def test_a_categorical_code_makes_no_features(first, monkeypatch):
    options = {"code": "categorical", "marginal": "categorical", "latent": 5}
    monkeypatch.setattr(Run, "member", lambda *_: maker(models.vib, shape=(8, 8, 1), outputs=10, **options)())
    restore_first.cache_clear()
    with pytest.raises(InvalidInput) as error:
        dataset_of(small.config("digits_vae", **fields(first)))
    assert_one_line(error, "data.options.workdir", "categorical")


def test_a_first_stage_that_only_python_can_make_again_stops(first, tmp_path):
    shutil.copytree(first, tmp_path / "first")
    path = tmp_path / "first/config.json"
    stored = json.loads(path.read_text())
    stored["model"]["encoder"], stored["data"]["name"] = "Net", "given"
    path.write_text(json.dumps(stored))
    with pytest.raises(InvalidInput) as error:
        dataset_of(small.config("digits_vae", **fields(tmp_path / "first")))
    assert_one_line(error, "data.options.workdir", "encoder, data", "Python", "'arrays'")


def test_the_main_stops_before_it_writes(tmp_path):
    options = {"workdir": str(tmp_path / "missing"), "beta": 1.0, "seed": 0}
    command = flags(tmp_path / "run", **{"data.name": "features", "data.options": options, "model.kind": "vae"})
    assert_error_line(finish(start("-m", "experiments.sweep", *command)), "data.options.workdir", "missing")
    assert not (tmp_path / "run").exists()


def test_data_load_knows_no_features():
    with pytest.raises(InvalidInput):
        data.load("features")
