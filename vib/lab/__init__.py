"""The latent-space lab: every member of a run looked at with the tools of vib.latent, on the same examples."""

from vib.lab.examples import Lab, prepare
from vib.lab.numbers import baselines, measure
from vib.lab.pictures import pictures
from vib.lab.variables import NUMBERS, join

__all__ = ["NUMBERS", "Lab", "baselines", "join", "measure", "pictures", "prepare"]
