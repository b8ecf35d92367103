"""The latent report, for every kind of member and of data: every number where it belongs."""

import jax
import numpy as np
import pytest
import small
from expected import CODES, DENSITY, FACTORS, LABELS, OF_VAE, PATH, REGRESSED, SEPARATIONS, SWAPS
from looks import (  # noqa: F401
    ABOUT,
    BASELINES,
    COUNTS,
    EVALUATORS,
    SIZES,
    SPRITES,
    a_result,
    along,
    array_files,
    baselines,
    look,
    looked_at,
    numbers,
    of_arrays,
    small_numbers,
    sprites,
    untrained,
)

from vib import models
from vib.distributions import Gaussian
from vib.errors import InvalidInput, LeftOut
from vib.evaluation import latent_report
from vib.evaluation.latent_report.disentanglement import Disentanglement
from vib.models.two_stage import Scale, TwoStage
from vib.training.sweep import stream


def unknown(member, found):
    """The numbers that hold NaN; each is one of an evaluator's, on its axes."""
    labels = member.examples.axes | {"dimension": range(member.model.head.outputs)}
    for each in EVALUATORS:
        for name in each.variables.keys() & found.keys():
            axes = each.variables[name].dims[2:]
            known = labels | each.coordinates
            sizes = [len(known[axis]) for axis in axes if axis in known]
            assert np.ndim(found[name]) == len(axes) and list(np.shape(found[name]))[: len(sizes)] == sizes, name
    assert found.keys() <= ABOUT.keys() - BASELINES
    return {name for name, value in found.items() if np.isnan(np.asarray(value, float)).any()}


def scores_of(found):
    """{score: whether it tells outliers of the first kind}."""
    return {score: bool(np.isfinite(v)) for score, v in along({"auroc": found["auroc"][0]}, "auroc", "score").items()}


def there(known):
    """Those whose value is finite."""
    return [name for name, value in known.items() if np.isfinite(value)]


def test_vib():
    member, found = look("digits_vib")
    assert found.keys() == CODES | LABELS | DENSITY | SEPARATIONS
    assert set(member.examples.outliers) == {"sprites"} and not member.allows(["decoder"])
    # more labels than there are; scores that a VIB does not have
    assert unknown(member, found) == {"probe_accuracy", "probe_neighbour_accuracy"} | SEPARATIONS
    assert np.isnan(found["probe_accuracy"]).tolist() == [False, False, True]
    assert [score for score, told in scores_of(found).items() if told] == ["rate", "distance"]
    assert set(latent_report.pictures(member, stream(0, "report"))) == {"neighbours"}


def test_autoencoder_has_no_density():
    member, found = look(**{"model.kind": "autoencoder"})
    assert found.keys() == CODES | LABELS | PATH | SWAPS | SEPARATIONS
    unknown(member, found)
    assert there(along(found, "neighbour_agreement", "space")) == ["euclidean", "cosine"]
    assert [score for score, told in scores_of(found).items() if told] == ["reconstruction"]


@pytest.mark.parametrize("latent", [None, 5])
def test_classifier_and_codes_without_direction(latent):
    fields = {"model.kind": "classifier", "model.latent": latent, "sweep.betas": (0.0,)}
    member, found = look("digits_vib", 0.0, **fields)
    assert found.keys() == CODES | LABELS | SEPARATIONS
    assert np.isnan(found["auroc"]).all()
    assert np.isfinite(baselines(member)["probe_accuracy_components"][:2]).all()


def test_conditioned_vae_is_looked_at_at_its_beta():
    fields = {"model.conditioned": True, "sweep.betas": (0.5, 2.0)}
    setup = small.prepare("digits_vae", **fields | {"model.decoder_widths": ()})
    examples = looked_at(setup, **COUNTS)
    members = [latent_report.member_of(untrained(setup, place), examples) for place in (0, 1)]
    assert [float(member.model.beta) for member in members] == [0.5, 2.0]
    found = [numbers(member) for member in members]
    unknown(members[0], found[0])
    assert found[0].keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert found[0]["image_rate"] != found[1]["image_rate"]


def test_vae_of_arrays_has_no_outliers_and_too_few_test_examples_tell_no_holes(arrays, monkeypatch):
    monkeypatch.setattr("vib.latent.holes.QUANTILE", 0.001)
    with pytest.warns(LeftOut, match=r"^holes: z"):
        member, found = look(**of_arrays(arrays / "labels.npz"))
    assert found.keys() == OF_VAE | LABELS | SWAPS and not member.examples.outliers
    missing = unknown(member, found)
    assert missing == {"hole_share", "hole_share_error", "probe_accuracy", "probe_neighbour_accuracy"}
    assert baselines(member).keys() == BASELINES - REGRESSED
    with pytest.warns(LeftOut, match=r"^holes: z"):
        assert "holes" not in latent_report.pictures(member, stream(0, "report"))


