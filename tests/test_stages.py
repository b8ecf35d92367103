"""Two stages: what makes features of images, and both as one model of images."""

import json
import shutil
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
from conftest import assert_one_line
from quick import quickly_compiled  # noqa: F401
from small import assert_error_line, assert_same_bits, compiled, files, finish, flags, start  # noqa: F401

from configs import sprites_two_stage
from vib import data, load, models, results
from vib.data import pixels
from vib.errors import InvalidInput
from vib.latent.views import codes, images
from vib.objective import Batch, terms
from vib.run import Run, dataset_of, images_config, restore_first
from vib.setup import MAKERS
from vib.stages import Scale, TwoStage, features

FIRST = {
    "data.binarize": False, "model.kind": "autoencoder", "model.latent": 4, "model.likelihood": "gaussian",
    "model.decoder_widths": (8,), "sweep.betas": (0.0, 1.0), "sweep.seeds": (3, 4), "train.steps": 30,
    "evaluate.measurements": 2,
}  # fmt: skip
SECOND = {
    "data.name": "features", "data.binarize": None, "data.first_beta": 1.0, "data.first_seed": 4,
    "model.decoder_widths": (8,), "sweep.betas": (0.1, 1.0), "train.steps": 20, "evaluate.measurements": 2,
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.fixture(scope="module")
def first(compiled, tmp_path_factory):  # noqa: F811
    """The folder of an autoencoder of digits."""
    workdir = tmp_path_factory.mktemp("first")
    small.run(workdir, "digits_vae", **FIRST)
    return workdir


def fields(first, **changes):
    return SECOND | {"data.first_workdir": str(first)} | changes


@pytest.fixture(scope="module")
def second(first, tmp_path_factory):
    """The folder of a VAE of its features."""
    workdir = tmp_path_factory.mktemp("second")
    small.run(workdir, "digits_vae", **fields(first))
    return workdir


def test_features_are_standardised_codes_of_the_first_stage(first, second):
    before = files(first)
    found, pictures = dataset_of(load(second).config), load(first).data()
    assert found.x_train.shape == (len(pictures.x_train), 4) and found.x_train.dtype == np.float32
    np.testing.assert_allclose(found.x_train.mean(0, np.float64), 0, atol=1e-5)
    np.testing.assert_allclose(found.x_train.std(0, dtype=np.float64), 1, atol=1e-5)
    member = load(first).member(beta=1.0, seed=4)
    train, test = (np.asarray(member.encode(jnp.asarray(x))[0].mean) for x in (pictures.x_train, pictures.x_test))
    np.testing.assert_allclose(found.x_test, (test - train.mean(0)) / train.std(0), atol=1e-4)
    assert np.array_equal(found.y_test, pictures.y_test) and found.classes == 10
    assert found.low is None and found.levels is None and pictures.name in found.version and str(first) in found.version
    assert files(first) == before  # the first stage is read, never written


def test_a_feature_that_does_not_move_is_exactly_zero():
    model = models.autoencoder(jax.random.key(0), (3,), latent=2, widths=(), decoder_widths=(), likelihood="gaussian")
    model.head.linear.kernel[...] = jnp.eye(2, 3).at[1].set(0)
    model.head.linear.bias[...] = jnp.array([0.0, 0.1])
    x = np.random.default_rng(0).normal(size=(1000, 3)).astype(np.float32)
    train, test, scale = features(model, x[:900], x[900:])
    assert (train[:, 1] == 0).all() and (test[:, 1] == 0).all() and scale.std[1] == 1
    np.testing.assert_allclose(train[:, 0], (x[:900, 0] - x[:900, 0].mean()) / x[:900, 0].std(), atol=1e-5)


def test_whole_is_both_stages_by_hand(first, second):
    run, autoencoder = load(second), load(first).member(beta=1.0, seed=4)
    whole, vae = run.whole(beta=0.1, seed=1), run.member(beta=0.1, seed=1)
    x = load(first).data().x_test[:7]
    train = codes(autoencoder, load(first).data().x_train).mean
    mean, std = train.mean(0, np.float64), train.std(0, np.float64)
    feature = (np.asarray(autoencoder.encode(jnp.asarray(x))[0].mean) - mean) / std
    by_hand, _ = vae.encode(jnp.asarray(feature, jnp.float32))
    given, _ = whole.encode(jnp.asarray(x))
    np.testing.assert_allclose(given.mean, by_hand.mean, atol=1e-4)
    np.testing.assert_allclose(given.std, by_hand.std, atol=1e-4)
    z = jax.random.normal(jax.random.key(0), (3, 5, 2))
    inner, _ = vae.decode(z)
    expected, _ = autoencoder.decode(inner.mean * std.astype(np.float32) + mean.astype(np.float32))
    outer, _ = whole.decode(z)
    np.testing.assert_allclose(outer.mean, expected.mean, atol=1e-5)
    assert outer.mean.shape == (3, 5, 8, 8, 1)
    np.testing.assert_allclose(images(whole, z[0]), expected.mean[0], atol=1e-5)


def test_whole_has_the_rate_of_the_second_stage_and_the_distortion_of_images(first, second):
    run, pictures = load(second), load(first).data()
    whole, vae = run.whole(beta=1.0, seed=0), run.member(beta=1.0, seed=0)
    x, y = jnp.asarray(pictures.x_test[:9]), jnp.asarray(pictures.y_test[:9])
    measured, draws = terms(whole, Batch(x, y, pixels(pictures, x)), jax.random.key(1), samples=3)
    inner = jnp.asarray(run.data().x_test[:9])
    np.testing.assert_allclose(measured.rate, terms(vae, Batch(inner, y, inner), jax.random.key(1))[0].rate, rtol=1e-3)
    mean, std = draws.parameters
    error = 0.5 * ((pixels(pictures, x) - mean) / std) ** 2 + jnp.log(std) + 0.5 * jnp.log(2 * jnp.pi)
    np.testing.assert_allclose(measured.distortion, error.sum((2, 3, 4)).mean(0), rtol=1e-4)


def test_the_second_stage_is_an_ordinary_sweep(first, second, tmp_path):
    run = load(second)
    assert np.isfinite(run.results.rate).all() and run.results.attrs["data"].startswith("features digits ")
    assert images_config(run.config) == load(first).config["data"]
    assert "reconstruction" not in run.results  # features are no images
    np.testing.assert_array_equal(run.member(1.0, 0).encode(jnp.ones((1, 4)))[0].mean.shape, (1, 2))
    # resumed from its checkpoints alone, the numbers are the same bit for bit
    copy = tmp_path / "copy"
    shutil.copytree(second, copy)
    (copy / "results.nc").unlink()
    assert_same_bits(small.run(copy, "digits_vae", **fields(first)), run.results)


def test_stopped_on_the_way_it_goes_on(first, second, tmp_path):
    small.run(tmp_path, "digits_vae", **fields(first, **{"train.steps": 10, "checkpoint.every": 5}))
    (tmp_path / "results.nc").unlink()
    stored = json.loads((tmp_path / "config.json").read_text())
    assert stored["data"]["first_seed"] == 4
    shutil.rmtree(tmp_path / "checkpoints/0/10")
    result = small.run(tmp_path, "digits_vae", **fields(first, **{"train.steps": 10, "checkpoint.every": 5}))
    assert result.step.values[-1] == 10 and np.isfinite(result.loss).all()


def test_whole_of_one_stage_is_its_member(first):
    run = load(first)
    one, other = (jax.tree.leaves(model) for model in (run.whole(0.0, 3), run.member(0.0, 3)))
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def test_three_stages(first, second, monkeypatch):
    config = small.config("digits_vae", **fields(second, **{"data.first_seed": 0, "model.latent": 1}))
    assert images_config(config) == load(first).config["data"]
    middle, top, pictures = load(second).whole(1.0, 0), VAE_OF_FEATURES(latent=1), load(first).data()
    expected = features(middle, pictures.x_train, pictures.x_test[:5])
    np.testing.assert_allclose(dataset_of(config).x_test[:5], expected[1], atol=1e-4)
    monkeypatch.setattr(Run, "member", lambda *_: top)
    inner = (middle.encode(jnp.asarray(pictures.x_test[:5]))[0].mean - expected[2].mean) / expected[2].std
    whole = Run(None, config, None).whole(1.0, 0)
    np.testing.assert_allclose(
        whole.encode(jnp.asarray(pictures.x_test[:5]))[0].mean, top.encode(inner)[0].mean, atol=1e-4
    )
    assert images(whole, np.zeros((2, 1))).shape == (2, 8, 8, 1)


def maker(kind, **options):
    return partial(kind, jax.random.key(0), **{"latent": 2, "widths": (4,)} | options)


SCALE = Scale(np.zeros(2, np.float32), np.ones(2, np.float32))
AUTOENCODER = maker(models.autoencoder, shape=(8, 8, 1), decoder_widths=())
VAE_OF_FEATURES = maker(models.vae, shape=(2,), decoder_widths=(), likelihood="gaussian", bounded=False)


def test_a_vib_of_features_decodes_to_labels():
    vib = maker(models.vib, shape=(2,), outputs=3)()
    for first_stage in (AUTOENCODER(), maker(models.classifier, shape=(8, 8, 1), outputs=10)()):
        whole, x = TwoStage(first_stage, vib, SCALE), jnp.ones((5, 8, 8, 1))
        z = whole.encode(x)[0].mean
        np.testing.assert_allclose(z, vib.encode(first_stage.encode(x)[0].mean)[0].mean, rtol=1e-5)
        np.testing.assert_array_equal(whole.decode(z)[0], vib.decode(z)[0])
        measured, _ = terms(whole, Batch(x, jnp.zeros(5, int), jnp.zeros(5, int)), jax.random.key(0))
        assert measured.distortion.shape == (5,)
        with pytest.raises(InvalidInput, match="decodes to labels"):
            images(whole, z)


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


def test_beta_conditioned_stages_are_told_their_betas():
    first_stage = maker(models.vae, shape=(8, 8, 1), decoder_widths=(), beta_range=(0.1, 10.0))()
    second = VAE_OF_FEATURES(beta_range=(0.1, 10.0))
    x, z = jnp.ones((4, 8, 8, 1)), jnp.ones((4, 2))
    whole = TwoStage(first_stage, second, SCALE, first_beta=3.0)
    inner = first_stage.encode(x, beta=3.0)[0].mean
    np.testing.assert_allclose(whole.encode(x, beta=0.5)[0].mean, second.encode(inner, beta=0.5)[0].mean, rtol=1e-5)
    expected = first_stage.decode(second.decode(z, beta=0.5)[0].mean, beta=3.0)[0]
    np.testing.assert_allclose(whole.decode(z, beta=0.5)[0], expected, rtol=1e-5)


DOORS = {
    "nothing said": ({"data.first_workdir": None, "data.first_seed": None}, ["data.first_workdir, data.first_seed"]),
    "no beta": ({"data.first_beta": None}, ["data.first_beta", "not given"]),
    "no folder": ({"data.first_workdir": "/nowhere"}, ["data.first_workdir", "'/nowhere'", "experiments.sweep"]),
    "wrong beta": ({"data.first_beta": 0.5}, ["data.first_workdir", "beta: 0.5 is not in the grid", "0, 1"]),
    "wrong seed": ({"data.first_seed": 0}, ["data.first_workdir", "seed: 0 is not in the grid", "3, 4"]),
    "options of images": ({"data.train_size": 50}, ["data.train_size", "first stage", "leave it out"]),
    "convolutions": ({"model.architecture": "conv"}, ["model.architecture"]),
    "pixels": ({"model.likelihood": "bernoulli"}, ["model.likelihood", "bernoulli"]),
}


@pytest.mark.parametrize("case", DOORS)
def test_door_writes_nothing(case, first, tmp_path):
    changes, words = DOORS[case]
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
    assert_one_line(error, "data.first_workdir", "checksum")


def test_a_first_stage_that_diverged_makes_no_features(first, tmp_path):
    shutil.copytree(first, tmp_path / "first")
    run = load(first)
    finite = run.results.finite.copy(data=[[1, 1], [1, 0]])
    results.save(run.results.assign(finite=finite), tmp_path / "first/results.nc")
    with pytest.raises(InvalidInput) as error:
        dataset_of(small.config("digits_vae", **fields(tmp_path / "first")))
    assert_one_line(error, "data.first_workdir", "seed 4, beta 1 diverged")


def test_a_categorical_code_makes_no_features(first, monkeypatch):
    options = {"code": "categorical", "marginal": "categorical", "latent": 5}
    monkeypatch.setattr(Run, "member", lambda *_: maker(models.vib, shape=(8, 8, 1), outputs=10, **options)())
    restore_first.cache_clear()
    with pytest.raises(InvalidInput) as error:
        dataset_of(small.config("digits_vae", **fields(first)))
    assert_one_line(error, "data.first_workdir", "categorical")


def test_the_main_stops_at_the_door(tmp_path):
    given = {"data.name": "features", "data.first_workdir": tmp_path / "missing", "data.first_beta": 1.0}
    command = flags(tmp_path / "run", **given, **{"data.first_seed": 0, "model.kind": "vae"})
    assert_error_line(finish(start("-m", "experiments.sweep", *command)), "data.first_workdir", "missing")
    assert not (tmp_path / "run").exists()


def test_data_load_knows_no_features():
    with pytest.raises(InvalidInput):
        data.load("features")


def test_the_one_stage_model_of_the_config_is_as_large_as_both_stages():
    """Within 1 %, as the comparison of configs/sprites_two_stage.py says."""

    def weights(preset, shape):
        options = sprites_two_stage.get_config(preset).model.to_dict()
        make = MAKERS[options.pop("kind")]
        options = {name: value for name, value in options.items() if name not in ("conditioned", "likelihood")}
        made = jax.eval_shape(partial(make, shape=shape, likelihood="gaussian", **options), jax.random.key(0))
        return sum(leaf.size for leaf in jax.tree.leaves(made))

    features = (sprites_two_stage.FEATURES,)
    both = weights("first", (32, 32, 3)) + weights("second", features)
    assert weights("one", (32, 32, 3)) == pytest.approx(both, rel=0.01)
