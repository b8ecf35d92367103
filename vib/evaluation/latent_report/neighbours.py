"""Whether the nearest training codes of a test code are of its class."""

from functools import partial

import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable, or_otherwise
from vib.latent.neighbours import label_agreement, nearest

OF_POINTS, OF_POSTERIORS = ("euclidean", "cosine"), ("kl", "bhattacharyya")


class Neighbours(MemberEvaluator):
    """Whether the nearest training codes of a test code are of its class.

    By the means of the codes, and by whole posteriors.
    """

    name = "neighbours"
    needs = ("labels",)
    coordinates = {"space": OF_POINTS + OF_POSTERIORS}

    def __init__(self, count=10):
        """count: of neighbours."""
        self.count = count
        about = f"share of the {count} nearest training {{}} that have the label"
        self.variables = {
            "neighbour_agreement": Variable((*MEMBER, "space"), "1", about.format("codes")),
            "neighbour_agreement_pixels": Variable((), "1", about.format("inputs")),
        }

    def measure(self, member, key):
        """NaN for posteriors of no width, and for cosines of a code of zeros."""
        (mean, _), (train_mean, train_std) = member.test, member.train
        pairs = dict.fromkeys(OF_POINTS, (mean, train_mean))
        if np.all(train_std > 0):
            pairs |= dict.fromkeys(OF_POSTERIORS, (member.test, member.train))
        found = {
            space: or_otherwise(f"neighbours by {space}", partial(self.agreement, *pair, member.examples, space))
            for space, pair in pairs.items()
        }
        return {"neighbour_agreement": np.array([found.get(space, np.nan) for space in self.coordinates["space"]])}

    def of_inputs(self, examples, width):
        """By pixels."""
        train, test = examples.pixels
        return {"neighbour_agreement_pixels": self.agreement(test, train, examples)}

    def agreement(self, test, train, examples, space="euclidean"):
        """Share of the nearest of `train` that have the label of a row of `test`."""
        index = nearest(test, train, self.count, space).index
        return label_agreement(index, examples.test.y, examples.train.y).mean
