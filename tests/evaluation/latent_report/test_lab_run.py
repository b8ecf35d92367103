"""The lab of a run from end to end: what is stored, that it adds up, and what stops at the door."""

import warnings

import jax
import numpy as np
import pytest
import small
from conftest import assert_one_line
from expected import LABELS, OF_VAE, REGRESSED, SEPARATIONS, SWAPS
from looks import DRAWS, EXAMPLES, SIZES, SMALL, small_lab  # noqa: F401
from quick import quickly_compiled  # noqa: F401
from small import compiled  # noqa: F401

from experiments import latent_page, latent_run
from vib import data, load, results
from vib.errors import InvalidInput, LeftOut
from vib.evaluation import latent_report
from vib.evaluation.latent_report import numbers, variables
from vib.latent.likelihood import log_likelihood
from vib.latent.views import codes
from vib.training.sweep import stream


@pytest.fixture(scope="module")
def run(compiled, tmp_path_factory):  # noqa: F811
    """A trained run: 2 seeds x 3 betas, not in order, the last one diverged; one digit held out."""
    workdir = tmp_path_factory.mktemp("run")
    fields = {"sweep.betas": (1.0, 0.3, 3e38), "train.steps": 20, "data.held_out": 3, "model.decoder_widths": (8,)}
    small.run(workdir, "digits_vae", **fields, **{"evaluate.measurements": 2})
    return load(workdir)


@pytest.fixture(scope="module")
def measured(run, small_lab):  # noqa: F811
    """(Lab, the results with the lab's numbers)."""
    made = latent_report.prepare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latent_report, "prepare", lambda config, train: made(config, **EXAMPLES))
        return latent_run.measured(run, 200)


def test_a_run_from_end_to_end(run, measured):
    room, result = measured
    assert set(room.outliers) == {"class 3", "sprites"} and 3 not in room.train.y
    assert (room.outliers["class 3"].target == data.pixels(room.dataset, room.outliers["class 3"].x)).all()
    given = set(result.data_vars) - set(run.results.data_vars)
    expected = OF_VAE | LABELS | SWAPS | SEPARATIONS
    assert given == expected | variables.BASELINES.keys() - REGRESSED
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
    assert {name: value for name, value in result.attrs.items() if not name.startswith("lab_")} == run.results.attrs
    # the numbers of a member are those of the member measured alone
    alone = latent_report.measure(run.member(0.3, 1), room, stream(1, "lab"))
    for name, value in alone.items():
        np.testing.assert_array_equal(result[name].sel(seed=1, beta=0.3), value, err_msg=name)
    once_more(room, result, alone)


def once_more(room, result, alone):
    """Joining again gives the same; joining others takes their place, old axes and all."""
    rows = [[alone, None, None], [None, None, alone]]
    first = latent_report.join(result, rows, {}, room)
    assert latent_report.join(first, rows, {}, room).identical(first)
    assert "probe_accuracy_pixels" not in first and np.isnan(first.active_units.values[0, 1:]).all()
    less = {name: value for name, value in alone.items() if name in OF_VAE} | {"dimension_rate": np.ones(5)}
    other = latent_report.join(first, [[less] * 3] * 2, {}, room._replace(outliers={}))
    assert other.sizes["dimension"] == 5 and not {"outlier", "score", "labels", "space"} & set(other.dims)
    nothing = latent_report.join(first, [[None] * 3] * 2, {}, room)
    assert not (variables.NUMBERS.keys() | variables.BASELINES.keys()) & set(nothing.variables)


def test_likelihood_gap_and_parts_of_the_rate_add_up(run, measured):
    room, result = measured
    at = result.sel(seed=0, beta=1.0)
    parts = float(at.index_code_information + at.code_correlation + at.dimension_wise_kl)
    model = run.member(1.0, 0)
    rate = np.asarray(model.rate(codes(model, room.train.x), None, None))
    assert parts == pytest.approx(rate.mean(), abs=5 * rate.std() / np.sqrt(DRAWS) + 0.3)
    assert float(at.dimension_rate.sum()) == pytest.approx(rate.mean(), rel=1e-4)
    assert float(at.aggregate_gap) == pytest.approx(float(at.code_correlation + at.dimension_wise_kl), abs=1e-5)
    q = codes(model, room.test.x)
    test_rate = 0.5 * (q.mean**2 + q.std**2 - 1 - 2 * np.log(q.std)).sum(1)
    assert float(at.image_rate) == pytest.approx(test_rate.mean(), rel=1e-4)


def test_log_p_of_a_few_images_is_that_of_all_of_them(run, measured):
    """A row of the overview has log p(x) of all its images, whichever few of them were weighted, above its bound."""
    room, result = measured
    draws = SMALL[numbers]["LIKELIHOOD"]["draws"]
    for seed, beta in ((0, 1.0), (1, 0.3)):
        at, key = result.sel(seed=seed, beta=beta), jax.random.key(seed)
        whole = np.asarray(log_likelihood(run.member(beta, seed), room.test.x, room.test.target, key, draws), float)
        # the images are the same: what is left is which few were weighted, and the draws
        assert float(at.log_likelihood) == pytest.approx(whole.mean(), abs=4 * float(at.likelihood_gap_error))
        assert whole.mean() > -float(at.image_rate + at.image_distortion)
    first, _ = latent_page.overview(result)
    bits = results.in_bits(result.log_likelihood).mean("seed").values
    assert [row[3].value for row in first.rows[:2]] == pytest.approx(bits[:2].tolist())


def test_what_examples_do_not_allow_is_named_with_its_reason(run, measured, monkeypatch, capsys):
    """Each reason once, however many members it holds for."""
    reasons = iter(["MIG: a, b", "holes: few", "holes: few", "holes: few"])

    def measure(*_):
        warnings.warn("of another kind", UserWarning, stacklevel=1)
        warnings.warn(next(reasons), LeftOut, stacklevel=1)
        return {}

    monkeypatch.setattr(latent_report, "measure", measure)
    monkeypatch.setattr(latent_report, "baselines", lambda *_: {})
    _, result = latent_run.measured(run, 200)
    assert result.attrs["lab_left_out"] == "MIG: a, b; holes: few" and measured[1].attrs["lab_left_out"] == ""
    out = capsys.readouterr().out
    assert out.count("left out: ") == 2 and out.count("left out: holes: few") == 1


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
            latent_report.prepare(run.config, **count)
        assert_one_line(error, words, "give")
