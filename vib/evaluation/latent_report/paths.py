"""Moving about in a latent space: paths between examples, and arithmetic with the means of classes."""

import jax
import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable
from vib.latent import directions, interpolation

WAYS = {"linear": interpolation.linear, "spherical": interpolation.spherical}


class Paths(MemberEvaluator):
    """How far the images of a path between two test examples go.

    Of pairs of test examples, by the pixels of the images on the way: 1 is as far as a cross-fade.
    """

    name = "paths"
    needs = ("decoder",)
    variables = {
        "path_ratio": Variable((*MEMBER, "path"), "1", "length of the images of a path over that of a cross-fade")
    }
    coordinates = {"path": tuple(WAYS)}

    def __init__(self, pairs=50, steps=12):
        """pairs: of examples to go between; steps: images of a path."""
        self.pairs, self.steps = pairs, steps

    def measure(self, member, key):
        """Means over the pairs that are apart."""
        mean = member.test.mean
        start, end = np.asarray(jax.random.choice(key, len(mean), (2, self.pairs)))
        ratios = {name: self.ratios(member, way(mean[start], mean[end], self.steps)) for name, way in WAYS.items()}
        known = {name: each[np.isfinite(each)] for name, each in ratios.items()}
        means = {name: each.mean() if len(each) else np.nan for name, each in known.items()}
        return {"path_ratio": np.array([means[name] for name in self.coordinates["path"]])}

    def ratios(self, member, z):
        """The smoothness of each way z [pairs, steps, latent]: [pairs]."""
        z = np.asarray(z)
        ways = member.decode(z.reshape(-1, z.shape[-1])).reshape(self.pairs, self.steps, -1)
        return np.array([interpolation.smoothness(way) for way in ways])


class Swaps(MemberEvaluator):
    """Whether arithmetic with the mean codes of classes changes the class of an example.

    A test code, less the mean code of its class and plus that of another one, drawn at random, is decoded, and its
    nearest training image says of which class it is.
    """

    name = "swaps"
    needs = ("decoder", "labels")
    variables = {
        "swap_accuracy": Variable(
            MEMBER, "1", "share of examples moved to another class whose nearest image is of that class"
        ),
        "swap_accuracy_error": Variable(MEMBER, "1", "standard error of swap_accuracy over the examples"),
    }

    def measure(self, member, key):
        """Of all test examples."""
        train, test = member.examples.train, member.examples.test
        classes = np.unique(train.y)
        groups, ours = (np.searchsorted(classes, batch.y) for batch in (test, train))
        means = directions.group_means(member.train.mean, ours, len(classes))
        shift = np.asarray(jax.random.randint(key, groups.shape, 1, len(classes)))
        targets = (groups + shift) % len(classes)
        moved = member.decode(directions.swapped(member.test.mean, groups, targets, means))
        share, error = directions.swap_accuracy(moved, targets, train.target, ours)
        return {"swap_accuracy": share, "swap_accuracy_error": error}
