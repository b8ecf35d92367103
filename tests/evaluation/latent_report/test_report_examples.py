"""What a member is looked at with: examples, outliers, likelihood."""

import jax
import numpy as np
import pytest
import small
from conftest import assert_one_line
from looks import COUNTS, SPRITES, looked_at, of_arrays, small_numbers, untrained  # noqa: F401
from scipy.special import logsumexp

from vib import data
from vib.errors import InvalidInput
from vib.evaluation.latent_report import examples, likelihood
from vib.latent.views import codes


def test_rate_of_an_example_whose_class_is_unknown_is_that_of_the_mixture():
    options = {"model.marginal": "class_conditional", "model.latent": 2}
    model = untrained(small.prepare("digits_vib", **options | {"sweep.betas": (1.0,)}))
    dataset = data.load("digits")
    random = np.random.default_rng(0)
    model.marginal.mean[...] = random.normal(size=(10, 2))
    x = dataset.x_test[:4]
    found = likelihood.terms_of(model, x, np.zeros(4, int), jax.random.key(0)).rate
    again = likelihood.terms_of(model, x, np.full(4, 7), jax.random.key(0)).rate
    np.testing.assert_array_equal(found, again)
    # by hand, with draws of its own
    q, (mean, std) = codes(model, x), model.marginal.components()
    z = q.mean + q.std * random.normal(size=(20000, 4, 2))
    log_q = (-0.5 * ((z - q.mean) / q.std) ** 2 - np.log(q.std)).sum(-1)
    each = (-0.5 * ((z[..., None, :] - np.asarray(mean)) / np.asarray(std)) ** 2 - np.log(np.asarray(std))).sum(-1)
    log_r = logsumexp(each, axis=-1, b=np.asarray(model.marginal.p_y))
    spread = (log_q - log_r).std(0) / np.sqrt(likelihood.DRAWS)
    assert (np.abs(found - (log_q - log_r).mean(0)) < 5 * spread + 1e-3).all()


def test_outliers_of_another_dataset_are_on_the_grey_levels_of_this_one():
    for name, fields in {"digits_vib": {}, "digits_vae": {}, "sprites_vae": SPRITES}.items():
        found = looked_at(small.prepare(name, **fields), **COUNTS)
        other = "digits" if name == "sprites_vae" else "sprites"
        x, dataset = found.outliers[other].x, found.dataset
        assert x.shape == (30, *dataset.x_test.shape[1:]) and x.dtype == np.float32
        assert np.isin(x, np.unique(np.linspace(dataset.low, dataset.high, dataset.levels, dtype=np.float32))).all()
        assert len(np.unique(x)) > 1
    assert np.isin(np.unique(dataset.x_test), np.unique(np.concatenate([x.ravel(), dataset.x_train.ravel()]))).all()


def test_outliers_are_made_binary_as_the_data_were(monkeypatch):
    """By draws of each pixel: their mean is that of the grey images, and they are not all at their likelier value."""
    monkeypatch.setattr(examples, "OUTLIERS", 500)
    dataset = data.load("digits", binarize=True)
    grey, drawn = data.load("digits"), examples.of_other("digits", dataset, True)
    assert set(np.unique(drawn)) == {dataset.low, dataset.high}
    share = data.pixels(dataset, drawn).mean(0)
    expected = data.pixels(grey, grey.x_test).mean(0)
    assert np.abs(share - expected).max() < 5 * 0.5 / np.sqrt(len(drawn))
    thresholded = examples.of_other("digits", dataset, None)
    certain = (data.pixels(grey, grey.x_test) > 0.5) == data.pixels(dataset, thresholded)
    assert certain.mean() > 0.9 and (thresholded == drawn).mean() < 0.95


def test_a_class_that_no_training_example_is_of_stops(tmp_path):
    x, y = np.random.default_rng(0).normal(size=(400, 3)).astype(np.float32), np.arange(400) % 3
    rare = np.where(np.arange(400) == 250, 3, y)
    np.savez(tmp_path / "rare.npz", x_train=x, y_train=rare, x_test=x, y_test=rare)
    setup = small.prepare("digits_vae", **of_arrays(tmp_path / "rare.npz"))
    assert len(looked_at(setup, train=400, test=400).train.y) == 400
    with pytest.raises(InvalidInput) as error:
        looked_at(setup, train=57, test=400)
    assert_one_line(error, "class 3", "57 training", "(examples)", "data.held_out")
    for counts in ({"train": 20}, {"test": 5}):
        ((split, count),) = counts.items()
        with pytest.raises(InvalidInput) as error:
            looked_at(setup, **counts)
        assert_one_line(error, f"{count} {split} examples", "give")


def test_examples_are_spaced_evenly_and_the_same_for_all():
    setup = small.prepare("sprites_vae", **SPRITES)
    found, dataset = looked_at(setup, train=50, test=10), setup.dataset
    rows = np.linspace(0, 199, 50).astype(int)
    np.testing.assert_array_equal(found.train.x, dataset.x_train[rows])
    np.testing.assert_array_equal(found.factors.train, dataset.factors.train[rows])
    np.testing.assert_array_equal(found.train.y, found.factors.train[:, 0])
    np.testing.assert_allclose(found.pixels[0].reshape(found.train.x.shape), found.train.target)
    assert found.pixels[0].min() == 0 and found.pixels[0].max() <= 1
    assert found.project(found.pixels[1]).shape == (10, 50)
