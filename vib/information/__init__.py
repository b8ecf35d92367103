"""Mutual information from samples: arrays in, an Estimate in nats out that says what it is."""

from vib.information.binned import EDGES, binned
from vib.information.critic import KINDS as CRITICS
from vib.information.critic import critic
from vib.information.discrete import discrete
from vib.information.encoder_bounds import encoder_bounds, encoder_labels
from vib.information.estimate import FLAGS, SATURATING, Bounds, Estimate, Information, flag
from vib.information.kde import kde
from vib.information.neighbours import ksg, ross
from vib.information.noisy import noisy

__all__ = [
    "CRITICS",
    "EDGES",
    "FLAGS",
    "SATURATING",
    "Bounds",
    "Estimate",
    "Information",
    "binned",
    "critic",
    "discrete",
    "encoder_bounds",
    "encoder_labels",
    "flag",
    "kde",
    "ksg",
    "noisy",
    "ross",
]
