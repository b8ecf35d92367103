"""What an evaluator of the latent report is: one topic, measured on one trained member at a time."""

import warnings
from typing import NamedTuple

import numpy as np

from vib.distributions import Gaussian
from vib.errors import InvalidInput, LeftOut, choose, require
from vib.evaluation.evaluator import RESERVED
from vib.evaluation.latent_report.examples import Examples
from vib.latent.views import codes, images
from vib.models import Bottleneck
from vib.results.dataset import Variable

__all__ = ["MEMBER", "Member", "MemberEvaluator", "Variable", "check", "member_of", "or_otherwise"]
MEMBER = ("seed", "beta")  # the first axes of every number of a member
NEEDS = {  # what an evaluator may need: whether a member has it
    "decoder": lambda member: member.model.decoder.of_input,
    "density": lambda member: not member.model.deterministic,
    "prior": lambda member: not member.model.deterministic and member.model.marginal.density,
    "labels": lambda member: member.examples.labelled,
    "targets": lambda member: member.examples.dataset.classes is None,
    "factors": lambda member: member.examples.factors is not None,
    "outliers": lambda member: bool(member.examples.outliers),
    "plane": lambda member: member.train.mean.shape[1] == 2,
}


class Member(NamedTuple):
    """A trained model, the examples it is looked at with, and its codes of them."""

    model: Bottleneck
    examples: Examples
    train: Gaussian  # q(z|x) of the training examples, [N, latent]; std 0 of a deterministic encoder
    test: Gaussian

    def allows(self, needs):
        """Whether the member has all that is needed. Raises InvalidInput for a need that is none of NEEDS."""
        return all(choose("needs", need, NEEDS)(self) for need in needs)

    def decode(self, z):
        """Means of p(x|z) at z [N, latent]: [N, *shape], pixels in [0, 1]."""
        return images(self.model, z)


def member_of(model, examples):
    """The Member of a trained Bottleneck, looked at with these Examples. Raises InvalidInput for a categorical code."""
    return Member(model, examples, *(codes(model, batch.x) for batch in (examples.train, examples.test)))


class MemberEvaluator:
    """A measurement of one member. The docstring says, in the report, what its numbers are good for.

    `variables` {name: Variable} and `coordinates` {axis: labels} are as those of vib.evaluation.evaluator.Evaluator, on
    the axes of a grid: ('seed', 'beta', ...). The axes 'dimension' (of z), 'factor' and 'outlier' have the labels of
    the run. `needs` names what a member must have, of NEEDS; without it nothing is measured: 'decoder' to x, 'density'
    q(z|x), 'prior' r(z) that can be drawn from, 'labels' of two classes or more, 'targets' of a regression, 'factors',
    'outliers', a 'plane' of two latent dimensions.
    """

    name = ""
    variables = {}
    coordinates = {}
    needs = ()

    def measure(self, member, key):
        """{name: array} of a Member, without the axes seed and beta; nats. The key is this evaluator's own."""
        raise NotImplementedError

    def of_inputs(self, examples, width):
        """{name: array} of the inputs themselves, or of `width` numbers made of them: what no member changes."""
        return {}


def check(evaluators, result):
    """Raises InvalidInput for a list of MemberEvaluators whose numbers cannot join a result."""
    listed = isinstance(evaluators, list | tuple)
    require(listed, f"evaluators: {type(evaluators).__name__} is no list; give a list of MemberEvaluators")
    names, taken = set(), RESERVED | {name for name, values in result.variables.items() if "step" in values.dims}
    for each in evaluators:
        kind = each.__name__ if isinstance(each, type) else type(each).__name__
        member = isinstance(each, MemberEvaluator)
        require(member, f"evaluators: {kind} is no instance of MemberEvaluator; give a list of those")
        require(each.name and each.name not in names, f"evaluators: {kind} has no name of its own, but '{each.name}'")
        twice = ", ".join(name for name in each.variables if name in taken)
        require(not twice, f"evaluators: '{twice}' of '{each.name}' is a name of other numbers; give it its own")
        for need in each.needs:
            choose("needs", need, NEEDS)
        names, taken = names | {each.name}, taken.union(each.variables)


def or_otherwise(name, measure, otherwise=np.nan):
    """What measure() finds; `otherwise`, with a LeftOut that says why, where these examples do not allow it."""
    try:
        return measure()
    except InvalidInput as error:
        warnings.warn(f"{name}: {error}", LeftOut, stacklevel=2)
        return otherwise
