"""How far single dimensions stand for single known factors."""

import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable, or_otherwise
from vib.latent import disentanglement
from vib.latent.disentanglement import Dci

NO_DCI = Dci(*(np.nan,) * len(Dci._fields))


class Disentanglement(MemberEvaluator):
    """How far single dimensions stand for single known factors.

    Scores with the discretiser and classifiers pinned in vib.latent.disentanglement. Modularity of pure noise is 0.4 to
    0.75, and of constant codes it is none: read it beside MIG.
    """

    name = "disentanglement"
    needs = ("factors",)
    variables = {
        "disentanglement": Variable((*MEMBER, "metric"), "1", "disentanglement of the training codes"),
        "factor_information": Variable((*MEMBER, "dimension", "factor"), "nats", "I(bin of a dimension; factor)"),
        "factor_importance": Variable(
            (*MEMBER, "dimension", "factor"), "1", "importance of a dimension for a factor, as DCI takes it"
        ),
    }
    coordinates = {
        "metric": (
            "MIG", "modularity", "SAP", "DCI disentanglement", "DCI completeness", "DCI informativeness", "FactorVAE",
            "beta-VAE",
        )
    }  # fmt: skip

    def measure(self, member, key):
        """NaN for a metric that these examples do not allow: of one dimension or factor, or of values too rare."""
        z, factors = member.train.mean, member.examples.factors.train
        dci = or_otherwise("DCI", lambda: disentanglement.dci(z, factors), NO_DCI)
        found = scores(z, member.examples.factors) | {
            f"DCI {name}": getattr(dci, name) for name in ("disentanglement", "completeness", "informativeness")
        }
        return {
            "disentanglement": np.array([found[name] for name in self.coordinates["metric"]]),
            "factor_information": np.asarray(disentanglement.information_matrix(z, factors).information),
            "factor_importance": np.broadcast_to(dci.importance, (z.shape[1], factors.shape[1])),
        }


def scores(z, known):
    """{metric: score} of codes z [N, latent] by the Factors, but those of DCI."""
    factors = known.train
    unordered = tuple(i for i, name in enumerate(known.names) if name in known.unordered)
    measures = {
        "MIG": lambda: disentanglement.mig(z, factors),
        "modularity": lambda: disentanglement.modularity(z, factors),
        "SAP": lambda: disentanglement.sap(z, factors, unordered),
        "FactorVAE": lambda: disentanglement.factor_vae_score(z, factors),
        "beta-VAE": lambda: disentanglement.beta_vae_score(z, factors),
    }
    return {name: or_otherwise(name, lambda each=each: each().score) for name, each in measures.items()}
