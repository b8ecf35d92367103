"""What an objective and an evaluation ask of a model, for one without weights."""

from types import SimpleNamespace

from vib import distributions
from vib.models.layers import PLAIN


class StandIn:
    """A model of one beta that draws what its codes say, and is its own decoder and marginal. The rest is told below.

    To be added: encode, decode, distortion and rate.
    """

    deterministic, encoder = False, SimpleNamespace(style=PLAIN)

    @property
    def decoder(self):
        return self

    marginal = decoder

    def at(self, beta):
        return self

    def draws(self, q, key, samples):
        return distributions.sample(q, key, (samples,)), None
