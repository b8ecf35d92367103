"""The lab's measurements of every member of a run, and the beta to show images of."""

import numpy as np

from experiments.terminal import say
from vib import lab as latent_lab
from vib import load
from vib.errors import require
from vib.run import images_config
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


def other(workdir, run):
    """The results of another run to compare a run with; None where none was asked for. Raises InvalidInput."""
    if workdir is None:
        return None
    found, kind = load(workdir), run.config["model"]["kind"]
    require(kind == "vae", f"--against: a run of kind '{kind}' has no rate of images to compare; leave it out")
    measured = f"--against: '{workdir}' has no numbers to compare; run experiments.latent --workdir={workdir} first"
    require("image_rate" in found.results, measured)
    one, another = (
        {name: value for name, value in images_config(each.config).items() if value is not None and name != "dir"}
        for each in (run, found)
    )
    fields = [name for name in sorted(one.keys() | another.keys()) if one.get(name) != another.get(name)]
    require(
        not fields, f"--against: '{workdir}' is of other images (data.{', data.'.join(fields)}); give a run of the same"
    )
    return found.results


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
