"""The latent report of a run from end to end: what is stored, that it adds up, and what stops at the door."""

import jax
import numpy as np
import pytest
import small
from conftest import assert_one_line
from expected import LABELS, OF_VAE, REGRESSED, SEPARATIONS, SWAPS
from looks import ABOUT, BASELINES, COUNTS, DRAWS, EVALUATORS, SIZES, WEIGHTED, small_numbers  # noqa: F401
from small import compiled  # noqa: F401

import vib
from experiments import latent_page, latent_run
from vib import data, load, report, results
from vib.errors import InvalidInput, LeftOut
from vib.evaluation import latent_report
from vib.evaluation.latent_report import MemberEvaluator, Variable, or_otherwise
from vib.latent.likelihood import log_likelihood
from vib.training.sweep import stream

EXPECTED = OF_VAE | LABELS | SWAPS | SEPARATIONS


@pytest.fixture(scope="module")
def run(compiled, tmp_path_factory):  # noqa: F811
    """A trained run: 2 seeds x 3 betas, not in order, the last one diverged; one digit held out."""
    workdir = tmp_path_factory.mktemp("run")
    fields = {"sweep.betas": (1.0, 0.3, 3e38), "train.steps": 20, "data.held_out": 3, "model.decoder_widths": (8,)}
    small.run(workdir, "digits_vae", **fields, **{"evaluate.measurements": 2})
    return load(workdir)


@pytest.fixture(scope="module")
def measured(run, small_numbers):  # noqa: F811
    """(Examples, the results with the numbers of the report)."""
    made = latent_report.prepare
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(latent_report, "prepare", lambda *given, train: made(*given, **COUNTS))
        examples = report.examples_of(run)
    return examples, report.measured(run, examples, EVALUATORS, progress=False)


def test_a_run_from_end_to_end(run, measured):
    examples, result = measured
    assert set(examples.outliers) == {"class 3", "sprites"} and 3 not in examples.train.y
    assert (examples.outliers["class 3"].target == data.pixels(examples.dataset, examples.outliers["class 3"].x)).all()
    assert set(result.data_vars) - set(run.results.data_vars) == EXPECTED | BASELINES - REGRESSED
    for name in EXPECTED:
        values, about = result[name], ABOUT[name]
        assert values.dims == about.dims and values.attrs == {"units": about.units, "long_name": about.long_name}
        assert np.isnan(values.sel(beta=3e38)).all()  # diverged
        if not name.startswith("probe"):
            assert np.isfinite(values.sel(beta=[1.0, 0.3])).all(), name
    assert result.outlier.values.tolist() == ["class 3", "sprites"] and result.labels.values.tolist() == list(SIZES)
    assert latent_run.best(result) in (1.0, 0.3)
    # what the run had stays as it was, bit for bit
    for name, values in run.results.variables.items():
        assert values.dtype == result[name].dtype and values.values.tobytes() == result[name].values.tobytes(), name
        assert values.attrs == result[name].attrs
    assert {name: value for name, value in result.attrs.items() if not name.startswith("report_")} == run.results.attrs
    # the numbers of a member are those of the member measured alone
    member = latent_report.member_of(run.member(0.3, 1), examples)
    alone = latent_report.numbers(member, EVALUATORS, stream(1, "report"))
    for name, value in alone.items():
        np.testing.assert_array_equal(result[name].sel(seed=1, beta=0.3), value, err_msg=name)
    once_more(member, result, alone)


def once_more(member, result, alone):
    """Joining again gives the same; joining others takes their place, old axes and all."""
    found = {(0, 1.0): alone, (1, 3e38): alone}
    first = latent_report.join(result, EVALUATORS, found, member)
    assert latent_report.join(first, EVALUATORS, found, member).identical(first)
    assert np.isnan(first.active_units.values[0, 1:]).all() and np.isfinite(first.active_units.values[1, 2])
    less = {name: value for name, value in alone.items() if name in OF_VAE} | {"dimension_rate": np.ones(5)}
    wider = jax.tree.map(lambda part: np.ones((len(part), 5)), member.train)
    plain = member._replace(examples=member.examples._replace(outliers={}), train=wider)
    other = latent_report.join(first, EVALUATORS, dict.fromkeys(found, less), plain)
    assert other.sizes["dimension"] == 5 and not {"outlier", "score", "space"} & set(other.dims)


