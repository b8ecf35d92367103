"""How far single codes stand for single factors: codes z [N, latent] and known factors [N, F] in, scores out."""

from vib.latent.disentanglement.binned import Shared, information_matrix
from vib.latent.disentanglement.dci import Dci, dci
from vib.latent.disentanglement.gap import Mig, Modularity, mig, modularity
from vib.latent.disentanglement.groups import BetaVae, FactorVae, beta_vae_score, factor_vae_score
from vib.latent.disentanglement.sap import Sap, sap

__all__ = [
    "BetaVae",
    "Dci",
    "FactorVae",
    "Mig",
    "Modularity",
    "Sap",
    "Shared",
    "beta_vae_score",
    "dci",
    "factor_vae_score",
    "information_matrix",
    "mig",
    "modularity",
    "sap",
]
