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
from small import assert_same_bits, compiled, files  # noqa: F401
from staged import AUTOENCODER, FIRST, SCALE, VAE_OF_FEATURES, fields, first_stage, maker, second_stage  # noqa: F401

from configs import sprites_two_stage
from vib import load, models
from vib.config import create
from vib.data import pixels
from vib.errors import InvalidInput
from vib.latent.views import codes, images
from vib.models.two_stage import TwoStage, features
from vib.objectives import Batch, terms
from vib.run import Run, dataset_of, first_config

pytestmark = pytest.mark.usefixtures("compiled")


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
    assert first_config(run.config) == load(first).config
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
    assert stored["data"]["options"]["seed"] == 4
    shutil.rmtree(tmp_path / "checkpoints/0/10")
    result = small.run(tmp_path, "digits_vae", **fields(first, **{"train.steps": 10, "checkpoint.every": 5}))
    assert result.step.values[-1] == 10 and np.isfinite(result.loss).all()


def test_a_first_stage_that_was_trained_anew_is_another(first, second, tmp_path):
    """Under the same name: only its weights can tell."""
    stored, before = load(second), files(second)
    own = stored.config.data.identity
    assert own.startswith("features digits ") and stored.data().name == "features"
    first.rename(tmp_path / "aside")
    small.run(first, "digits_vae", **FIRST, **{"train.learning_rate": 0.02})
    again = partial(small.run, second, "digits_vae", **fields(first))
    for use in (stored.data, partial(stored.whole, 1.0, 0), again):
        with pytest.raises(InvalidInput) as error:
            use()
        assert_one_line(error, own, "but 'features digits ", "another workdir")
    assert files(second) == before
    shutil.rmtree(first)
    (tmp_path / "aside").rename(first)
    assert stored.data().name == "features"


def test_whole_of_one_stage_is_its_member(first):
    run = load(first)
    one, other = (jax.tree.leaves(model) for model in (run.whole(0.0, 3), run.member(0.0, 3)))
    assert all(np.array_equal(*pair) for pair in zip(one, other, strict=True))


def test_three_stages(first, second, monkeypatch):
    config = small.config("digits_vae", **fields(second, seed=0, **{"model.latent": 1}))
    assert first_config(config) == load(first).config
    middle, top, pictures = load(second).whole(1.0, 0), VAE_OF_FEATURES(latent=1), load(first).data()
    expected = features(middle, pictures.x_train, pictures.x_test[:5])
    np.testing.assert_allclose(dataset_of(config).x_test[:5], expected[1], atol=1e-4)
    monkeypatch.setattr(Run, "member", lambda *_: top)
    inner = (middle.encode(jnp.asarray(pictures.x_test[:5]))[0].mean - expected[2].mean) / expected[2].std
    whole = Run(None, config, None, None, None).whole(1.0, 0)
    np.testing.assert_allclose(
        whole.encode(jnp.asarray(pictures.x_test[:5]))[0].mean, top.encode(inner)[0].mean, atol=1e-4
    )
    assert images(whole, np.zeros((2, 1))).shape == (2, 8, 8, 1)


def test_a_vib_of_features_decodes_to_labels():
    vib = maker(models.vib, shape=(2,), outputs=3)()
    for first in (AUTOENCODER(), maker(models.classifier, shape=(8, 8, 1), outputs=10)()):
        whole, x = TwoStage(first, vib, SCALE), jnp.ones((5, 8, 8, 1))
        z = whole.encode(x)[0].mean
        np.testing.assert_allclose(z, vib.encode(first.encode(x)[0].mean)[0].mean, rtol=1e-5)
        np.testing.assert_array_equal(whole.decode(z)[0], vib.decode(z)[0])
        measured, _ = terms(whole, Batch(x, jnp.zeros(5, int), jnp.zeros(5, int)), jax.random.key(0))
        assert measured.distortion.shape == (5,)
        with pytest.raises(InvalidInput, match="decodes to labels"):
            images(whole, z)


def test_beta_conditioned_stages_are_told_their_betas():
    first = maker(models.vae, shape=(8, 8, 1), decoder_widths=(), beta_range=(0.1, 10.0))()
    second = VAE_OF_FEATURES(beta_range=(0.1, 10.0))
    x, z = jnp.ones((4, 8, 8, 1)), jnp.ones((4, 2))
    whole = TwoStage(first.at(3.0), second, SCALE)
    assert whole.of_all_betas
    inner = first.at(3.0).encode(x)[0].mean
    np.testing.assert_allclose(whole.at(0.5).encode(x)[0].mean, second.at(0.5).encode(inner)[0].mean, rtol=1e-5)
    expected = first.at(3.0).decode(second.at(0.5).decode(z)[0].mean)[0]
    np.testing.assert_allclose(whole.at(0.5).decode(z)[0], expected, rtol=1e-5)
    for unbound in (whole, TwoStage(first, second, SCALE).at(0.5)):
        with pytest.raises(InvalidInput, match="beta: none given to a model of all betas"):
            unbound.encode(x)


def test_a_flexible_second_stage_draws_its_known_noise():
    """Its head is deterministic, its code is not."""
    second = maker(models.flexible, shape=(2,), outputs=3, latent=None)().at(0.3)
    whole, x = TwoStage(AUTOENCODER(), second, SCALE), jax.random.uniform(jax.random.key(1), (5, 8, 8, 1))
    batch = Batch(x, jnp.arange(5) % 3, jnp.arange(5) % 3)
    measured, draws = terms(whole, batch, jax.random.key(0), samples=2000)
    assert not whole.deterministic
    np.testing.assert_allclose(draws.q.std, np.sqrt(0.3), rtol=1e-5)
    np.testing.assert_allclose(draws.z.std(0), draws.q.std, rtol=0.1)  # 6 standard errors
    inner = AUTOENCODER().encode(x)[0].mean
    alone, _ = terms(second, batch._replace(x=inner), jax.random.key(0), samples=2000)
    np.testing.assert_allclose(measured.rate, alone.rate, rtol=1e-5)
    np.testing.assert_allclose(measured.distortion, alone.distortion, rtol=1e-5)


def test_the_one_stage_model_of_the_config_is_as_large_as_both_stages():
    """Within 1 %, as the comparison of configs/sprites_two_stage.py says."""

    def weights(preset, shape):
        section = create(sprites_two_stage.get_config(preset)).model
        options = section.model_dump(exclude={"kind", "encoder", "decoder", "conditioned", "likelihood"})
        make = partial(models.KINDS[section.kind].make, shape=shape, likelihood="gaussian", **options)
        made = jax.eval_shape(make, jax.random.key(0))
        return sum(leaf.size for leaf in jax.tree.leaves(made))

    features = (sprites_two_stage.FEATURES,)
    both = weights("first", (32, 32, 3)) + weights("second", features)
    assert weights("one", (32, 32, 3)) == pytest.approx(both, rel=0.01)
