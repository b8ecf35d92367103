"""Which figures a latent space calls for: curves over beta from the results, and pictures of one member."""

import warnings
from typing import NamedTuple

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from vib import plots
from vib.errors import LeftOut
from vib.evaluation.latent_report import member_of, pictures
from vib.evaluation.latent_report.examples import spaced
from vib.latent import maps
from vib.plots import Panel
from vib.plots.style import beta_text
from vib.plots.trade import PANELS as TRADED
from vib.results import in_bits
from vib.training.sweep import stream

MAPPED, ELLIPSES = 2000, 300  # codes
REGRESSED = 8  # factors or targets
OF_FACTORS = {
    "factors": ("factor_information", "I(z; factor) (bits)"),
    "importance": ("factor_importance", "importance in DCI (share)"),
}


class Drawn(NamedTuple):
    """A figure, and what it shows."""

    figure: Figure
    names: tuple  # of the variables, none of pictures of one member
    caption: str = ""


def figures(run, examples, beta, other=None):
    """{name: Drawn} of results that hold the numbers of a latent report; pictures of the first finite seed at `beta`.

    other: {name: results} of another run to compare with, or None.
    """
    result, drawn = run.results, {}
    for name, panels in curves(result, examples).items():
        if panels:
            names = [variable for panel in panels for variable, _ in panel.lines.values()]
            drawn[name] = Drawn(plots.against_beta(result, panels), tuple(dict.fromkeys(names)))
    drawn |= tables(result, beta)
    for name, panels in probed(result).items():
        if panels:
            names = tuple(dict.fromkeys(variable for _, variable, _ in panels))
            drawn[name] = Drawn(plots.probes(result, panels), names, "R² below -0.3 is off the scale")
    if other:
        found = {run.workdir.resolve().name: result} | other
        names = tuple(name for name, _ in TRADED.values())
        drawn["trade"] = Drawn(plots.trade(found), names, "beside another run at equal rates, a point a member")
    seed = first_finite(result, beta)
    member = member_of(run.whole(beta, seed), examples)
    return drawn | sheets(member, stream(seed, "report")) | maps_of(member)


def curves(result, examples):
    """{figure: panels of plots.against_beta}, those whose numbers there are."""

    def panel(label, *names, levels=None, share=False, **at):
        lines = {}
        for name in names:
            if name in result:
                lines |= along(result, name, at)
        return [Panel(label, lines, levels, share)] if lines else []

    chance = {"chance": 1 / len(np.unique(examples.train.y))} if examples.labelled else {}
    ceiling = {"its ceiling": float(in_bits(result.index_code_ceiling).mean())} if "marginal_kl" in result else {}
    pixels = "neighbour_agreement_pixels"
    by_pixels = {"by pixels": float(result[pixels])} if pixels in result else {}
    outliers = [
        panel(f"AUROC, {name}", "auroc", levels={"chance": 0.5}, share=True, outlier=name)
        for name in (result.outlier.values if "auroc" in result else ())
    ]
    parts = ("index_code_information", "code_correlation", "dimension_wise_kl")
    alike = "neighbours of the same class (share)"
    r2 = panel("R² of a ridge regression", "factor_r2", **most_labels(result)) if "factor_r2" in result else []
    return {
        "dimensions": panel("dimensions", "active_units", "intrinsic_dimension")
        + panel("collapsed dimensions (share)", "collapsed_share", share=True),
        "rate_parts": panel("part of the rate (bits)", *parts, levels=ceiling),
        "marginal_kl_and_holes": panel("KL(q(z) || r(z)) (bits)", "marginal_kl")
        + panel("draws of the prior in holes (share)", "hole_share", levels={"no holes": 0.01}),
        "likelihood": panel("log p(x) of test examples (bits)", "log_likelihood")
        + panel("log p(x) + distortion + rate (bits)", "likelihood_gap"),
        "smoothness": panel("length of a path / of a cross-fade", "path_ratio", levels={"cross-fade": 1.0})
        + panel("swaps that land in the class (share)", "swap_accuracy", levels=chance, share=True),
        "sample_quality": panel("Fréchet distance to test images", "sample_frechet")
        + panel("precision (share)", "sample_precision", share=True)
        + panel("recall (share)", "sample_recall", share=True),
        "anomaly": [each for panels in outliers for each in panels],
        "agreement": panel(alike, "neighbour_agreement", levels=by_pixels, share=True),
        "disentanglement": panel("score", "disentanglement", share=True) + r2,
    }


