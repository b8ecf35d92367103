"""Scores of single examples, and how well each tells outliers from the test examples."""

import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable
from vib.evaluation.latent_report.likelihood import terms_of
from vib.latent.anomaly import aupr, auroc, distance_to_aggregate
from vib.latent.likelihood import log_likelihood
from vib.latent.views import codes

IMPORTANCE_DRAWS = 100
SCORES = {  # what each needs
    "reconstruction": ("decoder",),
    "rate": ("prior",),  # a rate against a batch's own codes is no score of one example
    "negative ELBO": ("decoder", "density"),
    "log-likelihood": ("decoder", "prior"),
    "distance": ("density",),
}
CURVES = {  # {variable: (measure, what it is)}
    "auroc": (auroc, "area under the ROC curve, outliers against test examples"),
    "aupr": (aupr, "average precision, outliers against test examples"),
}
ENDS = {
    "value": ("", "{about}"),
    "low": ("_low", "lower end of the 95 % interval of {name} over the examples"),
    "high": ("_high", "upper end of the 95 % interval of {name} over the examples"),
}
AXES = (*MEMBER, "outlier", "score")


class Outliers(MemberEvaluator):
    """How well scores of single examples tell outliers from test examples.

    Outliers are a class that was held out, and images of another data set. A score is higher for the odder example: its
    distortion, its rate, their sum, -log p(x), or how far its code lies from the aggregate posterior.
    """

    name = "outliers"
    needs = ("outliers",)
    variables = {
        f"{name}{end}": Variable(AXES, "1", words.format(about=about, name=name))
        for name, (_, about) in CURVES.items()
        for end, words in ENDS.values()
    }
    coordinates = {"score": tuple(SCORES)}

    def measure(self, member, key):
        """Of every kind of outlier by every score; NaN for a score that the member does not have."""
        usual = anomaly_scores(member, member.examples.test, key)
        found = {
            outlier: separations(usual, anomaly_scores(member, batch, key))
            for outlier, batch in member.examples.outliers.items()
        }
        rows = [found[outlier] for outlier in member.examples.axes["outlier"]]
        return {
            f"{name}{end}": np.array([self.along_scores(row[name], field) for row in rows])
            for name in CURVES
            for field, (end, _) in ENDS.items()
        }

    def along_scores(self, row, field):
        """One field of what {score: curve} holds, in the order of the axis."""
        return [getattr(row[score], field) if score in row else np.nan for score in self.coordinates["score"]]


def separations(usual, odd):
    """{variable: {score: value, low, high}} of the scores of test examples and of outliers."""
    return {name: {score: curve(usual[score], odd[score]) for score in usual} for name, (curve, _) in CURVES.items()}


def anomaly_scores(member, batch, key):
    """{score: [N], higher for the odder, nats} of a Batch, of those that the member has."""
    model, measured = member.model, terms_of(member.model, batch.x, batch.target, key)
    makers = {
        "reconstruction": lambda: measured.distortion,
        "rate": lambda: measured.rate,
        "negative ELBO": lambda: measured.distortion + measured.rate,
        "log-likelihood": lambda: -log_likelihood(model, batch.x, batch.target, key, IMPORTANCE_DRAWS),
        "distance": lambda: distance_to_aggregate(member.train, codes(model, batch.x).mean),
    }
    return {score: makers[score]() for score, needs in SCORES.items() if member.allows(needs)}
