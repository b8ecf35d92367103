"""The lab's measurements of every member of a run, and the beta to show images of."""

import warnings
from pathlib import Path

import numpy as np

from vib import data, load, models, results
from vib.errors import LeftOut, require
from vib.evaluation import latent_report as latent_lab
from vib.run import dataset_of, first_config
from vib.training.progress import say
from vib.training.sweep import stream


def measured(run, examples):
    """(Lab, the results with the lab's numbers in them) of a finished run. Raises InvalidInput."""
    awaits = run.results.attrs.get("awaits")
    told = f"workdir: the run was stopped before {awaits}; run experiments.sweep into it again first"
    require(awaits is None, told)
    lab = examples_of(run, examples)
    betas, seeds = run.config.sweep.betas, run.config.sweep.seeds
    finite = run.results.finite.values.astype(bool)
    require(finite.any(), "workdir: every member of the run diverged; there is no latent space to look into")
    rows, missing = [[None] * len(betas) for _ in seeds], set()
    for i, seed in enumerate(seeds):
        for j, beta in enumerate(betas):
            if finite[i, j]:
                say(f"seed {seed}, beta {beta:g}: member {i * len(betas) + j + 1} of {len(seeds) * len(betas)}")
                model = run.whole(beta, seed)
                with warnings.catch_warnings(record=True, action="always") as caught:
                    rows[i][j] = latent_lab.measure(model, lab, stream(seed, "lab"))
                reasons = {str(each.message) for each in caught if each.category is LeftOut} - missing
                missing |= reasons
                for reason in sorted(reasons):
                    say(f"left out: {reason}")
    result = latent_lab.join(run.results, rows, latent_lab.baselines(lab, model.head.outputs), lab)
    return lab, result.assign_attrs(lab_left_out="; ".join(sorted(missing)))


def examples_of(run, count):
    """The Lab of a run: of a second stage with the images of its first."""
    first = first_config(run.config).data
    features = run.config.data.name == "features"
    dataset = dataset_of(first_config(run.config)) if features else run.data()
    whole = None
    if first.held_out is not None:
        common = first.model_dump(exclude={"name", "options", "held_out", "identity"})
        whole = data.load(first.name, **common, **first.options)
    target = models.KINDS[run.config.model.kind].target
    return latent_lab.prepare(dataset, target, whole, first.held_out, bool(first.binarize), train=count)


def chosen(run, beta):
    """The beta of the grid nearest to the one asked for; None where none was. Raises InvalidInput."""
    if beta is None:
        return None
    betas = np.asarray(run.config.sweep.betas)
    there = np.isclose(betas, beta, rtol=1e-6, atol=0)
    require(there.any(), f"--beta: {beta:g} is not in the grid; it holds {', '.join(f'{b:g}' for b in betas)}")
    alive = run.results.finite.values.any(0)[there][0]
    require(alive, f"--beta: every member of {beta:g} diverged; give another one")
    return float(betas[there][0])


def other(workdir, run, examples):
    """{name: results} of another run to compare a run with; None where none was asked for. Raises InvalidInput."""
    if workdir is None:
        return None
    there = (Path(workdir) / "results.nc").is_file()
    require(there, f"--against: '{workdir}' holds no finished run; run experiments.sweep into it first")
    require(Path(workdir).resolve() != run.workdir.resolve(), f"--against: '{workdir}' is --workdir; give another run")
    found = load(workdir)
    for path, each in ((run.workdir, run), (workdir, found)):
        kind = each.config.model.kind
        require(kind == "vae", f"--against: '{path}' is of kind '{kind}' and has no rate of images; compare VAEs")
    seen = found.results.attrs.get("lab_examples")
    again = f"run experiments.latent --workdir={workdir} --examples={examples} first"
    require(seen is not None, f"--against: '{workdir}' has no numbers to compare; {again}")
    one, another = (settings(each.config) for each in (run, found))
    fields = [name for name in sorted(one.keys() | another.keys()) if one.get(name) != another.get(name)]
    require(not fields, f"--against: '{workdir}' is of other images ({', '.join(fields)}); give a run of the same ones")
    ours, theirs = (first_config(each.config).data.identity for each in (run, found))
    known = None not in (ours, theirs)
    require(
        not known or data.same(ours, theirs),
        f"--against: '{workdir}' is of '{theirs}', --workdir of '{ours}'; give a run of the same images",
    )
    wanted = min(examples, len(run.data().x_train))  # there may be fewer; both are of the same images
    require(seen == wanted, f"--against: '{workdir}' was looked at with --examples={seen}, not {wanted}; {again}")
    alike = run.workdir.resolve().name == Path(workdir).resolve().name
    return {str(workdir) if alike else Path(workdir).resolve().name: found.results}


def settings(config):
    """What distortions of images depend on besides the model: {field: value}, those that are set."""
    first = first_config(config)
    section = first.data.model_dump(exclude={"identity", "options"}, exclude_none=True)
    given = {f"data.{name}": value for name, value in section.items() if value is not False}
    options = {f"data.options.{name}": value for name, value in first.data.options.items() if name != "dir"}
    return given | options | {"model.likelihood": first.model.likelihood}


def best(result):
    """The beta with the highest MIG; without factors, of the likelihood of a VAE; without both, of the linear probe."""
    shown = results.of_weights(result)
    measures = {
        "disentanglement": lambda: result.disentanglement.sel(metric="MIG"),
        "log_likelihood": lambda: result.log_likelihood,
        "probe_accuracy": lambda: result.probe_accuracy.max("labels"),
        "distortion": lambda: -shown.distortion.sel(split="test").isel(step=-1),
    }
    found = (measure().mean("seed") for name, measure in measures.items() if name in result)
    quality = next(each for each in found if each.notnull().any())
    return float(result.beta[int(quality.argmax("beta"))])