def along(result, name, at):
    """{line: (variable, {axis: label})}: one for each label of an axis besides seed, beta and those of `at`."""
    at = {axis: label for axis, label in at.items() if axis in result[name].dims}
    axes = [axis for axis in result[name].sel(at).dims if axis not in ("seed", "beta")]
    if not axes:
        return {name.replace("_", " "): (name, at)}
    there = result[name].sel(at).dropna(axes[0], how="all")
    return {str(label): (name, at | {axes[0]: label}) for label in there[axes[0]].values.tolist()}


def probed(result):
    """{figure: panels of plots.probes}: (title, variable, {axis: label})."""
    accuracy = {"linear probe": "probe_accuracy", "5 nearest neighbours": "probe_neighbour_accuracy"}
    regressed = [
        (f"{'target ' if axis == 'target' else ''}{label}", name, {axis: label})
        for name, axis in (("factor_r2", "factor"), ("probe_regression", "target"))
        if name in result
        for label in result[axis].values.tolist()
    ]
    there = [(title, name, {}) for title, name in accuracy.items() if name in result]
    return {"probes": there, "regressions": regressed[:REGRESSED]}


def most_labels(result):
    """The largest number of labels that a probe of factors saw."""
    return {"labels": result.factor_r2.dropna("labels", how="all").labels.values[-1]}


def first_finite(result, beta):
    """The seed whose member at beta is shown."""
    return int(result.seed[result.finite.sel(beta=beta).values.argmax()])


def tables(result, beta):
    """What each dimension knows of each factor, of the first finite seed, and its share of the rate."""
    drawn = {}
    for figure, (name, label) in OF_FACTORS.items():
        if name in result:
            betas = sorted({float(result.beta.min()), beta, float(result.beta.max())})
            shades = [in_bits(result[name]).sel(beta=b, seed=first_finite(result, b)).values for b in betas]
            rows, factors = [f"z{d}" for d in result.dimension.values], list(result.factor.values)
            made = plots.heat(shades, rows, factors, label, [beta_text(b) for b in betas])
            drawn[figure] = Drawn(made, (name,), "first finite seed")
    if "dimension_rate" in result:
        bits = in_bits(result.dimension_rate.sortby("beta"))
        rates = xr.DataArray(np.sort(bits.values)[..., ::-1], dims=bits.dims).mean("seed")  # sorted in each member
        ranks = [f"rank {i + 1}" for i in range(rates.sizes["dimension"])]
        label, betas = "KL of a dimension to N(0, 1) (bits)", [f"{b:g}" for b in bits.beta.values]
        made = plots.heat([rates.values.T], ranks, betas, label, ["mean over seeds"], "β")
        drawn["rates"] = Drawn(made, ("dimension_rate",), "sorted within each member, then averaged over seeds")
    return drawn


def sheets(member, key):
    """Rows of images, where the data are images."""
    x, dataset = member.examples.test.x, member.examples.dataset
    if dataset.low is None or x.ndim != 4 or x.shape[-1] not in (1, 3):
        return {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", LeftOut)  # the numbers have told
        found = pictures(member, key)
    return {name: Drawn(plots.image_rows(each.rows, each.caption), (), each.caption) for name, each in found.items()}


def maps_of(member):
    """Codes of training examples in the plane."""
    rows, drawn = spaced(len(member.train.mean), MAPPED), {}
    z, colours = member.train.mean[rows], colourings(member.examples, rows)
    if z.shape[1] > 1 and np.ptp(z, axis=0).any():
        factors = member.examples.factors
        ordered = [name for name in colours if name not in (("class",) if factors is None else factors.unordered)]
        made = plots.maps({"PCA": maps.pca(z), "t-SNE": maps.tsne(z), "UMAP": maps.umap(z)}, colours, ordered)
        far = "training codes in the plane; distances between groups in t-SNE and UMAP mean little"
        drawn["maps"] = Drawn(made, (), far)
    if member.allows(("density", "plane")):
        name, values = next(iter(colours.items()))
        few = spaced(len(rows), ELLIPSES)
        made = plots.posteriors(z[few], member.train.std[rows][few], values[few], name)
        drawn["posteriors"] = Drawn(made, (), "one standard deviation of q(z|x) of training examples")
    return drawn


def colourings(examples, rows):
    """What the points of a map are coloured by: the factors, or the label."""
    if examples.factors is not None:
        return {name: examples.factors.train[rows, i] for i, name in enumerate(examples.factors.names)}
    y, dataset = examples.train.y[rows], examples.dataset
    if dataset.classes is not None:
        names = range(dataset.classes) if dataset.class_names is None else dataset.class_names
        return {"class": np.array(names)[y]}
    return {"fifth of target 0": np.digitize(y[:, 0], np.quantile(y[:, 0], (0.2, 0.4, 0.6, 0.8)))}
