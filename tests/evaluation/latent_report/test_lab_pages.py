"""Figures and pages of every kind of run, from untrained members: none is missing, none is in the way."""

import re

import numpy as np
import pytest
import small
from looks import EXAMPLES, SPRITES, a_result, array_files, member, of_arrays, small_lab  # noqa: F401
from quick import quickly_compiled  # noqa: F401

from experiments import latent_figures, latent_page, latent_run, terminal
from vib.evaluation import latent_report
from vib.run import Run
from vib.training.sweep import stream


def drawn(monkeypatch, tmp_path, room, rows, model, config):
    """({figure: Figure}, page) of a run whose every member is the same untrained one."""
    betas, seeds = config["sweep"]["betas"], config["sweep"]["seeds"]
    finite = np.array([[row is not None for row in line] for line in rows])
    result = a_result(list(betas), list(seeds)).assign(finite=(("seed", "beta"), finite.astype(np.int8)))
    result = result.assign_attrs(data="made up", versions="{}", kind=config["model"]["kind"])
    result = latent_report.join(result, rows, latent_report.baselines(room, model.head.outputs), room)
    monkeypatch.setattr(Run, "whole", lambda *_: model)
    for name in ("tsne", "umap"):
        monkeypatch.setattr(latent_figures.maps, name, lambda z: z[:, :2])
    made, beta = Run(result, config, tmp_path), latent_run.best(result)
    figures = latent_figures.figures(made, room, beta)
    terminal.console.print(latent_page.terminal_table(result))
    return figures, latent_page.page(made, beta, figures)


EVERY = {"agreement", "dimensions", "maps", "probes"}
SHEETS = {"paths", "grid", "swaps", "neighbours"}
OF_FACTORS = {"disentanglement", "edits", "factors", "importance", "regressions"}
PAGES = {
    "vib": ("digits_vib", {}, EVERY | {"anomaly", "rate_parts", "gap_and_holes", "rates", "posteriors", "neighbours"}),
    "classifier": ("digits_vib", {"model.kind": "classifier", "model.latent": None}, EVERY | {"neighbours"}),
    "autoencoder": (
        "sprites_vae", SPRITES | {"model.kind": "autoencoder"},
        EVERY | SHEETS | OF_FACTORS | {"anomaly", "anomalies", "smoothness"},
    ),
    "arrays": (
        "digits_vae", {"model.decoder_widths": ()},
        EVERY | {"gap_and_holes", "likelihood", "posteriors", "rate_parts", "rates", "sample_quality", "smoothness"},
    ),
    "regression": (
        "digits_vib", {}, {"dimensions", "gap_and_holes", "maps", "posteriors", "rate_parts", "rates", "regressions"},
    ),
}  # fmt: skip


@pytest.mark.filterwarnings("error", "ignore::vib.errors.LeftOut")
@pytest.mark.parametrize("case", PAGES)
def test_figures_and_page_of_every_kind(case, monkeypatch, tmp_path, arrays):
    name, fields, names = PAGES[case]
    if case in ("arrays", "regression"):
        fields = fields | of_arrays(arrays / f"{'labels' if case == 'arrays' else 'real'}.npz")
    config = small.config(name, **{"sweep.betas": (1.0, 0.3), "sweep.seeds": (0, 1)} | fields)
    model, room = member(config), latent_report.prepare(config, **EXAMPLES)
    found = latent_report.measure(model, room, stream(0, "lab"))
    # the first seed of one beta diverged
    figures, page = drawn(monkeypatch, tmp_path, room, [[None, found], [found, found]], model, config)
    assert figures.keys() == names
    if case == "arrays":
        for name in ("maps", "posteriors"):
            told = [text.get_text().replace(r"\$", "$") for text in figures[name].axes[-1].get_legend().get_texts()]
            assert told == ["ash", "beech", "oak $"]
    assert page.count("data:image/png;base64,") == len(names) and "Members by beta" in page
    assert not re.search(r">\s*nan\s*<", page)
