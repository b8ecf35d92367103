"""The lab's measurements of every member of a run, and the beta to show images of."""

import numpy as np

from experiments.terminal import say
from vib import lab as latent_lab
from vib.errors import require
from vib.sweep import stream


def measured(run, examples):
    """(Lab, the results with the lab's numbers in them) of a finished run."""
    lab = latent_lab.prepare(run.config, train=examples)
    betas, seeds = run.config["sweep"]["betas"], run.config["sweep"]["seeds"]
    finite = run.results.finite.values.astype(bool)
    require(finite.any(), "workdir: every member of the run diverged; there is no latent space to look into")
    rows = [[None] * len(betas) for _ in seeds]
    for i, seed in enumerate(seeds):
        for j, beta in enumerate(betas):
            if finite[i, j]:
                say(f"seed {seed}, beta {beta:g}: member {i * len(betas) + j + 1} of {len(seeds) * len(betas)}")
                rows[i][j] = latent_lab.measure(run.whole(beta, seed), lab, beta, stream(seed, "lab"))
    return lab, latent_lab.join(run.results, rows, latent_lab.baselines(lab, run.config["model"]["latent"]), lab)


def chosen(run, beta):
    """The beta of the grid nearest to the one asked for; None where none was. Raises InvalidInput."""
    if beta is None:
        return None
    betas = np.asarray(run.config["sweep"]["betas"])
    there = np.isclose(betas, beta, rtol=1e-6)
    require(there.any(), f"--beta: {beta:g} is not in the grid; it holds {', '.join(f'{b:g}' for b in betas)}")
    return float(betas[there][0])


def best(result):
    """The beta with the highest MIG; without factors, of the likelihood of a VAE; without both, of the linear probe."""
    if "disentanglement" in result:
        quality = result.disentanglement.sel(metric="MIG")
    elif "log_likelihood" in result:
        quality = result.log_likelihood
    elif "probe_accuracy" in result:
        quality = result.probe_accuracy.max("labels")
    else:
        quality = -result.distortion.sel(split="test").isel(step=-1)
    return float(result.beta[int(quality.mean("seed").argmax("beta"))])
