"""What the latent-space lab found, as sections of one page and as a table on the terminal; from results alone."""

import json

from rich import box
from rich.table import Table as TerminalTable

from experiments import saving, webpage
from experiments.cells import Cell, shown
from experiments.latent_figures import most_labels
from experiments.latent_words import ERRORS, SECTIONS
from experiments.webpage import Picture, Section, Table
from vib import results
from vib.run import first_config

KEPT = {  # title: (variable, where along its axis); all of the same test examples
    "rate (bits)": ("image_rate", {}),
    "distortion (bits)": ("image_distortion", {}),
    "log p(x) (bits)": ("log_likelihood", {}),
}
CODES_OF = (
    "Codes by beta: dimensions, KL(q(z) || r(z)), holes and MIG of training examples, swaps and neighbours of test ones"
)
CODES = {
    "active units": ("active_units", {}),
    "intrinsic dimension": ("intrinsic_dimension", {}),
    "KL(q(z) || r(z)) (bits)": ("marginal_kl", {}),
    "holes (share)": ("hole_share", {}),
    "swaps right (share)": ("swap_accuracy", {}),
    "neighbours alike (share)": ("neighbour_agreement", {"space": "euclidean"}),
    "MIG": ("disentanglement", {"metric": "MIG"}),
}
TERMINAL = {  # columns of it, and their titles on the terminal
    "beta": "beta",
    "rate (bits)": "rate\n(bits)",
    "distortion (bits)": "distortion\n(bits)",
    "log p(x) (bits)": "log p(x)\n(bits)",
    "active units": "active\nunits",
    "holes (share)": "holes\n(share)",
    "neighbours alike (share)": "neighbours\nalike",
    "MIG": "\nMIG",
}
OF_TRAINING = ("active units", "holes (share)", "MIG")  # among those of the terminal
NO_MARGINAL = ("classifier", "autoencoder")


def page(run, beta, figures):
    """The whole page of a run: str."""
    result, sections = run.results, []
    for title, (text, wanted) in SECTIONS.items():
        parts = [Picture(*wanted[name], saving.png(figures[name], dpi=150)) for name in wanted if name in figures]
        parts = tables(title, result) + parts
        if parts:
            sections.append(Section(title, text, parts))
    return webpage.page(f"The latent space of {run.workdir.resolve().name}", summary(run, beta), sections)


def summary(run, beta):
    """What the page is about."""
    attrs, first = run.results.attrs, first_config(run.config)
    stages = [run.config] if first is run.config else [first, run.config]
    kind, model = run.config.model.kind, ", of the features of ".join(map(described, stages[::-1]))
    return {
        "data": attrs["data"],
        "model": model if kind in NO_MARGINAL else f"{model}, r(z) {run.config.model.marginal}",
        "seeds": run.config.sweep.seeds,
        "betas": run.config.sweep.betas,
        "images": f"first finite seed, beta {beta:g}",
        "numbers": "mean ± 95 % Student-t interval over seeds",
        "left out": attrs.get("lab_left_out") or None,
        "examples": f"{attrs['lab_examples']} of training and {attrs['lab_test_examples']} of test, evenly spaced",
        "commit": {"trained": attrs.get("commit"), "looked at": attrs.get("lab_commit")},
        "versions": json.loads(attrs["versions"]),
    }


def described(config):
    """A model in a few words."""
    model = config.model
    width = "its last hidden layer" if model.latent is None else f"{model.latent} dimensions"
    return f"{model.kind}, {model.architecture}, {width}"


def tables(title, result):
    """The tables of a section."""
    if title == "The codes":
        return overview(result)
    if title in ERRORS:
        found = columns(*ERRORS[title], result)
        return [found] if len(found.columns) > 1 else []
    if title == "Anomalies" and "auroc" in result:
        names = (("auroc", "AUROC"), ("aupr", "average precision"))
        return [
            by_beta(result[name].sel(outlier=outlier), "score", f"{title}, {outlier}")
            for outlier in result.outlier.values
            for name, title in names
        ]
    if title == "Factors" and "disentanglement" in result:
        r2 = result.factor_r2.sel(most_labels(result))
        return [by_beta(result.disentanglement, "metric", "Disentanglement"), by_beta(r2, "factor", "R²")]
    return []


def overview(result):
    """Tables of a row a beta: rate, distortion and log p(x), each of all the test examples looked at; the codes."""
    if "image_rate" not in result:  # of a model without a decoder to x; of two stages the second's are of features
        last = results.of_weights(result)[["rate", "distortion"]].sel(split="test").isel(step=-1)
        result = result.assign(image_rate=last.rate, image_distortion=last.distortion)
    kept = "Members by beta, test examples" + (
        ": log p(x) is at least the negative of rate + distortion" if "log_likelihood" in result else ""
    )
    return [columns(kept, KEPT, result), columns(CODES_OF, CODES, result)]


def columns(caption, wanted, result):
    """A row a beta, a column for every (variable, where along its axis) of `wanted` that there is."""
    found = {title: cells(result[name].sel(at)) for title, (name, at) in wanted.items() if name in result}
    return Table(caption, ("beta", *found), list(zip(result.beta.values.tolist(), *found.values(), strict=True)))


def by_beta(values, axis, caption):
    """A row a beta, a column for every label of an axis."""
    labels = [label for label in values[axis].values if bool(values.sel({axis: label}).notnull().any())]
    columns = [cells(values.sel({axis: label})) for label in labels]
    return Table(caption, ("beta", *labels), list(zip(values.beta.values.tolist(), *columns, strict=True)))


def cells(values):
    """Mean and half-width over seeds, a Cell a beta; nats in bits."""
    mean, half = (part.values for part in results.interval(results.in_bits(values).astype(float)))
    return [Cell(*pair) for pair in zip(mean.tolist(), half.tolist(), strict=True)]


def terminal_table(result):
    """Means over seeds of the columns of the overview that fit a terminal."""
    kept, codes = overview(result)
    names, rows = (
        (*kept.columns, *codes.columns[1:]),
        [(*a, *b[1:]) for a, b in zip(kept.rows, codes.rows, strict=True)],
    )
    title = "Members by beta, means over seeds"
    of_training = [name.split(" (")[0] for name in names if name in OF_TRAINING]
    caption = f"{', '.join(of_training)}: training examples; the others: test examples" if of_training else None
    made = TerminalTable(title=title, caption=caption, box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    texts = []
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        if name in TERMINAL:
            made.add_column(TERMINAL[name], justify="right", no_wrap=True)
            texts.append([cell.text for cell in shown([getattr(each, "value", each) for each in column])])
    for row in zip(*texts, strict=True):
        made.add_row(*row)
    return made
