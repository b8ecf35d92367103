"""What simple predictors read from frozen codes, by how many labels they saw, and from the inputs themselves."""

import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable
from vib.latent import probes

SIZES = (30, 100, 300, 1000, 3000)  # training labels
INPUTS = {
    "pixels": "the inputs",
    "components": "as many principal components of the inputs as z has dimensions",
}


class Probe(MemberEvaluator):
    """Predictors of one kind of target."""

    probes = {}  # {variable: (a function as those of vib.latent.probes, what it is)}
    axes = ()  # of what is predicted

    def __init__(self, sizes=SIZES):
        """sizes: how many training labels the probes see, in turn."""
        self.coordinates, self.variables = {"labels": sizes}, {}
        for name, (_, about) in self.probes.items():
            axes = ("labels", *self.axes)
            self.variables[name] = Variable((*MEMBER, *axes), "1", f"{about} on the codes")
            for space, words in INPUTS.items():
                self.variables[f"{name}_{space}"] = Variable(axes, "1", f"{about} on {words}")

    def targets(self, examples):
        """What is predicted: (of the training examples, of the test examples)."""
        return examples.train.y, examples.test.y

    def measure(self, member, key):
        """From the means of the codes."""
        return self.scores(member.train.mean, member.test.mean, member.examples)

    def of_inputs(self, examples, width):
        """From the pixels, and from their principal components."""
        project = probes.principal(examples.pixels[0], min(width, *examples.pixels[0].shape))
        spaces = {"pixels": examples.pixels, "components": tuple(map(project, examples.pixels))}
        found = {space: self.scores(*pair, examples) for space, pair in spaces.items()}
        return {f"{name}_{space}": value for space, row in found.items() for name, value in row.items()}

    def scores(self, train, test, examples):
        """{variable: [labels, ...]} from features of both splits."""
        y_train, y_test = self.targets(examples)
        sizes = self.coordinates["labels"]
        return {name: by_labels(probe, train, y_train, test, y_test, sizes) for name, (probe, _) in self.probes.items()}


def regression(x_train, y_train, x_test, y_test):
    """R^2 of each column of y [N, F] by features: [F], NaN for one that does not vary in the test."""
    varies = np.flatnonzero(np.ptp(y_test, axis=0))
    found = np.full(y_test.shape[1], np.nan)
    if len(varies):
        found[varies] = probes.factor_regression(x_train, y_train[:, varies], x_test, y_test[:, varies])
    return found


class ClassProbes(Probe):
    """How well the class is read from frozen codes, by how many labels a probe saw.

    Beside the inputs themselves and as many of their principal components; means over two draws of the labels.
    """

    name = "probes of the class"
    needs = ("labels",)
    probes = {
        "probe_accuracy": (probes.linear_accuracy, "test accuracy of a linear probe"),
        "probe_neighbour_accuracy": (probes.neighbour_accuracy, "test accuracy of 5 nearest neighbours"),
    }


class TargetProbes(Probe):
    """How well the targets of a regression are read from frozen codes, by how many examples a probe saw.

    Beside the inputs themselves and as many of their principal components; means over two draws of the examples.
    """

    name = "probes of the targets"
    needs = ("targets",)
    probes = {"probe_regression": (regression, "test R^2 of a ridge regression of the target")}
    axes = ("target",)


class FactorProbes(Probe):
    """How well each factor is read from frozen codes, by how many examples a probe saw.

    Beside the inputs themselves and as many of their principal components; means over two draws of the examples.
    """

    name = "probes of the factors"
    needs = ("factors",)
    probes = {"factor_r2": (regression, "test R^2 of a ridge regression of a factor")}
    axes = ("factor",)

    def targets(self, examples):
        """The factors."""
        return examples.factors.train, examples.factors.test


def by_labels(probe, x_train, y_train, x_test, y_test, sizes):
    """A probe's score by number of labels: [labels] of classes, [labels, F] of y [N, F]; NaN beyond those there are."""
    least = len(np.unique(y_train)) if y_train.ndim == 1 else 2
    there = [least <= size <= len(x_train) for size in sizes]
    found = np.full((len(sizes), *y_test.shape[1:]), np.nan)
    if any(there):
        seen = np.asarray(sizes)[there]
        found[there] = probes.by_labels(probe, x_train, y_train, x_test, y_test, seen, repeats=2).mean(0)
    return found
