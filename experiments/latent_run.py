"""The beta to show pictures of, and another run to compare with."""

from pathlib import Path

from vib import data, load, results
from vib.errors import require
from vib.run import first_config
from vib.training.members import one_of


def chosen(run, beta):
    """The beta of the grid that is meant by the one asked for; None where none was. Raises InvalidInput."""
    if beta is None:
        return None
    beta = one_of("--beta", beta, run.config.sweep.betas, rtol=1e-6)
    alive = run.results.finite.sel(beta=beta).any()
    require(alive, f"--beta: every member of {beta:g} diverged; give another one")
    return beta


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
    seen = found.results.attrs.get("report_examples")
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
    require(seen == wanted, f"--against: '{workdir}' has a report of {seen} examples, not of {wanted}; {again}")
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
