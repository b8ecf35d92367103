"""What is added to a result once it is safe on disk; whatever of it cannot be had is named in attrs['left_out']."""

from functools import partial

import numpy as np

from experiments import record
from experiments.terminal import say
from vib import results
from vib.data import joint_entropy_y
from vib.errors import InvalidInput
from vib.evaluation import frontier, phases
from vib.setup import TARGETS


def extras(config, setup, sweeps, counts):
    """{name: function that adds it to a result} of a configuration.

    sweeps() gives the trained sweeps of the chunks one by one, of each of which the first `counts` betas count.
    """
    kind, dataset, batches = config["model"]["kind"], setup.dataset, setup.batches

    def of_all(measure):
        return record.join([measure(batches, sweep) for sweep in sweeps()], counts)

    found = {"looseness": partial(with_looseness, of_all)}
    if kind == "vae" and dataset.low is not None and dataset.x_test.ndim == 4 and dataset.x_test.shape[-1] in (1, 3):
        found["images"] = partial(with_images, of_all, batches["test"])
    if TARGETS[kind] == "y" and dataset.exact is not None:
        found["frontier"] = partial(with_frontier, dataset.exact)
    if setup.plane.estimators:
        found["phases"] = lambda result: result.merge(phases.phases(result))
    return found


def added(result, extras, poll=lambda: None):
    """The result with all that can be had of `extras`; what cannot is named, with its reason.

    `poll` is called before each one, and may raise to end here.
    """
    left_out = []
    for name, add in extras.items():
        poll()
        try:
            result = add(result)
        except Exception as error:  # whatever it is: the results and the other extras are worth more
            told = error if isinstance(error, InvalidInput) else f"{type(error).__name__}: {error}"
            left_out.append(f"{name}: {' '.join(str(told).split())}")
            say(f"left out: {left_out[-1]}")
    return result.assign_attrs(left_out="; ".join(left_out)) if left_out else result


def with_looseness(of_all, result):
    """How loose the rates are; nothing where looseness has none."""
    found = of_all(record.looseness)
    return results.extended(result, {name: (("seed", "beta"), values) for name, values in found.items()})


def with_images(of_all, test, result):
    """The sheet of a VAE of images, and the test examples that it is of."""
    dims = ("example", "row", "column", "channel", "beta")
    found = {name: (dims, values) for name, values in of_all(record.images).items()}
    shown = {"input": (dims[:-1], np.asarray(test.target[: record.SHEET_EXAMPLES]))}
    return results.extended(result, found | shown)


def with_frontier(joint, result):
    """The exact frontier, and how far below it the members are; nothing without a rate."""
    rows = {name: values.values for name, values in result.data_vars.items() if values.dims == results.DIMS}
    known, below = frontier.variables(rows, joint)
    if not known:
        return result
    found = results.extended(result, known | {name: (results.DIMS, values) for name, values in below.items()})
    return found.assign_attrs(entropy_y_exact=joint_entropy_y(joint))
