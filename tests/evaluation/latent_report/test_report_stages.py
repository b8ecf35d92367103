"""A second stage from its folder: looked at through both stages, and beside another run."""

import numpy as np
import pytest
from looks import COUNTS, EVALUATORS, small_numbers  # noqa: F401
from staged import compiled, first_stage, second_stage  # noqa: F401

from experiments import latent_figures, latent_page
from vib import load, report
from vib.evaluation import latent_report
from vib.evaluation.latent_report.likelihood import terms_of
from vib.training.sweep import stream


def test_numbers_figures_and_page_are_of_the_images(first, second, monkeypatch):
    run, made = load(second), latent_report.prepare
    monkeypatch.setattr(latent_report, "prepare", lambda *given, train: made(*given, **COUNTS))
    for name in ("tsne", "umap"):
        monkeypatch.setattr(latent_figures.maps, name, lambda z: z[:, :2])
    finite = run.results.finite
    one = finite.copy(data=(np.arange(finite.size) == 0).reshape(finite.shape).astype(np.int8))  # member is enough
    examples = report.examples_of(run)
    result = report.measured(run._replace(results=run.results.assign(finite=one)), examples, EVALUATORS, progress=False)
    beta, seed = float(result.beta[0]), int(result.seed[0])
    at = result.isel(seed=0, beta=0)
    x = load(first).data().x_test
    np.testing.assert_array_equal(examples.test.x, x[np.linspace(0, len(x) - 1, COUNTS["test"]).astype(int)])
    alone = terms_of(run.whole(beta, seed), examples.test.x, examples.test.target, stream(9, "report"))
    assert float(at.image_distortion) == pytest.approx(alone.distortion.mean(), rel=0.01)
    assert float(at.image_rate) == pytest.approx(alone.rate.mean(), rel=1e-4)
    # not those of features, which the run itself measured
    assert abs(float(at.distortion.sel(split="test")[-1]) / float(at.image_distortion) - 1) > 0.05
    overview = latent_page.overview(result)
    assert "distortion (bits)" not in overview
    row = overview["image_distortion (bits)"].isel(seed=0, beta=0)
    assert float(row) == pytest.approx(float(at.image_distortion) / np.log(2))
    looked_at = run._replace(results=result)
    figures = latent_figures.figures(looked_at, examples, beta, {"another": result})
    titles = [text.get_text() for text in figures["trade"].figure.legends[0].get_texts()]
    assert titles == [second.resolve().name, "another"] and "traversals" in figures
    page = latent_page.page(looked_at, beta, figures)
    assert "beside another run" in page and "of the features of autoencoder, mlp, 4 dimensions" in page
