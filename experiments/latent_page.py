"""What the latent-space lab found, as sections of one page and as a table on the terminal; from results alone."""

import io
import json

import numpy as np
from rich import box
from rich.table import Table as TerminalTable

from experiments import webpage
from experiments.cells import Cell, shown
from experiments.webpage import Picture, Section, Table
from vib import results

COLUMNS = {  # of the first table: title, variable, where along its axis
    "log p(x) (bits)": ("log_likelihood", {}),
    "active units": ("active_units", {}),
    "intrinsic dimension": ("intrinsic_dimension", {}),
    "KL(q(z) || r(z)) (bits)": ("aggregate_gap", {}),
    "holes (share)": ("hole_share", {}),
    "swaps right (share)": ("swap_accuracy", {}),
    "neighbours alike (share)": ("neighbour_agreement", {"space": "euclidean"}),
    "MIG": ("disentanglement", {"metric": "MIG"}),
}
TERMINAL = {  # columns of it, and their titles on the terminal
    "beta": "beta",
    "rate (bits)": "rate\n(bits)",
    "log p(x) (bits)": "log p(x)\n(bits)",
    "active units": "active\nunits",
    "holes (share)": "holes\n(share)",
    "neighbours alike (share)": "neighbours\nalike",
    "MIG": "\nMIG",
}
SECTIONS = {  # title: (what to know, {figure: (title, caption)})
    "The codes": (
        "A dimension is active where the mean of its posterior moves with the input (variance above 0.01), and has "
        "collapsed where its rate stays below 0.01 nats for 99 % of the inputs. The intrinsic dimension is read from "
        "the distances to two nearest neighbours; that of a collapsed code is the shape of its noise.",
        {
            "dimensions": ("Dimensions in use", "Active units, dimensions that the codes fill, and collapsed ones."),
            "rates": ("Rate of each dimension", "Sorted within each member, then averaged over seeds."),
            "rate_parts": (
                "What the rate is made of",
                "Index-code information, total correlation and dimension-wise KL of the training codes, which sum to "
                "the rate. At its ceiling, the logarithm of the number of codes, the first is cut and the second "
                "takes the rest.",
            ),
            "maps": ("Maps", "Codes in the plane; distances between groups in t-SNE and UMAP mean little."),
            "posteriors": ("Posteriors", "One standard deviation of q(z|x) for each example."),
            "manifold": ("The plane", "Decoded quantiles of the prior."),
        },
    ),
    "Samples and holes": (
        "A hole is where the prior draws and the aggregate posterior is less dense than at 99 % of held-out codes; a "
        "prior without holes falls there 1 % of the time. Where codes are so sharp that the index-code information is "
        "at its ceiling, the gap is that of single training codes rather than of the population, and holes only "
        "compare draws of the prior with held-out codes. Quality is measured on principal components of pixels: "
        "Fréchet distances compare within this page only.",
        {
            "samples": ("Samples", "From the prior, the aggregate posterior, and a mixture fitted to it."),
            "sample_quality": ("Quality of samples", "Distance to test images, precision and recall."),
            "gap_and_holes": ("Gap and holes", "How far the aggregate posterior is from the prior."),
            "holes": ("Draws of the prior", "Those of the highest density ratio, and the deepest in holes."),
        },
    ),
    "Likelihood": (
        "Importance weighting with 5000 draws bounds log p(x) from below, more tightly than distortion + rate does.",
        {"likelihood": ("log p(x)", "Of test examples, and how far above the negative of distortion + rate.")},
    ),
    "Against another run": (
        "Both through all their stages: rate and distortion are of test images, pixels to pixels.",
        {"trade": ("At equal rates", "Distortion and quality of samples of the prior.")},
    ),
    "Moving about": (
        "Paths are measured in pixel space: 1 is a cross-fade.",
        {
            "traversals": ("Traversals", "Dimensions by falling share of the rate."),
            "paths": ("Paths", "Cross-fade of pixels, straight line and arc between codes."),
            "grid": ("A grid", "Between four test examples at the corners."),
            "swaps": ("Arithmetic", "The example, then its code moved to every class, or along a factor."),
            "smoothness": ("Smoothness and arithmetic", "Over beta."),
        },
    ),
    "Neighbours": (
        "Each test example among the training ones; by its code, and by its pixels.",
        {
            "neighbours": ("Nearest neighbours", "The example first."),
            "agreement": ("Agreement", "Share of the ten nearest that have the label."),
        },
    ),
    "Anomalies": (
        "Outliers against test examples. The intervals in the table are those over seeds; results.nc has those over "
        "examples.",
        {
            "anomaly": ("Telling outliers", "Area under the ROC curve by score."),
            "anomalies": ("Usual and odd", "By each score."),
        },
    ),
    "Factors": (
        "Scores of disentanglement with the discretiser and classifiers pinned in vib.latent.disentanglement. "
        "Modularity of pure noise is 0.4 to 0.75, and of constant codes it is none: read it beside MIG.",
        {
            "disentanglement": ("Disentanglement", "Scores, and what a ridge regression reads of each factor."),
            "factors": ("Dimension and factor", "Mutual information, first finite seed."),
        },
    ),
    "Probes": (
        "Frozen codes against the inputs themselves and as many of their principal components.",
        {"probes": ("Accuracy by number of labels", "Mean over two draws of the labels.")},
    ),
}


