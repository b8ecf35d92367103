"""What beta weighs of a rate: u(R)."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np


def linear(rate):
    """u(R) = R: the information bottleneck Lagrangian."""
    return rate


@dataclass(frozen=True)
class Power:
    """u(R) = R^(1 + a), a > 0; a = 1 is the squared bottleneck (Kolchinsky, Tracey & Van Kuyk 2019, equation 8)."""

    a: float

    def __call__(self, rate):
        return jnp.maximum(rate, 0) ** (1 + self.a)  # a rate by Monte Carlo can fall below 0

    def slope(self, rate):
        """u'(R)."""
        return (1 + self.a) * rate**self.a


@dataclass(frozen=True)
class Exponential:
    """u(R) = exp(a R) / a, a > 0 (Rodriguez-Galvez et al. 2020).

    It overflows at rates of many nats: start from codes that keep little (model.std_shift = 0), not from narrow ones.
    """

    a: float

    def __call__(self, rate):
        return jnp.exp(self.a * rate) / self.a

    def slope(self, rate):
        """u'(R)."""
        return np.exp(self.a * np.asarray(rate))
