"""What is minimised: distortion + beta * u(rate), in nats, and its relatives."""

from vib.objectives.losses import (
    OBJECTIVES,
    Batch,
    Conditioned,
    Distortion,
    Draws,
    Expansion,
    Given,
    Lagrangian,
    Objective,
    Terms,
    TotalCorrelation,
    terms,
    total_correlation,
)
from vib.objectives.us import Exponential, Power, linear

__all__ = [
    "OBJECTIVES",
    "Batch",
    "Conditioned",
    "Distortion",
    "Draws",
    "Expansion",
    "Exponential",
    "Given",
    "Lagrangian",
    "Objective",
    "Power",
    "Terms",
    "TotalCorrelation",
    "linear",
    "terms",
    "total_correlation",
]
