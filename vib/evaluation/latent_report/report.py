"""The numbers of every member, joined with the result of the run."""

import warnings

import numpy as np

from vib import results
from vib.errors import LeftOut, require
from vib.evaluation.latent_report.evaluator import member_of
from vib.evaluation.latent_report.standard import key_of
from vib.results.dataset import AXES, labelled
from vib.training.sweep import stream


def numbers(member, evaluators, key):
    """What the evaluators find of a Member that has what they need: {name: array}, nats. Raises InvalidInput."""
    found = {}
    for each in evaluators:
        if member.allows(each.needs):
            row = each.measure(member, key_of(each.name, key))
            unknown = ", ".join(row.keys() - each.variables.keys())
            told = f"{each.name}: '{unknown}' is measured, but is none of its variables; add it to them"
            require(not unknown, told)
            found |= row
    return found


def of_members(result, model_of, examples, evaluators, say):
    """The result with the numbers of its finite members, in place of those of an earlier report.

    model_of: a function of beta and seed that gives a trained Bottleneck. What these examples do not allow is told to
    `say`, each reason once, and named in attrs['report_left_out'].
    """
    pairs = [(seed, beta) for seed in result.seed.values.tolist() for beta in result.beta.values.tolist()]
    finite = [(seed, beta) for seed, beta in pairs if result.finite.sel(seed=seed, beta=beta)]
    found, reasons = {}, {}
    for seed, beta in finite:
        say(f"seed {seed}, beta {beta:g}: member {pairs.index((seed, beta)) + 1} of {len(pairs)}")
        member = member_of(model_of(beta, seed), examples)
        with warnings.catch_warnings(record=True, action="always") as caught:
            found[seed, beta] = numbers(member, evaluators, stream(seed, "report"))
        told = [str(each.message) for each in caught if issubclass(each.category, LeftOut)]
        for reason in dict.fromkeys(told):
            if reason not in reasons:
                say(f"left out: {reason}")
            reasons[reason] = True
    joined = join(result, evaluators, found, member)
    return joined.assign_attrs(report_left_out="; ".join(sorted(reasons)))


def join(result, evaluators, found, member):
    """The result with what evaluators found, {(seed, beta): {name: array}}; NaN for the members that it leaves out.

    member: any of them, which tells the labels of the axes and what the inputs themselves give.
    """
    examples, width = member.examples, member.train.mean.shape[1]
    known = {"seed": result.seed.values, "dimension": range(width)} | examples.axes
    joined = without(result, evaluators, known)
    for each in evaluators:
        if member.allows(each.needs):
            names = [name for name in each.variables if any(name in row for row in found.values())]
            arrays = {name: grid(result, name, found) for name in names} | each.of_inputs(examples, width)
            arrays = {name: np.asarray(values, float) for name, values in arrays.items()}
            joined = joined.merge(labelled(each, arrays, known, result.beta.values))
    about = {"commit": results.commit() or "", "examples": len(examples.train.x), "test_examples": len(examples.test.x)}
    return joined.assign_attrs(result.attrs | {f"report_{name}": value for name, value in about.items()})


def grid(result, name, found):
    """[seed, beta, ...] of one number of all members; NaN for those without it."""
    shape = np.shape(next(row[name] for row in found.values() if name in row))
    values = np.full((result.sizes["seed"], result.sizes["beta"], *shape), np.nan)
    for i, seed in enumerate(result.seed.values.tolist()):
        for j, beta in enumerate(result.beta.values.tolist()):
            if name in found.get((seed, beta), {}):
                values[i, j] = found[seed, beta][name]
    return values


def without(result, evaluators, known):
    """The result without what an earlier report put there, old axes and all."""
    names = [name for each in evaluators for name in each.variables]
    axes = {axis for each in evaluators for about in each.variables.values() for axis in about.dims} | known.keys()
    left = result.drop_vars(names, errors="ignore")
    return left.drop_dims([axis for axis in axes if axis not in AXES], errors="ignore")
