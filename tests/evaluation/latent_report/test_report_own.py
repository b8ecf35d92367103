"""A number of one's own joins the report: one class, and nothing else to change."""

import numpy as np
import pytest
import small
from conftest import assert_one_line

import vib
from vib.errors import InvalidInput
from vib.evaluation.latent_report import MemberEvaluator, Variable


class Norms(MemberEvaluator):
    """How far codes lie from 0."""

    name = "norms"
    needs = ("density",)
    coordinates = {"norm": ("taxicab", "euclidean")}
    variables = {"code_norm": Variable(("seed", "beta", "norm"), "1", "mean norm of the test codes")}

    def measure(self, member, key):
        found = {"euclidean": np.linalg.norm(member.test.mean, 2, 1), "taxicab": np.linalg.norm(member.test.mean, 1, 1)}
        return {"code_norm": np.array([found[name].mean() for name in self.coordinates["norm"]])}


class Some(MemberEvaluator):
    """A number of some members, and what its variables may lack."""

    name = "some"
    variables = {"code_number": Variable(("seed", "beta"), "1", "a number of the members after the first")}

    def __init__(self, more=()):
        self.more, self.measured = more, 0

    def measure(self, member, key):
        self.measured += 1
        return dict.fromkeys(self.more, 1.0) | ({"code_number": 2.0} if self.measured > 1 else {})


class Rated(Some):
    name, variables = "rated", {"rate": Variable(("seed", "beta"), "1", "what the run has")}


@pytest.fixture(scope="module")
def run():
    fields = {"sweep.betas": (0.1, 1.0), "train.steps": 4, "model.widths": (8,), "evaluate.measurements": 2}
    return vib.train(small.config("digits_vib", **fields), progress=False)


def test_a_number_of_some_members_is_nan_for_the_others(run):
    found = vib.latent_report(run, 200, [Some()], progress=False).code_number
    np.testing.assert_array_equal(found, [[np.nan, 2], [2, 2]])
    none = vib.latent_report(run, 200, [], progress=False)
    assert set(none.data_vars) == set(run.results.data_vars)


@pytest.mark.parametrize(
    ("evaluators", "examples", "words"),
    [
        ([Some(["other"])], 200, ("some", "'other'", "none of its variables")),
        ([Some(), Some()], 200, ("evaluators", "'some'")),
        ([Rated()], 200, ("evaluators", "'rate' of 'rated'")),
        ([Some], 200, ("evaluators", "Some is no instance")),
        (Some(), 200, ("evaluators", "no list")),
        ([], -1, ("examples", "-1")),
        ([], None, ("examples", "None")),
    ],
)
def test_what_cannot_be_reported_stops_at_the_first_member_or_before(run, evaluators, examples, words):
    with pytest.raises(InvalidInput) as error:
        vib.latent_report(run, examples, evaluators, progress=False)
    assert_one_line(error, *words)
    assert not isinstance(evaluators, list) or all(getattr(each, "measured", 0) <= 1 for each in evaluators)


def test_an_evaluator_of_ones_own(run):
    found = vib.latent_report(run, 200, [Norms()], progress=False)
    assert (
        found.code_norm.dims == ("seed", "beta", "norm") and found.code_norm.long_name == "mean norm of the test codes"
    )
    z = run.member(1.0, 1).encode(run.data().x_test)[0].mean
    expected = float(np.abs(z).sum(1).mean())
    assert float(found.code_norm.sel(seed=1, beta=1.0, norm="taxicab")) == pytest.approx(expected, rel=1e-5)
    assert set(found.data_vars) - set(run.results.data_vars) == {"code_norm"}
    unknown = Norms()
    unknown.needs = ("densitty",)
    with pytest.raises(InvalidInput, match="did you mean 'density'"):
        vib.latent_report(run, 200, [unknown], progress=False)
