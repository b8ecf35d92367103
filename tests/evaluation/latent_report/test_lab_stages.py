"""A second stage from its folder: looked at through both stages, and beside another run."""

import numpy as np
import pytest
from looks import EXAMPLES, small_lab  # noqa: F401
from quick import quickly_compiled  # noqa: F401
from staged import compiled, first_stage, second_stage  # noqa: F401

from experiments import latent_figures, latent_page, latent_run
from vib import load
from vib.evaluation import latent_report
from vib.evaluation.latent_report.scores import terms_of
from vib.training.sweep import stream


def test_numbers_figures_and_page_are_of_the_images(first, second, monkeypatch):
    run, made = load(second), latent_report.prepare
    monkeypatch.setattr(latent_report, "prepare", lambda config, train: made(config, **EXAMPLES))
    for name in ("tsne", "umap"):
        monkeypatch.setattr(latent_figures.maps, name, lambda z: z[:, :2])
    alive = np.arange(run.results.finite.size).reshape(run.results.finite.shape) == 0  # one member is enough
    room, result = latent_run.measured(
        run._replace(results=run.results.assign(finite=run.results.finite.copy(data=alive.astype(np.int8)))), 200
    )
    beta, seed = float(result.beta[0]), int(result.seed[0])
    at = result.isel(seed=0, beta=0)
    x = load(first).data().x_test
    np.testing.assert_array_equal(room.test.x, x[np.linspace(0, len(x) - 1, EXAMPLES["test"]).astype(int)])
    alone = terms_of(run.whole(beta, seed), room.test.x, room.test.target, stream(9, "lab"))
    assert float(at.image_distortion) == pytest.approx(alone.distortion.mean(), rel=0.01)
    assert float(at.image_rate) == pytest.approx(alone.rate.mean(), rel=1e-4)
    # not those of features, which the run itself measured
    assert abs(float(at.distortion.sel(split="test")[-1]) / float(at.image_distortion) - 1) > 0.05
    overview, _ = latent_page.overview(result)
    row = dict(zip(overview.columns, overview.rows[0], strict=True))
    assert row["distortion (bits)"].value == pytest.approx(float(at.image_distortion) / np.log(2))
    figures = latent_figures.figures(run._replace(results=result), room, beta, {"another": result})
    titles = [text.get_text() for text in figures["trade"].legends[0].get_texts()]
    assert titles == [second.resolve().name, "another"] and "traversals" in figures
    page = latent_page.page(run._replace(results=result), beta, figures)
    assert "Against another run" in page and "of the features of autoencoder, mlp, 4 dimensions" in page
