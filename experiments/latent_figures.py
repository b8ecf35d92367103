"""Which figures a latent space calls for: curves over beta from the results, and images of one member."""

import numpy as np
import xarray as xr

from vib import plots
from vib.evaluation import latent_report as latent_lab
from vib.evaluation.latent_report.examples import spaced
from vib.latent import maps
from vib.latent.views import codes
from vib.plots import Panel
from vib.plots.style import beta_text
from vib.results import in_bits
from vib.training.progress import say
from vib.training.sweep import stream

MAPPED, ELLIPSES = 2000, 300  # codes
REGRESSED = 8  # factors or targets
PARTS = {
    "index-code information": "index_code_information",
    "total correlation": "code_correlation",
    "dimension-wise KL": "dimension_wise_kl",
}
OF_FACTORS = {
    "factors": ("factor_information", "I(z; factor) (bits)"),
    "importance": ("factor_importance", "importance in DCI (share)"),
}
TITLES = {
    "traversals": "one dimension at a time, from -2 to 2", "samples": "samples", "paths": "between two test examples",
    "grid": "between four test examples", "swaps": "example, then moved to each class",
    "edits": "example, then moved along each factor",
    "neighbours": "nearest training examples", "holes": "draws of the prior, outside and in holes",
    "anomalies": "what each score takes for usual and for odd", "manifold": "the plane of a two-dimensional code",
}  # fmt: skip


def figures(run, lab, beta, other=None):
    """{name: Figure} of results that hold the lab's numbers; images of the first finite seed at `beta`.

    other: {name: results} of another run to compare with, or None.
    """
    drawn = {
        name: plots.against_beta(run.results, panels) for name, panels in curves(run.results, lab).items() if panels
    }
    drawn |= tables(run.results, beta)
    drawn |= {name: plots.probes(run.results, there) for name, there in probed(run.results).items() if there}
    if other:
        drawn["trade"] = plots.trade({run.workdir.resolve().name: run.results} | other)
    return drawn | pictures(run, lab, beta)


def curves(result, lab):
    """{figure: panels of plots.against_beta}, those whose numbers there are."""

    def each(name, axis):
        return {str(label): (name, {axis: label}) for label in result[axis].values} if name in result else {}

    def alone(**named):
        return {words.replace("_", " "): (name, {}) for words, name in named.items() if name in result}

    outliers = result.outlier.values if "outlier" in result.dims else ()
    scores = [s for s in result.score.values if result.auroc.sel(score=s).notnull().any()] if len(outliers) else ()
    factors = result.factor.values.tolist() if "factor_r2" in result else ()
    panels = {
        "dimensions": [
            Panel("dimensions", alone(active_units="active_units", intrinsic_dimension="intrinsic_dimension")),
            Panel("collapsed dimensions (share)", alone(collapsed="collapsed_share"), share=True),
        ],
        "rate_parts": [
            Panel(
                "part of the rate (bits)",
                {name: (name_of, {}) for name, name_of in PARTS.items() if name_of in result},
                ceiling(result),
            )
        ],
        "gap_and_holes": [
            Panel("KL(q(z) || r(z)) (bits)", alone(gap="marginal_kl")),
            Panel("draws of the prior in holes (share)", alone(holes="hole_share"), {"no holes": 0.01}),
        ],
        "likelihood": [
            Panel("log p(x) of test examples (bits)", alone(likelihood="log_likelihood")),
            Panel("log p(x) + distortion + rate (bits)", alone(gap="likelihood_gap")),
        ],
        "smoothness": [
            Panel("length of a path / of a cross-fade", each("path_ratio", "path"), {"cross-fade": 1.0}),
            Panel("swaps that land in the class (share)", alone(swaps="swap_accuracy"), chance(lab), share=True),
        ],
        "sample_quality": [
            Panel("Fréchet distance to test images", each("sample_frechet", "source")),
            Panel("precision (share)", each("sample_precision", "source"), share=True),
            Panel("recall (share)", each("sample_recall", "source"), share=True),
        ],
        "anomaly": [
            Panel(
                f"AUROC, {name}",
                {str(s): ("auroc", {"outlier": name, "score": s}) for s in scores},
                {"chance": 0.5},
                share=True,
            )
            for name in outliers
        ],
        "agreement": [
            Panel(
                "neighbours of the same class (share)", each("neighbour_agreement", "space"), pixels(result), share=True
            )
        ],
        "disentanglement": [
            Panel("score", each("disentanglement", "metric"), share=True),
            Panel(
                "R² of a ridge regression", {f: ("factor_r2", {"factor": f, **most_labels(result)}) for f in factors}
            ),
        ],
    }
    return {name: [panel for panel in found if panel.lines] for name, found in panels.items()}


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


