"""`python -m experiments.latent` as a user starts it: numbers, figures and the page of one small run."""

import base64
import os
import re
import shutil

import numpy as np
import pytest
import small
import xarray as xr
from absl.testing import flagsaver
from conftest import assert_one_line
from small import assert_same_bits, compiled, files, finish, start  # noqa: F401

import vib
from experiments import latent, latent_run, output
from vib import load, results
from vib.errors import InvalidInput
from vib.evaluation.latent_report import standard

FIELDS = {
    "sweep.betas": (1.0, 0.3), "sweep.seeds": (0,), "train.steps": 40, "model.decoder_widths": (8,),
    "data.held_out": 3, "evaluate.measurements": 2,
}  # fmt: skip
# numba compiles the true one for half a minute; tests/latent/test_maps.py draws with it
UMAP = """
class UMAP:
    def __init__(self, **options): pass
    def fit_transform(self, z): return z[:, :2]
"""
FIGURES = {
    "agreement", "anomalies", "anomaly", "dimensions", "grid", "holes", "likelihood", "manifold", "maps",
    "marginal_kl_and_holes", "neighbours", "paths", "posteriors", "probes", "rate_parts", "rates", "sample_quality",
    "samples", "smoothness", "swaps", "traversals",
}  # fmt: skip

pytestmark = pytest.mark.usefixtures("compiled")


def look(workdir, **given):
    """The main in this process, with flags other than their defaults."""
    with flagsaver.as_parsed(workdir=str(workdir), examples="500", **given):
        latent.main(None)


@pytest.fixture(scope="module")
def before(compiled, tmp_path_factory):  # noqa: F811
    """The folder of a run without a report."""
    workdir = tmp_path_factory.mktemp("run")
    small.run(workdir, "digits_vae", **FIELDS)
    return workdir


@pytest.fixture(scope="module")
def done(before, tmp_path_factory):
    """(folder, terminal) of a copy of it with one, made as a user does."""
    stub = tmp_path_factory.mktemp("stub")
    (stub / "umap.py").write_text(UMAP)
    workdir = tmp_path_factory.mktemp("seen") / "<b>run"  # a name that the page must escape
    shutil.copytree(before, workdir)
    (workdir / "figures").mkdir()
    (workdir / "figures/latent_superfluous.png").touch()  # of an earlier version, or of more data
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(stub), prepend=os.pathsep)
        code, out, err = finish(
            start("-m", "experiments.latent", f"--workdir={workdir}", "--examples=500", "--beta=0.3")
        )
    assert (code, err) == (0, "") and "pictures of beta 0.3" in out
    return workdir, out


def test_files_and_terminal(before, done):
    workdir, out = done
    assert {path.stem for path in (workdir / "figures").glob("*.png")} == {f"latent_{name}" for name in FIGURES}
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in (workdir / "figures").iterdir())
    words = ("beta", "image_rate (bits)", "active_units", "hole_share", "report.html", "results.nc", "seed 0, beta 0.3")
    assert all(word in out for word in words), out
    rows = {line.split("  ")[0].strip(): line.split()[-2:] for line in out.splitlines()}
    shown = xr.load_dataset(workdir / "results.nc").log_likelihood.sel(seed=0) / np.log(2)
    assert rows["beta"] == ["1", "0.3"]
    assert [float(value) for value in rows["log_likelihood (bits)"]] == pytest.approx(shown.values.tolist(), rel=1e-3)
    # the checkpoints and the config are not touched
    one, other = ({p.relative_to(d): b for p, b in files(d).items()} for d in (before, workdir))
    assert all(other[path] == content for path, content in one.items() if path.name != "results.nc")


def test_results_hold_the_numbers_and_all_that_was_there(before, done):
    given, result = load(before).results, load(done[0]).results
    assert result.identical(xr.load_dataset(done[0] / "results.nc"))
    for name, values in given.variables.items():
        assert values.dtype == result[name].dtype and values.values.tobytes() == result[name].values.tobytes(), name
    assert {name: result.attrs[name] for name in given.attrs} == given.attrs and "report_commit" in result.attrs
    variables = {name: about for each in standard() for name, about in each.variables.items()}
    of_members = {name for name, about in variables.items() if "seed" in about.dims}
    factors = {"disentanglement", "factor_information", "factor_importance", "factor_r2", "probe_regression"}
    measured = of_members & result.data_vars.keys()
    assert measured == of_members - factors
    for name in measured - {"probe_accuracy", "probe_neighbour_accuracy"}:
        assert np.isfinite(result[name]).all(), name
    assert result.auroc.sel(outlier="class 3", score="negative ELBO", seed=0, beta=1.0).dims == ()
    assert float(result.log_likelihood.max()) < 0 and float(result.likelihood_gap.min()) > -1


