"""Frontiers known exactly: the most I(T;Y) at every rate I(X;T), in float64 and without networks."""

from vib.exact.closed import deterministic_label, erasure, symmetric_source, symmetric_source_information
from vib.exact.curve import Curve, information_at, reciprocal_beta
from vib.exact.deterministic import deterministic_information_bottleneck
from vib.exact.discrete import collapse_beta, critical_beta, information_bottleneck
from vib.exact.gaussian import gaussian_active_dimensions, gaussian_critical_betas, gaussian_information_bottleneck

__all__ = [
    "Curve",
    "collapse_beta",
    "critical_beta",
    "deterministic_information_bottleneck",
    "deterministic_label",
    "erasure",
    "gaussian_active_dimensions",
    "gaussian_critical_betas",
    "gaussian_information_bottleneck",
    "information_at",
    "information_bottleneck",
    "reciprocal_beta",
    "symmetric_source",
    "symmetric_source_information",
]