def pixels(result):
    """The agreement of neighbours by pixels, for comparison."""
    name = "neighbour_agreement_pixels"
    return {"by pixels": float(result[name])} if name in result else {}


def ceiling(result):
    """The most that the index-code information can read, bits."""
    if "index_code_ceiling" not in result:
        return {}
    return {"its ceiling": float(result.index_code_ceiling.mean()) / np.log(2)}


def chance(lab):
    """The share that a swap lands right by chance."""
    return {"chance": 1 / len(np.unique(lab.train.y))} if lab.labelled else {}


def tables(result, beta):
    """What each dimension knows of each factor, of the first finite seed, and its share of the rate."""
    drawn = {}
    for figure, (name, label) in OF_FACTORS.items():
        if name in result:
            betas = sorted({float(result.beta.min()), beta, float(result.beta.max())})
            shown = in_bits(result[name]).assign_coords(finite=result.finite).sel(beta=betas)
            seeds = shown.finite.values.argmax(0)
            tables = [shown.values[seed, j] for j, seed in enumerate(seeds)]
            names, factors = [f"z{d}" for d in result.dimension.values], list(result.factor.values)
            drawn[figure] = plots.heat(tables, names, factors, label, [beta_text(b) for b in shown.beta.values])
    if "dimension_rate" in result:
        rates = np.sort(result.dimension_rate.sortby("beta").values)[..., ::-1] / np.log(2)  # within each member
        rates = xr.DataArray(rates, dims=("seed", "beta", "dimension")).mean("seed").values
        betas = [f"{b:g}" for b in np.sort(result.beta.values)]
        ranks = [f"rank {i + 1}" for i in range(rates.shape[1])]
        title, label = ["mean over seeds"], "KL of a dimension to N(0, 1) (bits)"
        drawn["rates"] = plots.heat([rates.T], ranks, betas, label, title, "β")
    return drawn


def pictures(run, lab, beta):
    """Sheets of images, where the data are images, and maps of the codes, at one beta."""
    seed = int(run.results.seed[run.results.finite.sel(beta=beta).values.argmax()])
    model = run.whole(beta, seed)
    say(f"images of seed {seed}, beta {beta:g}")
    drawn = {}
    if lab.dataset.low is not None and lab.test.x.ndim == 4 and lab.test.x.shape[-1] in (1, 3):
        for name, rows in latent_lab.pictures(model, lab, stream(seed, "lab")).items():
            drawn[name] = plots.image_rows(rows, TITLES[name])
    rows = spaced(len(lab.train.x), MAPPED)
    train, colours = codes(model, lab.train.x[rows]), colourings(lab, rows)
    unordered = ("class",) if lab.factors is None else lab.factors.unordered
    ordered = [name for name in colours if name not in unordered]
    if train.mean.shape[1] > 1 and np.ptp(train.mean, axis=0).any():
        z = train.mean
        drawn["maps"] = plots.maps({"PCA": maps.pca(z), "t-SNE": maps.tsne(z), "UMAP": maps.umap(z)}, colours, ordered)
    if train.mean.shape[1] == 2 and not model.deterministic:
        name, values = next(iter(colours.items()))
        few = spaced(len(rows), ELLIPSES)
        drawn["posteriors"] = plots.posteriors(*(leaf[few] for leaf in (*train, values)), name)
    return drawn


def colourings(lab, rows):
    """What the points of a map are coloured by: the factors, or the label."""
    if lab.factors is not None:
        return {name: lab.factors.train[rows, i] for i, name in enumerate(lab.factors.names)}
    y = lab.train.y[rows]
    if lab.dataset.classes is not None:
        names = range(lab.dataset.classes) if lab.dataset.class_names is None else lab.dataset.class_names
        return {"class": np.array(names)[y]}
    return {"fifth of target 0": np.digitize(y[:, 0], np.quantile(y[:, 0], (0.2, 0.4, 0.6, 0.8)))}
