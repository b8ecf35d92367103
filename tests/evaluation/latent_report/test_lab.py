"""The lab, end to end: every number where it belongs, for every kind of member and of data."""

import jax
import numpy as np
import pytest
import small
from expected import CODES, DENSITY, FACTORS, LABELS, OF_VAE, PATH, REGRESSED, SEPARATIONS, SWAPS
from looks import EXAMPLES, SIZES, SPRITES, a_result, array_files, look, member, of_arrays, small_lab  # noqa: F401
from quick import quickly_compiled  # noqa: F401

from vib import models
from vib.distributions import Gaussian
from vib.errors import InvalidInput, LeftOut
from vib.evaluation import latent_report
from vib.evaluation.latent_report import numbers, scores, variables
from vib.models.two_stage import Scale, TwoStage
from vib.training.sweep import stream


def assert_known(room, found, model):
    """Every number is one of NUMBERS, on its axes, and finite but where it cannot be."""
    labels = variables.axes(room) | {"dimension": range(model.head.outputs)}
    for name, value in found.items():
        dims = variables.NUMBERS[name][0]
        sizes = [len(labels[dim]) for dim in dims if dim in labels]
        assert list(np.shape(value))[: len(sizes)] == sizes and np.ndim(value) == len(dims), name
    return {name for name, value in found.items() if np.isnan(np.asarray(value, float)).any()}


def test_vib():
    room, found, model = look("digits_vib")
    assert found.keys() == CODES | LABELS | DENSITY | SEPARATIONS
    assert set(room.outliers) == {"sprites"} and not room.decodes
    # more labels than there are; scores that a VIB does not have
    assert assert_known(room, found, model) == {"probe_accuracy", "probe_neighbour_accuracy"} | SEPARATIONS
    assert np.isnan(found["probe_accuracy"]).tolist() == [False, False, True]
    known = dict(zip(scores.SCORES, np.isfinite(found["auroc"][0]).tolist(), strict=True))
    assert [score for score, there in known.items() if there] == ["rate", "distance"]
    assert set(latent_report.pictures(model, room, stream(0, "lab"))) == {"neighbours"}


def test_autoencoder_has_no_density():
    room, found, model = look(**{"model.kind": "autoencoder"})
    assert found.keys() == CODES | LABELS | PATH | SWAPS | SEPARATIONS
    assert_known(room, found, model)
    assert np.isfinite(found["neighbour_agreement"]).tolist() == [True, True, False, False]
    assert np.isfinite(found["auroc"][0]).tolist() == [True, False, False, False, False]


@pytest.mark.parametrize("latent", [None, 5])
def test_classifier_and_codes_without_direction(latent):
    fields = {"model.kind": "classifier", "model.latent": latent, "sweep.betas": (0.0,)}
    room, found, model = look("digits_vib", 0.0, **fields)
    assert found.keys() == CODES | LABELS | SEPARATIONS
    assert np.isnan(found["auroc"]).all()
    assert np.isfinite(latent_report.baselines(room, model.head.outputs)["probe_accuracy_components"][:2]).all()


def test_conditioned_vae_is_looked_at_at_its_beta():
    fields = {"model.conditioned": True, "sweep.betas": (0.5, 2.0)}
    config = small.config("digits_vae", **fields | {"model.decoder_widths": ()})
    models, room = [member(config, place) for place in (0, 1)], latent_report.prepare(config, **EXAMPLES)
    assert [float(model.beta) for model in models] == [0.5, 2.0]
    found = [latent_report.measure(model, room, stream(0, "lab")) for model in models]
    assert_known(room, found[0], models[0])
    assert found[0].keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert found[0]["image_rate"] != found[1]["image_rate"]


def test_vae_of_arrays_has_no_outliers_and_too_few_test_examples_tell_no_holes(arrays, monkeypatch):
    monkeypatch.setattr("vib.latent.holes.QUANTILE", 0.001)
    with pytest.warns(LeftOut, match=r"^holes: z"):
        room, found, model = look(**of_arrays(arrays / "labels.npz"))
    assert found.keys() == OF_VAE | LABELS | SWAPS and not room.outliers
    missing = assert_known(room, found, model)
    assert missing == {"hole_share", "hole_share_error", "probe_accuracy", "probe_neighbour_accuracy"}
    assert latent_report.baselines(room, 2).keys() == variables.BASELINES.keys() - REGRESSED


def test_regression_has_no_labels(arrays):
    room, found, _ = look("digits_vib", **of_arrays(arrays / "real.npz"))
    assert found.keys() == CODES | DENSITY | {"probe_regression"}
    assert found["probe_regression"].shape == (len(SIZES), 2) and not room.labelled
    assert latent_report.baselines(room, 2).keys() == {"probe_regression_pixels", "probe_regression_components"}
    _, found, _ = look(**of_arrays(arrays / "real.npz"))
    assert found.keys() == OF_VAE | {"probe_regression"}