def test_regression_has_no_labels(arrays):
    member, found = look("digits_vib", **of_arrays(arrays / "real.npz"))
    assert found.keys() == CODES | DENSITY | {"probe_regression"}
    assert found["probe_regression"].shape == (len(SIZES), 2) and not member.examples.labelled
    assert baselines(member).keys() == {"probe_regression_pixels", "probe_regression_components"}
    _, found = look(**of_arrays(arrays / "real.npz"))
    assert found.keys() == OF_VAE | {"probe_regression"}


def test_two_stages_are_looked_at_as_one_model_of_images():
    setup = small.prepare("digits_vae", **{"data.binarize": None, "sweep.betas": (1.0,)})
    parts = {"latent": 2, "widths": (4,), "decoder_widths": (), "likelihood": "gaussian"}
    first = models.autoencoder(jax.random.key(0), (8, 8, 1), **parts | {"latent": 3})
    second = models.vae(jax.random.key(1), (3,), bounded=False, **parts)
    whole = TwoStage(first, second, Scale(np.zeros(3, np.float32), np.ones(3, np.float32)))
    member = latent_report.member_of(whole, looked_at(setup, **COUNTS))
    found = numbers(member)
    assert found.keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS
    unknown(member, found)
    inner = first.encode(member.examples.test.x)[0].mean
    rate = second.rate(second.encode(inner)[0], None, None).mean()
    assert found["image_rate"] == pytest.approx(float(rate), rel=1e-4)


def test_pairwise_marginal_has_nothing_to_draw_from_and_no_score():
    member, found = look("digits_vib", **{"model.marginal": "pairwise"})
    assert DENSITY & found.keys() == {"dimension_rate", "active_units", "collapsed_share"}
    assert [score for score, told in scores_of(found).items() if told] == ["distance"]
    unknown(member, found)


def test_sprites_have_factors():
    with pytest.warns(LeftOut, match=r"^FactorVAE: factors: column 3 has a value of") as caught:
        member, found = look("sprites_vae", **SPRITES)
    assert len(caught) == 1
    assert member.examples.factors.names == ("shape", "scale", "rotation", "x", "y", "hue")
    assert found.keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS | FACTORS
    missing = unknown(member, found)
    # in 200 examples some values of x are too rare for groups of 64
    scores = along(found, "disentanglement", "metric")
    assert scores.keys() - there(scores) == {"FactorVAE"}
    assert missing == {"probe_accuracy", "probe_neighbour_accuracy", "factor_r2", "disentanglement"}
    assert baselines(member)["factor_r2_pixels"].shape == (len(SIZES), 6)
    shown = latent_report.pictures(member, stream(0, "report"))
    assert {"traversals", "manifold", "holes", "anomalies", "swaps", "edits"} <= shown.keys()
    assert [name for name, _ in shown["swaps"].rows] == ["class square", "class ellipse", "class heart"]
    assert [name for name, _ in shown["edits"].rows] == ["scale", "rotation", "x", "y", "hue"]
    for sheet in shown.values():
        assert all(x.ndim == 4 and x.shape[1:] == (8, 8, 3) and np.isfinite(x).all() for _, x in sheet.rows)


def test_factors_that_do_not_vary_are_left_out_and_one_class_is_none():
    member, found = look("sprites_vae", **sprites(grid=(1, 1, 1, 16, 16, 2)))
    examples = member.examples
    assert examples.factors.names == ("x", "y", "hue") and not examples.labelled
    assert found.keys() == OF_VAE | SEPARATIONS | FACTORS
    assert baselines(member).keys() == {"factor_r2_pixels", "factor_r2_components"}
    alone = {"grid": (1, 1, 1, 16, 16, 1), "samples_train": 130, "samples_test": 100}
    assert looked_at(small.prepare("sprites_vae", **sprites(**alone))).factors.names == ("x", "y")
    # one dimension has no gap to the next
    z = examples.factors.train[:, :1] + 0.01 * np.random.default_rng(0).normal(size=(200, 1)).astype(np.float32)
    one = Disentanglement().measure(member._replace(train=Gaussian(z, 0 * z + 1)), None)
    assert there(along(one, "disentanglement", "metric")) == ["modularity", "beta-VAE"]
    assert one["factor_information"].shape == one["factor_importance"].shape == (1, 3)
    assert np.isnan(one["factor_importance"]).all() and one["factor_information"].argmax() == 0


def test_join_of_an_autoencoder_with_factors():
    member, found = look("sprites_vae", **SPRITES | {"model.kind": "autoencoder"})
    joined = latent_report.join(a_result([1.0], [0]), EVALUATORS, {(0, 1.0): found}, member)
    assert joined.factor_information.dims == ("seed", "beta", "dimension", "factor")
    names = list(member.examples.factors.names)
    assert joined.dimension.values.tolist() == [0, 1] and joined.factor.values.tolist() == names


def test_a_categorical_code_stops():
    with pytest.raises(InvalidInput, match="categorical"):
        look("digits_vib", **{"model.code": "categorical", "model.marginal": "categorical"})