def test_page_holds_every_figure_and_nothing_from_elsewhere(done):
    page = (done[0] / "report.html").read_text(encoding="utf-8")
    embedded = [base64.b64decode(text) for text in re.findall(r"data:image/png;base64,([^\"]+)", page)]
    assert len(embedded) == len(FIGURES) and all(png.startswith(b"\x89PNG") for png in embedded)
    assert "<b>run" not in page and "&lt;b&gt;run" in page
    assert not re.findall(r"(?:src|href)=[\"']?(?:https?:)?//", page)
    for words in ("auroc, class 3, rate", "auroc, sprites, rate", "log_likelihood (bits)", "beta 0.3", "digits scikit"):
        assert words in page, words


def test_another_process_measures_the_same_numbers(before, done):
    """To rounding: sums over threads may be taken in another order."""
    result = vib.latent_report(load(before), 500, progress=False)
    xr.testing.assert_allclose(result, load(done[0]).results, rtol=1e-5, atol=1e-5)


def test_figures_and_sweep_still_work_on_the_folder(done):
    workdir, _ = done
    before = files(workdir)
    output.write(load(workdir).results, workdir)
    names = {path.name for path in (workdir / "figures").glob("*.png") if not path.name.startswith("latent_")}
    assert names == {
        f"{n}.png" for n in ("rate_distortion", "rate_and_distortion", "learning_curves", "reconstructions")
    }
    assert all(path.read_bytes() == content for path, content in before.items())
    assert_same_bits(small.run(workdir, "digits_vae", **FIELDS), load(workdir).results)


def test_validation(before, tmp_path):
    (tmp_path / "config.json").write_bytes((before / "config.json").read_bytes())
    untouched = files(before)
    with pytest.raises(InvalidInput) as error:
        look(before, beta="0.5")
    assert_one_line(error, "--beta", "0.5", "1, 0.3")
    with pytest.raises(InvalidInput) as error:
        look(tmp_path)  # unfinished
    assert_one_line(error, tmp_path.name, "run the sweep first")
    assert files(before) == untouched and len(files(tmp_path)) == 1
    with pytest.raises(InvalidInput, match="missing"):
        look(tmp_path / "missing")


def test_another_run_to_compare_with_has_the_same_images(before, done, tmp_path):
    run, seen = load(before), done[0]
    assert latent_run.other(None, run, 500) is None
    ((name, result),) = latent_run.other(seen, run, 500).items()
    assert name == "<b>run" and result.identical(load(seen).results)

    def changed(section, **fields):
        return run._replace(config=vib.config.create(run.config, **{f"{section}.{n}": v for n, v in fields.items()}))

    namesake = tmp_path / before.name
    shutil.copytree(seen, namesake)
    assert [*latent_run.other(namesake, run, 500)] == [str(namesake)]
    assert latent_run.settings(changed("data", binarize=False).config) == latent_run.settings(
        changed("data", binarize=None).config
    )
    for mine, workdir, words in (
        (run, before, [str(before), "--workdir", "another"]),
        (run, tmp_path / "missing", ["--against", "missing", "experiments.sweep"]),
        (changed("model", kind="vib"), seen, ["--against", "'vib'", "compare VAEs"]),
        (changed("data", held_out=None, train_size=9), seen, ["--against", "(data.held_out, data.train_size)"]),
        (changed("data", held_out=0), seen, ["--against", "(data.held_out)"]),
        (changed("data", identity="digits 0, crc32 0"), seen, ["--against", "'digits 0, crc32 0'", "digits scikit"]),
        (changed("model", likelihood="logistic"), seen, ["--against", "(model.likelihood)"]),
    ):
        with pytest.raises(InvalidInput) as error:
            latent_run.other(workdir, mine, 500)
        assert_one_line(error, *words)
    # more examples than there are is all of them, of either run
    most = len(run.data().x_train)
    every = tmp_path / "every"
    shutil.copytree(seen, every)
    results.save(load(seen).results.assign_attrs(report_examples=most), every / "results.nc")
    assert latent_run.other(every, run, most + 1)
    for workdir, examples, words in (
        (every, most - 1, [f"{most} examples, not of {most - 1}"]),
        (seen, 600, ["500 examples, not of 600"]),
        (before, 500, ["no numbers"]),
    ):
        with pytest.raises(InvalidInput) as error:
            latent_run.other(workdir, run._replace(workdir=tmp_path), examples)
        assert_one_line(error, str(workdir), "experiments.latent", *words)
