"""The lab, end to end: every number where it belongs, for every kind of member and of data."""

import jax
import numpy as np
import pytest
import small
from conftest import assert_one_line
from looks import DRAWS, EXAMPLES, SIZES, SPRITES, a_result, arrays, look, member, of_arrays, small_lab  # noqa: F401
from quick import quickly_compiled  # noqa: F401
from scipy.special import logsumexp
from small import compiled  # noqa: F401

from experiments import latent_run
from vib import data, lab, load, models
from vib.distributions import Gaussian
from vib.errors import InvalidInput
from vib.lab import numbers, scores, variables
from vib.latent.views import codes
from vib.stages import Scale, TwoStage
from vib.sweep import stream


def assert_known(room, found, model):
    """Every number is one of NUMBERS, on its axes, and finite but where it cannot be."""
    labels = variables.axes(room) | {"dimension": range(model.head.outputs)}
    for name, value in found.items():
        dims = variables.NUMBERS[name][0]
        sizes = [len(labels[dim]) for dim in dims if dim in labels]
        assert list(np.shape(value))[: len(sizes)] == sizes and np.ndim(value) == len(dims), name
    return {name for name, value in found.items() if np.isnan(np.asarray(value, float)).any()}


CODES = {"intrinsic_dimension"}
LABELS = {"probe_accuracy", "probe_neighbour_accuracy", "neighbour_agreement"}
DENSITY = {
    "dimension_rate", "active_units", "collapsed_share", "index_code_information", "index_code_ceiling",
    "code_correlation", "dimension_wise_kl", "aggregate_gap", "hole_share", "hole_share_error",
}  # fmt: skip
SEPARATIONS = {f"{name}{end}" for name in ("auroc", "aupr") for end in ("", "_low", "_high")}
PATH, SWAPS = {"path_ratio"}, {"swap_accuracy", "swap_accuracy_error"}
LIKELIHOOD = {
    "image_rate", "image_distortion", "log_likelihood", "log_likelihood_error", "likelihood_gap",
    "sample_frechet", "sample_precision", "sample_recall",
}  # fmt: skip
FACTORS = {"disentanglement", "factor_information", "factor_importance", "factor_r2"}
OF_VAE = CODES | DENSITY | PATH | LIKELIHOOD


def test_vib():
    room, found, model = look("digits_vib")
    assert found.keys() == CODES | LABELS | DENSITY | SEPARATIONS
    assert set(room.outliers) == {"sprites"} and not room.decodes
    # more labels than there are; scores that a VIB does not have
    assert assert_known(room, found, model) == {"probe_accuracy", "probe_neighbour_accuracy"} | SEPARATIONS
    assert np.isnan(found["probe_accuracy"]).tolist() == [False, False, True]
    known = dict(zip(scores.SCORES, np.isfinite(found["auroc"][0]).tolist(), strict=True))
    assert [score for score, there in known.items() if there] == ["rate", "distance"]
    assert set(lab.pictures(model, room, 1.0, stream(0, "lab"))) == {"neighbours"}


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
    assert np.isfinite(lab.baselines(room, model.head.outputs)["probe_accuracy_components"][:2]).all()


def test_conditioned_vae_is_looked_at_at_its_beta():
    fields = {"model.conditioned": True, "sweep.betas": (0.5, 2.0)}
    config = small.config("digits_vae", **fields | {"model.decoder_widths": ()})
    model, room = member(config), lab.prepare(config, **EXAMPLES)
    found = [lab.measure(model, room, beta, stream(0, "lab")) for beta in (0.5, 2.0)]
    assert_known(room, found[0], model)
    assert found[0].keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert found[0]["image_rate"] != found[1]["image_rate"]


def test_vae_of_arrays_has_no_outliers_and_too_few_test_examples_tell_no_holes(arrays, monkeypatch):  # noqa: F811
    monkeypatch.setattr("vib.latent.holes.QUANTILE", 0.001)
    room, found, model = look(**of_arrays(arrays / "labels.npz"))
    assert found.keys() == OF_VAE | LABELS | SWAPS and not room.outliers
    missing = assert_known(room, found, model)
    assert missing == {"hole_share", "hole_share_error", "probe_accuracy", "probe_neighbour_accuracy"}
    assert lab.baselines(room, 2).keys() == variables.BASELINES.keys() - {"factor_r2_pixels", "factor_r2_components"}


