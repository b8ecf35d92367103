"""A number of one's own joins the report: one class, and nothing else to change."""

import numpy as np
import pytest
import small

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


def test_an_evaluator_of_ones_own():
    fields = {"sweep.betas": (0.1, 1.0), "train.steps": 4, "model.widths": (8,), "evaluate.measurements": 2}
    run = vib.train(small.config("digits_vib", **fields), progress=False)
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
