"""The latent-space lab: every member of a run looked at with the tools of vib.latent, on the same examples."""

from vib.evaluation.latent_report.examples import Lab, prepare
from vib.evaluation.latent_report.numbers import baselines, measure
from vib.evaluation.latent_report.pictures import pictures
from vib.evaluation.latent_report.variables import NUMBERS, join

__all__ = ["NUMBERS", "Lab", "baselines", "join", "measure", "pictures", "prepare"]
