"""What an evaluator is: one measurement, and beside it what each of its numbers is."""

from vib.results.dataset import Variable

__all__ = ["Evaluator", "Variable"]


class Evaluator:
    """A measurement of a sweep: at every measured step while it trains, or once at the end.

    `variables` {name: Variable} are what `measure` can give, {name: array} on their axes; one that it leaves out, by
    what the model is, is absent in the result. `coordinates` {axis: labels} name the places of axes other than those of
    a sweep. In a result, what is measured at every step has an axis `step`, and members that diverged are NaN.
    """

    name = ""
    variables = {}
    coordinates = {}

    def measure(self, sweep, batches, moment):
        """{name: array} of a Sweep, on batches {'train': Batch, 'test': Batch} of all examples, at a Moment. Nats."""
        raise NotImplementedError

    def finish(self, found):
        """What a result holds of `found`, the Dataset of all that was measured."""
        return found