def test_regression_has_no_labels(arrays):  # noqa: F811
    room, found, _ = look("digits_vib", **of_arrays(arrays / "real.npz"))
    assert found.keys() == CODES | DENSITY | {"probe_regression"}
    assert found["probe_regression"].shape == (2,) and not room.labelled and lab.baselines(room, 2) == {}
    _, found, _ = look(**of_arrays(arrays / "real.npz"))
    assert found.keys() == OF_VAE | {"probe_regression"}


def test_two_stages_are_looked_at_as_one_model_of_images():
    config = small.config("digits_vae", **{"data.binarize": None, "sweep.betas": (1.0,)})
    parts = {"latent": 2, "widths": (4,), "decoder_widths": (), "likelihood": "gaussian"}
    first = models.autoencoder(jax.random.key(0), (8, 8, 1), **parts | {"latent": 3})
    second = models.vae(jax.random.key(1), (3,), bounded=False, **parts)
    whole = TwoStage(first, second, Scale(np.zeros(3, np.float32), np.ones(3, np.float32)))
    room = lab.prepare(config, **EXAMPLES)
    found = lab.measure(whole, room, 1.0, stream(0, "lab"))
    assert found.keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert_known(room, found, whole)
    inner = first.encode(room.test.x)[0].mean
    rate = second.marginal.rate(second.encode(inner)[0], None, None, None).mean()
    assert found["image_rate"] == pytest.approx(float(rate), rel=1e-4)


def test_pairwise_marginal_has_nothing_to_draw_from_and_no_score():
    room, found, model = look("digits_vib", **{"model.marginal": "pairwise"})
    assert DENSITY & found.keys() == {"dimension_rate", "active_units", "collapsed_share"}
    assert np.isfinite(found["auroc"][0]).tolist() == [False, False, False, False, True]
    assert_known(room, found, model)


def test_sprites_have_factors():
    room, found, model = look("sprites_vae", **SPRITES)
    assert room.factors.names == ("shape", "scale", "rotation", "x", "y", "hue")
    assert found.keys() == OF_VAE | LABELS | SWAPS | SEPARATIONS | FACTORS
    missing = assert_known(room, found, model)
    # in 200 examples some values of x are too rare for groups of 64
    assert dict(zip(variables.METRICS, np.isfinite(found["disentanglement"]), strict=True)) == dict.fromkeys(
        variables.METRICS, True
    ) | {"FactorVAE": False}
    assert missing == {"probe_accuracy", "probe_neighbour_accuracy", "disentanglement"}
    assert lab.baselines(room, 2)["factor_r2_pixels"].shape == (6,)
    shown = lab.pictures(model, room, 1.0, stream(0, "lab"))
    assert {"traversals", "manifold", "holes", "anomalies", "swaps"} <= shown.keys()
    assert {name for name, _ in shown["swaps"]} >= {"class 0", "edit scale", "edit hue"}
    for rows in shown.values():
        assert all(x.ndim == 4 and x.shape[1:] == (8, 8, 3) and np.isfinite(x).all() for _, x in rows)


def test_factors_that_do_not_vary_are_left_out_and_one_class_is_none():
    grid = {"data.grid": (1, 1, 1, 16, 16, 2)}
    room, found, _ = look("sprites_vae", **SPRITES | grid)
    assert room.factors.names == ("x", "y", "hue") and not room.labelled
    assert found.keys() == OF_VAE | SEPARATIONS | FACTORS
    assert lab.baselines(room, 2).keys() == {"factor_r2_pixels", "factor_r2_components"}
    alone = {"data.grid": (1, 1, 1, 16, 16, 1), "data.samples_train": 130, "data.samples_test": 100}
    assert lab.prepare(small.config("sprites_vae", **SPRITES | alone)).factors.names == ("x", "y")
    # one dimension has no gap to the next
    z = room.factors.train[:, :1] + 0.01 * np.random.default_rng(0).normal(size=(200, 1)).astype(np.float32)
    one = numbers.of_factors(room, Gaussian(z, 0 * z + 1), Gaussian(z[:120], 0 * z[:120] + 1))
    known = dict(zip(variables.METRICS, np.isfinite(one["disentanglement"]).tolist(), strict=True))
    assert [name for name, there in known.items() if there] == ["modularity", "beta-VAE"]
    assert one["factor_information"].shape == one["factor_importance"].shape == (1, 3)
    assert np.isnan(one["factor_importance"]).all() and one["factor_information"].argmax() == 0


