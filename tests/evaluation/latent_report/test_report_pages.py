"""Figures and pages of every kind of run, from untrained members: none is missing, none is in the way."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest
import small
from looks import (  # noqa: F401
    COUNTS,
    EVALUATORS,
    SPRITES,
    a_result,
    array_files,
    looked_at,
    numbers,
    of_arrays,
    small_numbers,
    untrained,
)

from experiments import latent_figures, latent_page, latent_run
from vib.evaluation import latent_report
from vib.run import Run
from vib.training.progress import console

VOID = {"meta", "img"}


class Reader(HTMLParser):
    """Elements as (tag, attributes, text), in order of their start; raises where tags do not balance."""

    def __init__(self, html):
        super().__init__()
        self.open, self.found = [], []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])
        if tag not in VOID:
            self.open.append(len(self.found) - 1)

    def handle_endtag(self, tag):
        assert self.found[self.open.pop()][0] == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        for i in self.open:
            self.found[i][2] += data

    def texts(self, tag):
        return [text for each, _, text in self.found if each == tag]


def drawn(monkeypatch, workdir, setup, diverged):
    """(results, {figure: Drawn}, page) of a run whose every member is the same untrained one."""
    model, (betas, seeds) = untrained(setup), (setup.config.sweep.betas, setup.config.sweep.seeds)
    member = latent_report.member_of(model, looked_at(setup, **COUNTS))
    alone = numbers(member)
    found = {(seed, beta): alone for seed in seeds for beta in betas if (seed, beta) not in diverged}
    finite = np.array([[(seed, beta) in found for beta in betas] for seed in seeds], np.int8)
    result = a_result(list(betas), list(seeds)).assign(finite=(("seed", "beta"), finite))
    about = {"data": "made up", "versions": "{}", "kind": setup.config.model.kind, "report_left_out": ""}
    result = latent_report.join(result, EVALUATORS, found, member)
    result = result.assign_attrs(about)
    monkeypatch.setattr(Run, "whole", lambda *_: model)
    for name in ("tsne", "umap"):
        monkeypatch.setattr(latent_figures.maps, name, lambda z: z[:, :2])
    monkeypatch.setattr(latent_page, "standard", lambda: EVALUATORS)
    made, beta = Run(result, setup.config, workdir, setup.dataset, None), latent_run.best(result)
    figures = latent_figures.figures(made, member.examples, beta)
    console.print(latent_page.terminal_table(result))
    return result, figures, latent_page.page(made, beta, figures)


EVERY = {"agreement", "dimensions", "maps", "probes"}
SHEETS = {"paths", "grid", "swaps", "neighbours"}
OF_FACTORS = {"disentanglement", "edits", "factors", "importance", "regressions"}
PAGES = {
    "vib": (
        "digits_vib", {},
        EVERY | {"anomaly", "rate_parts", "marginal_kl_and_holes", "rates", "posteriors", "neighbours"},
    ),
    "classifier": ("digits_vib", {"model.kind": "classifier", "model.latent": None}, EVERY | {"neighbours"}),
    "autoencoder": (
        "sprites_vae", SPRITES | {"model.kind": "autoencoder"},
        EVERY | SHEETS | OF_FACTORS | {"anomaly", "anomalies", "smoothness"},
    ),
    "arrays": (
        "digits_vae", {"model.decoder_widths": ()},
        EVERY | {"marginal_kl_and_holes", "likelihood", "posteriors", "rate_parts", "rates", "sample_quality",
                 "smoothness"},
    ),
    "regression": (
        "digits_vib", {},
        {"dimensions", "marginal_kl_and_holes", "maps", "posteriors", "rate_parts", "rates", "regressions"},
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("error", "ignore::vib.errors.LeftOut")
@pytest.mark.parametrize("case", PAGES)
def test_figures_and_page_of_every_kind(case, monkeypatch, tmp_path, arrays):
    name, fields, names = PAGES[case]
    if case in ("arrays", "regression"):
        fields = fields | of_arrays(arrays / f"{'labels' if case == 'arrays' else 'real'}.npz")
    setup = small.prepare(name, **{"sweep.betas": (1.0, 0.3), "sweep.seeds": (0, 1)} | fields)
    result, figures, page = drawn(monkeypatch, tmp_path / "<b>run", setup, diverged={(0, 1.0)})
    assert figures.keys() == names
    if case == "arrays":
        for name in ("maps", "posteriors"):
            legend = figures[name].figure.axes[-1].get_legend().get_texts()
            assert [text.get_text().replace(r"\$", "$") for text in legend] == ["ash", "beech", "oak $ <b>"]
    read = Reader(page)
    assert len(read.texts("figcaption")) == page.count("data:image/png;base64,") == len(names)
    assert not re.search(r">\s*nan\b", page) and "b" not in {tag for tag, *_ in read.found}
    # whatever was measured is on the page, and what it is
    shown, titles = dict(zip(read.texts("dt"), read.texts("dd"), strict=True)), read.texts("h2")
    for each in EVALUATORS:
        there = [name for name in each.variables if name in result and result[name].notnull().any()]
        tables = [n for n in there if "dimension" not in result[n].dims and not n.endswith(("_low", "_high"))]
        told = {latent_page.titled(result[name]): each.variables[name].long_name for name in tables}
        assert told.items() <= shown.items() and (each.name in titles) == bool(there)


def test_a_cell_is_a_mean_with_its_interval():
    for pair, text in {
        (0.91234, 0.0131): "0.912 ± 0.013", (97.81, 1.84): "97.8 ± 1.8", (12345.6, 123.4): "12346 ± 123",
        (-0.5, 3e-4): "-0.50000 ± 0.00030", (16.0, 0.0): "16", (0.123456, np.nan): "0.1235", (np.nan, np.nan): "-",
    }.items():  # fmt: skip
        assert latent_page.cell(*pair) == text


def test_a_row_of_the_page_is_the_mean_over_seeds_in_bits():
    values = np.array([[1.0, 3.0], [2.0, 5.0]])
    result = a_result([0.1, 1.0], [0, 1])
    result["marginal_kl"] = (("seed", "beta"), values * np.log(2), {"units": "nats", "long_name": "KL"})
    result["by_place"] = (("seed", "beta", "place"), values[..., None] * [1, np.nan], {"units": "1", "long_name": "x"})
    result = result.assign_coords(place=["<here>", "nowhere"])
    half = 12.706205 * np.std([1, 2], ddof=1) / np.sqrt(2)  # Student's t with one degree of freedom
    rows = latent_page.of_rows(result, "marginal_kl") | latent_page.of_rows(result, "by_place")
    assert list(rows) == ["marginal_kl (bits)", "by_place, <here>"]
    read = Reader(latent_page.table(rows))
    assert [text.strip() for text in read.texts("th")] == ["beta", "0.1", "1", *rows]
    assert read.texts("td")[0] == f"1.5 ± {half:.1f}"
    assert read.texts("td")[:2] == read.texts("td")[2:]
