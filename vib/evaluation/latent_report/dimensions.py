"""Which dimensions of z are in use, and how many the codes fill."""

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable, or_otherwise
from vib.latent import dimensions


class IntrinsicDimension(MemberEvaluator):
    """How many dimensions the codes fill.

    Read from the distances to two nearest neighbours; that of a collapsed code is the shape of its noise.
    """

    name = "intrinsic dimension"
    variables = {
        "intrinsic_dimension": Variable(MEMBER, "1", "dimensions that the codes fill, by two nearest neighbours")
    }

    def measure(self, member, key):
        """The intrinsic dimension of the training codes."""
        found = or_otherwise(self.name, lambda: dimensions.intrinsic_dimension(member.train.mean).value)
        return {"intrinsic_dimension": found}


class Dimensions(MemberEvaluator):
    """How much of the rate each dimension has, and which are in use.

    A dimension is active where the mean of its posterior moves with the input, and has collapsed where its KL to
    N(0, 1) stays near 0 for nearly all inputs. These KLs sum to the rate where r(z) is N(0, I).
    """

    name = "dimensions"
    needs = ("density",)
    variables = {
        "dimension_rate": Variable((*MEMBER, "dimension"), "nats", "KL of a dimension to N(0, 1), training examples"),
        "active_units": Variable(
            MEMBER, "1", "dimensions whose mean has a variance above 0.01 over the training examples"
        ),
        "collapsed_share": Variable(
            MEMBER,
            "1",
            "share of dimensions whose KL to N(0, 1) stays below 0.01 for 99 % of the training examples",
        ),
    }

    def measure(self, member, key):
        """Of the training codes."""
        return {
            "dimension_rate": dimensions.rate_per_dimension(member.train),
            "active_units": dimensions.active_units(member.train).sum(),
            "collapsed_share": dimensions.collapsed(member.train).mean(),
        }