def test_join_of_an_autoencoder_with_factors():
    room, found, _ = look("sprites_vae", **SPRITES | {"model.kind": "autoencoder"})
    joined = lab.join(a_result([1.0], [0]), [[found]], {}, room)
    assert joined.factor_information.dims == ("seed", "beta", "dimension", "factor")
    assert joined.dimension.values.tolist() == [0, 1] and joined.factor.values.tolist() == list(room.factors.names)


@pytest.fixture(scope="module")
def run(compiled, tmp_path_factory):  # noqa: F811
    """A trained run: 2 seeds x 3 betas, not in order, the last one diverged; one digit held out."""
    workdir = tmp_path_factory.mktemp("run")
    fields = {"sweep.betas": (1.0, 0.3, 3e38), "train.steps": 20, "data.held_out": 3, "model.decoder_widths": (8,)}
    small.run(workdir, "digits_vae", **fields, **{"evaluate.measurements": 2})
    return load(workdir)


@pytest.fixture
def measured(run, monkeypatch):
    """(Lab, the results with the lab's numbers)."""
    made = lab.prepare
    monkeypatch.setattr(lab, "prepare", lambda config, train: made(config, **EXAMPLES))
    return latent_run.measured(run, 200)


def test_a_run_from_end_to_end(run, measured):
    room, result = measured
    assert set(room.outliers) == {"class 3", "sprites"} and 3 not in room.train.y
    assert (room.outliers["class 3"].target == data.pixels(room.dataset, room.outliers["class 3"].x)).all()
    given = set(result.data_vars) - set(run.results.data_vars)
    expected = OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert given == expected | variables.BASELINES.keys() - {"factor_r2_pixels", "factor_r2_components"}
    for name in expected:
        dims, units, about = variables.NUMBERS[name]
        values = result[name]
        assert values.dims == ("seed", "beta", *dims) and values.attrs == {"units": units, "long_name": about}
        assert np.isnan(values.sel(beta=3e38)).all()  # diverged
        if not name.startswith("probe"):
            assert np.isfinite(values.sel(beta=[1.0, 0.3])).all(), name
    assert result.outlier.values.tolist() == ["class 3", "sprites"] and result.labels.values.tolist() == list(SIZES)
    assert latent_run.best(result) in (1.0, 0.3)
    # what the run had stays as it was, bit for bit
    for name, values in run.results.variables.items():
        assert values.dtype == result[name].dtype and values.values.tobytes() == result[name].values.tobytes(), name
        assert values.attrs == result[name].attrs
    assert {name: value for name, value in result.attrs.items() if name != "lab_commit"} == run.results.attrs
    # the numbers of a member are those of the member measured alone
    alone = lab.measure(run.member(0.3, 1), room, 0.3, stream(1, "lab"))
    for name, value in alone.items():
        np.testing.assert_array_equal(result[name].sel(seed=1, beta=0.3), value, err_msg=name)
    once_more(room, result, alone)


def once_more(room, result, alone):
    """Joining again gives the same; joining others takes their place, old axes and all."""
    rows = [[alone, None, None], [None, None, alone]]
    first = lab.join(result, rows, {}, room)
    assert lab.join(first, rows, {}, room).identical(first)
    assert "probe_accuracy_pixels" not in first and np.isnan(first.active_units.values[0, 1:]).all()
    less = {name: value for name, value in alone.items() if name in OF_VAE} | {"dimension_rate": np.ones(5)}
    other = lab.join(first, [[less] * 3] * 2, {}, room._replace(outliers={}))
    assert other.sizes["dimension"] == 5 and not {"outlier", "score", "labels", "space"} & set(other.dims)
    nothing = lab.join(first, [[None] * 3] * 2, {}, room)
    assert not (variables.NUMBERS.keys() | variables.BASELINES.keys()) & set(nothing.variables)


def test_likelihood_gap_and_parts_of_the_rate_add_up(run, measured):
    room, result = measured
    at = result.sel(seed=0, beta=1.0)
    parts = float(at.index_code_information + at.code_correlation + at.dimension_wise_kl)
    model = run.member(1.0, 0)
    rate = np.asarray(model.marginal.rate(codes(model, room.train.x), None, None, None))
    assert parts == pytest.approx(rate.mean(), abs=5 * rate.std() / np.sqrt(DRAWS) + 0.3)
    assert float(at.dimension_rate.sum()) == pytest.approx(rate.mean(), rel=1e-4)
    assert float(at.aggregate_gap) == pytest.approx(float(at.code_correlation + at.dimension_wise_kl), abs=1e-5)
    q = codes(model, room.test.x)
    test_rate = 0.5 * (q.mean**2 + q.std**2 - 1 - 2 * np.log(q.std)).sum(1)
    assert float(at.image_rate) == pytest.approx(test_rate.mean(), rel=1e-4)
    assert float(at.likelihood_gap) > -3 * float(at.log_likelihood_error)


