"""The lab's measurements of every member of a run, and the beta to show images of."""

from pathlib import Path

import numpy as np

from experiments.terminal import say
from vib import lab as latent_lab
from vib import results
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
                model = run.whole(beta, seed)
                rows[i][j] = latent_lab.measure(model, lab, beta, stream(seed, "lab"))
    return lab, latent_lab.join(run.results, rows, latent_lab.baselines(lab, model.head.outputs), lab)


def chosen(run, beta):
    """The beta of the grid nearest to the one asked for; None where none was. Raises InvalidInput."""
    if beta is None:
        return None
    betas = np.asarray(run.config["sweep"]["betas"])
    there = np.isclose(betas, beta, rtol=1e-6)
    require(there.any(), f"--beta: {beta:g} is not in the grid; it holds {', '.join(f'{b:g}' for b in betas)}")
    alive = run.results.finite.values.any(0)[there][0]
    require(alive, f"--beta: every member of {beta:g} diverged; give another one")
    return float(betas[there][0])


def other(workdir):
    """The results of a run to compare with; None where none was asked for. Raises InvalidInput."""
    if workdir is None:
        return None
    result = results.load(Path(workdir) / "results.nc")
    known = "image_rate" in result
    require(
        known, f"--against: '{workdir}' has no numbers to compare; run experiments.latent --workdir={workdir} first"
    )
    return result


def best(result):
    """The beta with the highest MIG; without factors, of the likelihood of a VAE; without both, of the linear probe."""
    measures = {
        "disentanglement": lambda: result.disentanglement.sel(metric="MIG"),
        "log_likelihood": lambda: result.log_likelihood,
        "probe_accuracy": lambda: result.probe_accuracy.max("labels"),
        "distortion": lambda: -result.distortion.sel(split="test").isel(step=-1),
    }
    found = (measure().mean("seed") for name, measure in measures.items() if name in result)
    quality = next(each for each in found if each.notnull().any())
    return float(result.beta[int(quality.argmax("beta"))])
