"""The latent report of a run: all its finite members, looked at with the tools of vib.latent."""

import numpy as np

from vib import models
from vib.errors import require
from vib.evaluation import latent_report as report
from vib.run import dataset_of, first_config, loaded
from vib.training.progress import Silent, shown


def latent_report(run, examples=5000, evaluators=None, progress=True):
    """The results of a Run with the numbers of its latent spaces, an xarray.Dataset; the Run stays as it is.

    examples: how many training examples are encoded, at most, evenly spaced. evaluators: MemberEvaluators; None for
    vib.evaluation.latent_report.standard(), a list to add one's own to. progress: False to print nothing. It takes
    seconds a member, and minutes where log p(x) is measured. Raises InvalidInput for a run without a finite member, or
    with a categorical code.
    """
    evaluators = chosen(run, evaluators)
    return measured(run, examples_of(run, examples), evaluators, progress)


def measured(run, examples, evaluators=None, progress=True):
    """The same with Examples that are there already."""
    evaluators, say = chosen(run, evaluators), (shown() if progress else Silent()).say
    return report.of_members(run.results, run.whole, examples, evaluators, say)


def chosen(run, evaluators):
    """The MemberEvaluators of a report, the standard ones for None. Raises InvalidInput, also for a run without any."""
    awaits = run.results.attrs.get("awaits")
    told = f"workdir: the run was stopped before {awaits}; repeat its vib.train, or its experiments.sweep, first"
    require(awaits is None, told)
    told = "workdir: every member of the run diverged; there is no latent space to look into"
    require(run.results.finite.any(), told)
    evaluators = report.standard() if evaluators is None else evaluators
    report.check(evaluators, run.results)
    return evaluators


def examples_of(run, count=5000):
    """The Examples of a Run: of a second stage with the images of its first. Raises InvalidInput."""
    whole = isinstance(count, int | np.integer) and count >= 1
    require(whole, f"examples: {count!r}; give how many training examples are encoded at most, such as 5000")
    first = first_config(run.config).data
    dataset = dataset_of(first_config(run.config)) if run.config.data.name == "features" else run.data()
    whole = None
    if first.held_out is not None:
        whole = loaded(first, held_out=None, identity=None)
    target = models.KINDS[run.config.model.kind].target
    return report.prepare(dataset, target, whole, first.held_out, bool(first.binarize), train=count)
