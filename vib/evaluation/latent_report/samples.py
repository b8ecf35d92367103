"""How good images are that are decoded from draws of z."""

import jax
import numpy as np

from vib.evaluation.latent_report.evaluator import MEMBER, MemberEvaluator, Variable
from vib.evaluation.latent_report.rate_parts import DRAWS
from vib.latent import quality, sampling

MIXTURE = 20  # Gaussians fitted to the aggregate posterior
ABOUT = {
    "frechet": "Frechet distance of samples to test images, principal components of pixels",
    "precision": "share of samples that lie among test images",
    "recall": "share of test images that lie among samples",
}


class Samples(MemberEvaluator):
    """How good images are that are decoded from draws of z.

    From the prior, from the aggregate posterior and from a mixture of Gaussians fitted to it: means of p(x|z), but
    draws of a Bernoulli one. Quality is measured on principal components of pixels: Frechet distances compare within
    one report only.
    """

    name = "samples"
    needs = ("decoder", "prior")
    variables = {f"sample_{name}": Variable((*MEMBER, "source"), "1", about) for name, about in ABOUT.items()}
    coordinates = {"source": ("prior", "aggregate posterior", "fitted mixture")}

    def __init__(self, draws=DRAWS, components=MIXTURE):
        """draws: of z from each source; components: Gaussians of the mixture."""
        self.draws, self.components = draws, components

    def measure(self, member, key):
        """Of as many draws from each source."""
        draw_key, noise_key = jax.random.split(key)
        drawn = sources(member, draw_key, self.draws, self.components)
        made = {name: member.decode(z) for name, z in drawn.items()}
        if member.model.decoder.likelihood == "bernoulli":  # real ones are draws too, and a mean lies in their middle
            noise = jax.random.uniform(noise_key, made["prior"].shape)
            made = {name: np.asarray(noise < x, np.float32) for name, x in made.items()}
        project, real = member.examples.project, member.examples.project(member.examples.pixels[1])
        found = {name: quality.quality(real, project(x.reshape(len(x), -1))) for name, x in made.items()}
        each = [found[name] for name in self.coordinates["source"]]
        return {f"sample_{name}": np.array([getattr(one, name) for one in each]) for name in ABOUT}


def sources(member, key, count, components=MIXTURE):
    """Codes from each source: {source: z [count, latent]}."""
    prior_key, aggregate_key, mixture_key = jax.random.split(key, 3)
    return {
        "prior": sampling.prior(member.model, prior_key, count),
        "aggregate posterior": sampling.aggregate(member.train, aggregate_key, count)[0],
        "fitted mixture": sampling.fitted_mixture(member.train, mixture_key, count, components),
    }