def test_likelihood_gap_and_parts_of_the_rate_add_up(run, measured):
    examples, result = measured
    at = result.sel(seed=0, beta=1.0)
    parts = float(at.index_code_information + at.code_correlation + at.dimension_wise_kl)
    member = latent_report.member_of(run.member(1.0, 0), examples)
    rate = np.asarray(member.model.rate(member.train, None, None))
    assert parts == pytest.approx(rate.mean(), abs=5 * rate.std() / np.sqrt(DRAWS) + 0.3)
    assert float(at.dimension_rate.sum()) == pytest.approx(rate.mean(), rel=1e-4)
    assert float(at.marginal_kl) == pytest.approx(float(at.code_correlation + at.dimension_wise_kl), abs=1e-5)
    q = member.test
    test_rate = 0.5 * (q.mean**2 + q.std**2 - 1 - 2 * np.log(q.std)).sum(1)
    assert float(at.image_rate) == pytest.approx(test_rate.mean(), rel=1e-4)


def test_log_p_of_a_few_images_is_that_of_all_of_them(run, measured):
    """A row of the overview has log p(x) of all its images, whichever few of them were weighted, above its bound."""
    examples, result = measured
    for seed, beta in ((0, 1.0), (1, 0.3)):
        at, key = result.sel(seed=seed, beta=beta), jax.random.key(seed)
        x, target = examples.test.x, examples.test.target
        whole = np.asarray(log_likelihood(run.member(beta, seed), x, target, key, WEIGHTED), float)
        # the images are the same: what is left is which few were weighted, and the draws
        assert float(at.log_likelihood) == pytest.approx(whole.mean(), abs=4 * float(at.likelihood_gap_error))
        assert whole.mean() > -float(at.image_rate + at.image_distortion)
    row = latent_page.overview(result)["log_likelihood (bits)"]
    np.testing.assert_allclose(row.mean("seed"), results.in_bits(result.log_likelihood).mean("seed"))


class Failing(MemberEvaluator):
    """What none of these examples allow."""

    name = "failing"
    variables = {"failed": Variable(("seed", "beta"), "1", "nothing")}

    def __init__(self):
        self.reasons = iter(["a, b", "few", "few", "few"])

    def measure(self, member, key):
        def refuse():
            raise InvalidInput(next(self.reasons))

        return {"failed": or_otherwise("MIG", refuse)}


def test_what_examples_do_not_allow_is_named_with_its_reason(run, measured, capsys):
    """Each reason once, however many members it holds for."""
    result = report.measured(run, measured[0], [Failing()])
    assert result.attrs["report_left_out"] == "MIG: a, b; MIG: few" and measured[1].attrs["report_left_out"] == ""
    assert np.isnan(result.failed).all()
    out = capsys.readouterr().out
    assert out.count("left out: ") == 2 and out.count("left out: MIG: few") == 1
    with pytest.warns(LeftOut, match="MIG: a, b"):
        Failing().measure(None, None)


def test_validation(run, measured):
    assert latent_run.chosen(run, None) is None and latent_run.chosen(run, 0.3000000001) == 0.3
    for beta, words in ((0.5, ["--beta", "0.5", "1, 0.3, 3e+38"]), (3e38, ["--beta", "3e+38", "diverged"])):
        with pytest.raises(InvalidInput) as error:
            latent_run.chosen(run, beta)
        assert_one_line(error, *words)
    lost = run._replace(results=run.results.assign(finite=0 * run.results.finite))
    with pytest.raises(InvalidInput, match="diverged"):
        report.measured(lost, measured[0])
    stopped = run._replace(results=run.results.assign_attrs(awaits="marginal KL"))
    with pytest.raises(InvalidInput, match=r"marginal KL.*vib\.train"):
        vib.latent_report(stopped)