def page(run, beta, figures):
    """The whole page of a run: str."""
    result, sections = run.results, []
    for title, (text, wanted) in SECTIONS.items():
        parts = [Picture(*wanted[name], png(figures[name])) for name in wanted if name in figures]
        parts = tables(title, result) + parts
        if parts:
            sections.append(Section(title, text, parts))
    return webpage.page(f"The latent space of {run.workdir.name}", summary(run, beta), sections)


def summary(run, beta):
    """What the page is about."""
    attrs, model = run.results.attrs, run.config["model"]
    width = model["latent"] or run.results.sizes.get("dimension", "all hidden")
    return {
        "data": attrs["data"],
        "model": f"{model['kind']}, {model['architecture']}, {width} dimensions, r(z) {model['marginal']}",
        "seeds": run.config["sweep"]["seeds"],
        "betas": run.config["sweep"]["betas"],
        "images": f"first finite seed, beta {beta:g}",
        "numbers": "mean ± 95 % Student-t interval over seeds",
        "commit": attrs.get("commit"),
        "versions": json.loads(attrs["versions"]),
    }


def tables(title, result):
    """The tables of a section."""
    if title == "The codes":
        return [overview(result)]
    if title == "Anomalies" and "auroc" in result:
        names = (("auroc", "AUROC"), ("aupr", "average precision"))
        return [
            by_beta(result[name].sel(outlier=outlier), "score", f"{title}, {outlier}")
            for outlier in result.outlier.values
            for name, title in names
        ]
    if title == "Factors" and "disentanglement" in result:
        return [by_beta(result.disentanglement, "metric", "Disentanglement"), by_beta(result.factor_r2, "factor", "R²")]
    return []


def overview(result):
    """A row a beta: rate and distortion of the test split, and what the lab measured."""
    ema = "_ema" if "rate_ema" in result else ""  # the weights that the lab looked at
    last = result[[f"rate{ema}", f"distortion{ema}"]].sel(split="test").isel(step=-1)
    columns = {f"{name} (bits)": cells(last[f"{name}{ema}"]) for name in ("rate", "distortion")}
    found = {title: (name, at) for title, (name, at) in COLUMNS.items() if name in result}
    columns |= {title: cells(result[name].sel(at)) for title, (name, at) in found.items()}
    rows = zip(result.beta.values.tolist(), *columns.values(), strict=True)
    return Table("Members by beta, test split", ("beta", *columns), list(rows))


def by_beta(values, axis, caption):
    """A row a beta, a column for every label of an axis."""
    labels = [label for label in values[axis].values if bool(values.sel({axis: label}).notnull().any())]
    columns = [cells(values.sel({axis: label})) for label in labels]
    return Table(caption, ("beta", *labels), list(zip(values.beta.values.tolist(), *columns, strict=True)))


def cells(values):
    """Mean and half-width over seeds, a Cell a beta; nats in bits."""
    scale = np.log(2) if values.attrs.get("units") == "nats" else 1.0
    mean, half = (part.values / scale for part in results.interval(values.astype(float)))
    return [Cell(*pair) for pair in zip(mean.tolist(), half.tolist(), strict=True)]


def terminal_table(result):
    """The columns of the overview that fit a terminal."""
    table = overview(result)
    made = TerminalTable(title=table.caption, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    columns = dict(zip(table.columns, zip(*table.rows, strict=True), strict=True))
    for title in [title for title in TERMINAL if title in columns]:
        made.add_column(TERMINAL[title], justify="right", no_wrap=True)
    texts = [[cell.text for cell in shown(columns[title])] for title in TERMINAL if title in columns]
    for row in zip(*texts, strict=True):
        made.add_row(*row)
    return made


def png(figure):
    """The figure as the bytes of a PNG."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=150)
    return buffer.getvalue()
