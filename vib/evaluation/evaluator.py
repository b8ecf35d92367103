"""What an evaluator is: one measurement, and beside it what each of its numbers is."""

from vib.errors import require
from vib.results.dataset import AXES, Variable

__all__ = ["Evaluator", "Variable", "check"]
RESERVED = {*AXES, "finite", "devices", "learning_rate", "target_rate"}  # what every result or row of one holds
DERIVED = ("seconds_", "frontier_", "below_frontier", "information_x", "information_y")  # beginnings of names


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


def check(own, others):
    """Raises InvalidInput for a list of one's own evaluators that cannot be measured beside others."""
    listed = isinstance(own, list | tuple)
    require(listed, f"evaluators: {type(own).__name__} is no list; give a list of vib.evaluation.evaluator.Evaluator")
    names, taken = {"wall", *map(timed, others)}, RESERVED.union(*(each.variables for each in others))
    for each in own:
        kind = each.__name__ if isinstance(each, type) else type(each).__name__
        require(isinstance(each, Evaluator), f"evaluators: {kind} is no instance of Evaluator; give a list of those")
        require(each.name, f"evaluators: {kind} has no name; set it")
        require(timed(each) not in names, f"evaluators: another one has the name '{each.name}'; give it its own")
        twice = [name for name in each.variables if name in taken or name.startswith(DERIVED)]
        told = f"evaluators: '{', '.join(twice)}' of '{each.name}' is a name of other numbers; give it its own"
        require(not twice, told)
        names, taken = names | {timed(each)}, taken.union(each.variables)


def timed(evaluator):
    """The name of an evaluator in that of its wall time, seconds_..."""
    return evaluator.name.replace(" ", "_")