def test_doors(run):
    assert latent_run.chosen(run, None) is None and latent_run.chosen(run, 0.3000000001) == 0.3
    for beta, words in ((0.5, ["--beta", "0.5", "1, 0.3, 3e+38"]), (3e38, ["--beta", "3e+38", "diverged"])):
        with pytest.raises(InvalidInput) as error:
            latent_run.chosen(run, beta)
        assert_one_line(error, *words)
    lost = run._replace(results=run.results.assign(finite=0 * run.results.finite))
    with pytest.raises(InvalidInput, match="diverged"):
        latent_run.measured(lost, 200)
    for count, words in (({"train": 20}, "20 train examples"), ({"test": 5}, "5 test examples")):
        with pytest.raises(InvalidInput) as error:
            lab.prepare(run.config, **count)
        assert_one_line(error, words, "give")


def test_a_categorical_code_stops():
    with pytest.raises(InvalidInput, match="categorical"):
        look("digits_vib", **{"model.code": "categorical", "model.marginal": "categorical"})


def test_rate_of_an_example_whose_class_is_unknown_is_that_of_the_mixture():
    options = {"model.marginal": "class_conditional", "model.latent": 2}
    config = small.config("digits_vib", **options | {"sweep.betas": (1.0,)})
    model, dataset = member(config), data.load("digits")
    random = np.random.default_rng(0)
    model.marginal.mean[...] = random.normal(size=(10, 2))
    x = dataset.x_test[:4]
    found = scores.terms_of(model, x, np.zeros(4, int), jax.random.key(0)).rate
    again = scores.terms_of(model, x, np.full(4, 7), jax.random.key(0)).rate
    np.testing.assert_array_equal(found, again)
    # by hand, with draws of its own
    q, (mean, std) = codes(model, x), model.marginal.components()
    z = q.mean + q.std * random.normal(size=(20000, 4, 2))
    log_q = (-0.5 * ((z - q.mean) / q.std) ** 2 - np.log(q.std)).sum(-1)
    each = (-0.5 * ((z[..., None, :] - np.asarray(mean)) / np.asarray(std)) ** 2 - np.log(np.asarray(std))).sum(-1)
    log_r = logsumexp(each, axis=-1, b=np.asarray(model.marginal.p_y))
    spread = (log_q - log_r).std(0) / np.sqrt(scores.DRAWS)
    assert (np.abs(found - (log_q - log_r).mean(0)) < 5 * spread + 1e-3).all()


def test_outliers_of_another_dataset_are_on_the_grey_levels_of_this_one():
    for name, fields in {"digits_vib": {}, "digits_vae": {}, "sprites_vae": SPRITES}.items():
        room = lab.prepare(small.config(name, **fields), **EXAMPLES)
        other = "digits" if name == "sprites_vae" else "sprites"
        x, dataset = room.outliers[other].x, room.dataset
        assert x.shape == (30, *dataset.x_test.shape[1:]) and x.dtype == np.float32
        assert np.isin(x, np.unique(np.linspace(dataset.low, dataset.high, dataset.levels, dtype=np.float32))).all()
        assert len(np.unique(x)) > 1
    assert np.isin(np.unique(dataset.x_test), np.unique(np.concatenate([x.ravel(), dataset.x_train.ravel()]))).all()


def test_examples_are_spaced_evenly_and_the_same_for_all():
    config = small.config("sprites_vae", **SPRITES)
    room, dataset = lab.prepare(config, train=50, test=10), data.load(**config["data"])
    rows = np.linspace(0, 199, 50).astype(int)
    np.testing.assert_array_equal(room.train.x, dataset.x_train[rows])
    np.testing.assert_array_equal(room.factors.train, dataset.factors.train[rows])
    np.testing.assert_array_equal(room.train.y, room.factors.train[:, 0])
    np.testing.assert_allclose(room.pixels[0].reshape(room.train.x.shape), room.train.target)
    assert room.pixels[0].min() == 0 and room.pixels[0].max() <= 1
    assert room.project(room.pixels[1]).shape == (10, 50)