def test_two_stages_are_looked_at_as_one_model_of_images():
    config = small.config("digits_vae", **{"data.binarize": None, "sweep.betas": (1.0,)})
    parts = {"latent": 2, "widths": (4,), "decoder_widths": (), "likelihood": "gaussian"}
    first = models.autoencoder(jax.random.key(0), (8, 8, 1), **parts | {"latent": 3})
    second = models.vae(jax.random.key(1), (3,), bounded=False, **parts)
    whole = TwoStage(first, second, Scale(np.zeros(3, np.float32), np.ones(3, np.float32)))
    room = latent_report.prepare(config, **EXAMPLES)
    found = latent_report.measure(whole, room, stream(0, "lab"))
    assert found.keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert_known(room, found, whole)
    inner = first.encode(room.test.x)[0].mean
    rate = second.rate(second.encode(inner)[0], None, None).mean()
    assert found["image_rate"] == pytest.approx(float(rate), rel=1e-4)


def test_pairwise_marginal_has_nothing_to_draw_from_and_no_score():
    room, found, model = look("digits_vib", **{"model.marginal": "pairwise"})
    assert DENSITY & found.keys() == {"dimension_rate", "active_units", "collapsed_share"}
    assert np.isfinite(found["auroc"][0]).tolist() == [False, False, False, False, True]
    assert_known(room, found, model)


def test_sprites_have_factors():
    with pytest.warns(LeftOut, match=r"^FactorVAE: factors: column 3 has a value of") as caught:
        room, found, model = look("sprites_vae", **SPRITES)
    assert len(caught) == 1
    assert room.factors.names == ("shape", "scale", "rotation", "x", "y", "hue")
    assert found.keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS | FACTORS
    missing = assert_known(room, found, model)
    # in 200 examples some values of x are too rare for groups of 64
    assert dict(zip(variables.METRICS, np.isfinite(found["disentanglement"]), strict=True)) == dict.fromkeys(
        variables.METRICS, True
    ) | {"FactorVAE": False}
    assert missing == {"probe_accuracy", "probe_neighbour_accuracy", "factor_r2", "disentanglement"}
    assert latent_report.baselines(room, 2)["factor_r2_pixels"].shape == (len(SIZES), 6)
    shown = latent_report.pictures(model, room, stream(0, "lab"))
    assert {"traversals", "manifold", "holes", "anomalies", "swaps", "edits"} <= shown.keys()
    assert [name for name, _ in shown["swaps"]] == ["class square", "class ellipse", "class heart"]
    assert [name for name, _ in shown["edits"]] == ["scale", "rotation", "x", "y", "hue"]
    for rows in shown.values():
        assert all(x.ndim == 4 and x.shape[1:] == (8, 8, 3) and np.isfinite(x).all() for _, x in rows)


def test_factors_that_do_not_vary_are_left_out_and_one_class_is_none():
    grid = {"data.grid": (1, 1, 1, 16, 16, 2)}
    room, found, _ = look("sprites_vae", **SPRITES | grid)
    assert room.factors.names == ("x", "y", "hue") and not room.labelled
    assert found.keys() == OF_VAE | SEPARATIONS | FACTORS
    assert latent_report.baselines(room, 2).keys() == {"factor_r2_pixels", "factor_r2_components"}
    alone = {"data.grid": (1, 1, 1, 16, 16, 1), "data.samples_train": 130, "data.samples_test": 100}
    assert latent_report.prepare(small.config("sprites_vae", **SPRITES | alone)).factors.names == ("x", "y")
    # one dimension has no gap to the next
    z = room.factors.train[:, :1] + 0.01 * np.random.default_rng(0).normal(size=(200, 1)).astype(np.float32)
    one = numbers.of_factors(room, Gaussian(z, 0 * z + 1), Gaussian(z[:120], 0 * z[:120] + 1))
    known = dict(zip(variables.METRICS, np.isfinite(one["disentanglement"]).tolist(), strict=True))
    assert [name for name, there in known.items() if there] == ["modularity", "beta-VAE"]
    assert one["factor_information"].shape == one["factor_importance"].shape == (1, 3)
    assert np.isnan(one["factor_importance"]).all() and one["factor_information"].argmax() == 0


def test_join_of_an_autoencoder_with_factors():
    room, found, _ = look("sprites_vae", **SPRITES | {"model.kind": "autoencoder"})
    joined = latent_report.join(a_result([1.0], [0]), [[found]], {}, room)
    assert joined.factor_information.dims == ("seed", "beta", "dimension", "factor")
    assert joined.dimension.values.tolist() == [0, 1] and joined.factor.values.tolist() == list(room.factors.names)


def test_a_categorical_code_stops():
    with pytest.raises(InvalidInput, match="categorical"):
        look("digits_vib", **{"model.code": "categorical", "model.marginal": "categorical"})
