"""The latent report as one HTML file that fetches nothing, and as a table on the terminal; from results alone."""

import base64
import inspect
import itertools
import json
import math
from pathlib import Path

import jinja2
import pandas as pd
from rich import box
from rich.table import Table

from experiments import saving
from experiments.latent_figures import first_finite
from experiments.output import number
from vib import results
from vib.evaluation.latent_report import standard
from vib.run import first_config

OVERVIEW = {  # {variable: where along its axes}
    "image_rate": {}, "image_distortion": {}, "log_likelihood": {}, "rate": {}, "distortion": {}, "active_units": {},
    "intrinsic_dimension": {}, "marginal_kl": {}, "hole_share": {}, "swap_accuracy": {},
    "neighbour_agreement": {"space": "euclidean"}, "disentanglement": {"metric": "MIG"},
}  # fmt: skip
OF_TARGETS = ("rate", "distortion")  # of a second stage these are of features
NO_MARGINAL = ("classifier", "autoencoder")


def page(run, beta, figures):
    """The whole page of a run, from {name: Drawn}: str."""
    result, sections = run.results, []
    for each in standard():
        names = [name for name in each.variables if name in result and result[name].notnull().any()]
        shown = [drawn for drawn in figures.values() if drawn.names and drawn.names[0] in names]
        if names:
            sections.append(section(each.name, inspect.getdoc(each), result, names, shown))
    rest = [drawn for drawn in figures.values() if not drawn.names]
    sections.append(section(f"Pictures of seed {first_finite(result, beta)}, beta {beta:g}", "", result, [], rest))
    rooms = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=True, trim_blocks=True)
    top = {"overview": table(overview(result)), "summary": summary(run), "sections": sections}
    return rooms.get_template("latent_page.html").render(title=run.workdir.resolve().name, **top)


def section(title, text, result, names, drawn):
    """What the template shows of one topic: a table of its numbers, what each of them is, and figures."""
    shown = [name for name in names if "dimension" not in result[name].dims and not name.endswith(("_low", "_high"))]
    rows = {title: values for name in shown for title, values in of_rows(result, name).items()}
    figures = [
        {
            "png": base64.b64encode(saving.png(each.figure, dpi=150)).decode(),
            "width": round(96 * each.figure.get_figwidth()),  # CSS pixels of an inch
            "caption": "; ".join(filter(None, [*(f"{n}: {result[n].long_name}" for n in each.names), each.caption])),
        }
        for each in drawn
    ]
    told = {titled(result[name]): result[name].long_name for name in shown}
    return {"title": title, "text": text, "table": rows and table(rows), "told": told, "figures": figures}


def overview(result):
    """{row title: values [seed, beta]} of what there is to know first."""
    last = results.of_weights(result).sel(split="test").isel(step=-1)
    left_out = OF_TARGETS if "image_rate" in result else ()
    rows = [of_rows(last, name, at) for name, at in OVERVIEW.items() if name in last and name not in left_out]
    return {title: values for each in rows for title, values in each.items()}


def of_rows(result, name, at=None):
    """{row title: values [seed, beta]} of a variable: a row for each place on its other axes."""
    values = results.in_bits(result[name]).broadcast_like(result.finite)  # of the inputs: the same for all
    places = {axis: values[axis].values.tolist() for axis in values.dims if axis not in ("seed", "beta")}
    places |= {axis: [label] for axis, label in (at or {}).items()}
    rows = {}
    for labels in itertools.product(*places.values()):
        row = values.sel(dict(zip(places, labels, strict=True)))
        if row.notnull().any():
            rows[", ".join([titled(result[name]), *map(str, labels)])] = row.transpose("seed", "beta")
    return rows


def titled(values):
    """A variable's name, with bits where it is in nats."""
    return f"{values.name} (bits)" if values.attrs["units"] == "nats" else values.name


def table(rows):
    """HTML of {row title: values [seed, beta]}: a column a beta, mean ± interval over seeds."""
    frame = pd.DataFrame([cells(values) for values in rows.values()], list(rows), betas(rows))
    styled = frame.rename_axis(columns="beta").style.format(escape="html").format_index(escape="html")
    return styled.to_html(exclude_styles=True)


def betas(rows):
    """The titles of the columns."""
    return [f"{beta:g}" for beta in next(iter(rows.values())).beta.values]


def cells(values):
    """Texts: the mean of each beta and the half-width of its interval."""
    mean, half = (part.values.tolist() for part in results.interval(values.astype(float)))
    return [cell(*pair) for pair in zip(mean, half, strict=True)]


def cell(mean, half):
    """'mean ± half-width', by two digits of the half-width; four digits of the mean where there is none."""
    if half and math.isfinite(half):
        return number(mean, half, max(0, 1 - math.floor(math.log10(half))))
    return number(mean) if math.isnan(mean) else f"{mean:.4g}"


def terminal_table(result):
    """A rich Table of the overview, means over seeds."""
    rows = overview(result)
    made = Table(title="Members by beta, means over seeds", box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
    made.add_column("beta")
    for beta in betas(rows):
        made.add_column(beta, justify="right", no_wrap=True)
    for title, values in rows.items():
        made.add_row(title, *(cell(mean, 0) for mean in values.mean("seed").values.tolist()))
    return made


def summary(run):
    """{what: words} about a run."""
    attrs, first = run.results.attrs, first_config(run.config)
    configs = [run.config] if first is run.config else [run.config, first]
    kind, model = run.config.model.kind, ", of the features of ".join(map(described, configs))
    found = {
        "data": attrs["data"],
        "model": model if kind in NO_MARGINAL else f"{model}, r(z) {run.config.model.marginal}",
        "numbers": f"mean ± 95 % Student-t interval over {run.results.sizes['seed']} seeds; information in bits",
        "examples": f"{attrs['report_examples']} of training and {attrs['report_test_examples']} of test",
        "diverged": attrs.get("diverged"),
        "left out": attrs["report_left_out"],
        "commit": f"trained {attrs.get('commit')}, looked at {attrs['report_commit']}",
        "versions": ", ".join(f"{name} {version}" for name, version in json.loads(attrs["versions"]).items()),
    }
    return {name: words for name, words in found.items() if words}


def described(config):
    """A model in a few words."""
    model = config.model
    width = "its last hidden layer" if model.latent is None else f"{model.latent} dimensions"
    return f"{model.kind}, {model.architecture}, {width}"
