"""Whole runs, from a config to what they leave."""

import json
import shutil
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import small
import xarray as xr
from small import assert_same_bits, compiled, files, finish, flags, start  # noqa: F401

import vib
from vib import api, data, load
from vib.errors import InvalidInput
from vib.objectives import Batch, terms
from vib.training.sweep import stream, train_until
from vib.training.trainer import measurement_steps

BETAS = (0.0, 1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.2, 0.5, 1.0, 2.0, 4.0, 8.0)
FIELDS = {"sweep.betas": BETAS, "train.steps": 40}
MEASURED = ("rate", "distortion", "loss", "accuracy", "accuracy_averaged", "information_y_bound")
FIGURES = {"information_curve", "rate_and_distortion", "learning_curves", "accuracy"}

pytestmark = pytest.mark.usefixtures("compiled")


@pytest.fixture(scope="module")
def done(compiled, tmp_path_factory):  # noqa: F811
    """(folder, terminal) of a VIB run as a user starts it."""
    workdir = tmp_path_factory.mktemp("vib")
    code, out, err = finish(start("-m", "experiments.sweep", *flags(workdir, **FIELDS)))
    assert (code, err) == (0, "")
    return workdir, out


@pytest.fixture(scope="module")
def result(done):
    return xr.load_dataset(done[0] / "results.nc")


def test_files_and_terminal(done):
    workdir, out = done
    assert {p.name for p in workdir.iterdir()} - {".lock"} == {"config.json", "results.nc", "checkpoints", "figures"}
    assert {p.stem for p in (workdir / "figures").glob("*.png")} == FIGURES
    assert all(p.read_bytes().startswith(b"\x89PNG") for p in (workdir / "figures").iterdir())
    for words in ("40/40 steps", "rate", "distortion", "I(Z;Y)", "accuracy", "(bits)", "±", "95 %", str(workdir)):
        assert words in out
    rows = [line.split() for line in out.splitlines() if "±" in line and "mean" not in line]
    assert [float(row[0]) for row in rows] == list(BETAS)
    config = json.loads((workdir / "config.json").read_text())
    assert config["sweep"]["betas"] == list(BETAS) and config["chunk"] == len(BETAS)


def test_results_stand_alone(done, result):
    steps = measurement_steps(40, 4)
    assert {name: result[name].values.tolist() for name in ("split", "seed", "beta", "step")} == {
        "split": ["train", "test"],
        "seed": [0, 1],
        "beta": list(BETAS),
        "step": steps,
    }
    for name in MEASURED:
        assert result[name].dims == ("split", "seed", "beta", "step")
        assert np.isfinite(result[name]).all() and result[name].attrs["units"] in ("nats", "1")
    assert result.finite.dims == result.learning_rate.dims == ("seed", "beta") and result.finite.all()
    np.testing.assert_allclose(result.learning_rate, 0.01)
    assert "weights" not in result.dims
    assert {name for name in result.data_vars if "second" in name} == {"seconds_wall", "seconds_rate_and_distortion"}
    stored = json.loads((done[0] / "config.json").read_text())
    assert json.loads(result.attrs["config"]) == {name: stored[name] for name in vib.config.Config.model_fields}
    assert {"jax", "numpy", "python"} <= json.loads(result.attrs["versions"]).keys()
    assert result.attrs["kind"] == "vib" and result.attrs["data"].startswith("digits ")


def test_identities_between_the_numbers(result):
    beta = result.beta.astype("float32")
    np.testing.assert_allclose(result.loss, result.distortion + beta * result.rate, rtol=1e-5)
    for split in ("train", "test"):
        bound = result.attrs[f"entropy_y_{split}"] - result.distortion.sel(split=split)
        np.testing.assert_allclose(result.information_y_bound.sel(split=split), bound, atol=1e-5)
    assert result.attrs["entropy_y_test"] == pytest.approx(np.log(10), abs=0.01)
    start = result.sel(step=0)
    assert (start.rate == start.rate.isel(beta=0)).all() and (start.distortion == start.distortion.isel(beta=0)).all()
    assert (result.distortion.isel(step=-1, beta=0) < start.distortion.isel(beta=0)).all()
    assert (result.rate.isel(step=-1, beta=-1) < start.rate.isel(beta=-1)).all()


def test_again_it_says_finished(done, result, capsys):
    before = files(done[0])
    assert_same_bits(small.run(done[0], **FIELDS), result)
    assert "finished" in capsys.readouterr().out
    assert files(done[0]) == before


def test_report_needs_the_results_alone(done, tmp_path):
    shutil.copy(done[0] / "results.nc", tmp_path)
    code, out, err = finish(start("-m", "experiments.report", f"--workdir={tmp_path}"))
    assert (code, err) == (0, "")
    for name in FIGURES:
        again, before = (folder / f"figures/{name}.png" for folder in (tmp_path, done[0]))
        assert again.read_bytes() == before.read_bytes()
    assert table(out) == table(done[1])


def table(out):
    return [line for line in out.splitlines() if "±" in line]


@pytest.mark.parametrize(("beta", "seed"), [(0.0, 0), (3e-3, 1), (8.0, 1)])
def test_member_reproduces_its_numbers(done, result, beta, seed):
    run = load(done[0])
    model = run.member(beta=beta, seed=seed)
    batch = api.check(run.config).batches["test"]
    key = jax.random.fold_in(stream(np.uint32(seed), "evaluation"), 0)
    measured, draws = terms(model, batch, key, samples=2)
    stored = run.results.sel(split="test", beta=beta, seed=seed).isel(step=-1)
    assert float(measured.rate.mean()) == pytest.approx(float(stored.rate), rel=1e-4)
    assert float(measured.distortion.mean()) == pytest.approx(float(stored.distortion), rel=1e-4)
    # One example may lie on the border between two classes.
    accuracy = float((draws.parameters[0].argmax(-1) == batch.y).mean())
    assert accuracy == pytest.approx(float(stored.accuracy), abs=1.01 / len(batch.y))
    assert run.results.identical(result)


def test_member_takes_any_number(done):
    run = load(done[0])
    wanted = jax.tree.leaves(run.member(beta=1e-4, seed=1))
    for beta, seed in (
        (run.results.beta[1], run.results.seed[1]),
        (np.float32(1e-4), np.array(1)),
        (jnp.array(1e-4), 1.0),
    ):
        assert all(map(np.array_equal, jax.tree.leaves(run.member(beta, seed)), wanted))
    for beta, seed in (run.results.beta, 1), ("a", 1), (None, 1), (0.7, 1), (np.nan, 1), (1e-4, 0.5), (1e-4, 7):
        with pytest.raises(InvalidInput, match=r"grid.* holds 0"):
            run.member(beta, seed)


def test_chunks_equal_the_whole_grid(result, tmp_path):
    chunked = partial(small.run, tmp_path, **FIELDS, **{"sweep.chunk": 4})
    programs = train_until._cache_size()
    parts = chunked()
    assert train_until._cache_size() == programs + 1
    assert sorted(p.name for p in (tmp_path / "checkpoints").iterdir()) == ["0", "1", "2", "3"]
    assert parts.beta.values.tolist() == list(BETAS)
    assert parts.loss.isel(step=0).values == pytest.approx(result.loss.isel(step=0).values, rel=1e-5)
    for name in ("rate", "distortion", "loss"):
        np.testing.assert_allclose(parts[name], result[name], rtol=1e-3, atol=1e-4, err_msg=name)
    for name in ("accuracy", "accuracy_averaged"):
        np.testing.assert_allclose(parts[name], result[name], atol=0.01, err_msg=name)
    # of chunks that were trained before the last it is measured from their checkpoints
    np.testing.assert_allclose(parts.marginal_kl_lower, result.marginal_kl_lower, rtol=1e-3, atol=1e-3)
    padded = load(tmp_path).member(beta=8.0, seed=1)
    q, _ = padded.encode(api.check(load(tmp_path).config).batches["test"].x)
    rate = float(padded.rate(q, q.mean, None).mean())
    assert rate == pytest.approx(float(parts.rate.sel(split="test", beta=8.0, seed=1)[-1]), rel=1e-4)


@pytest.fixture(scope="module")
def vae(compiled, tmp_path_factory):  # noqa: F811
    """The folder and the results of a VAE run."""
    workdir = tmp_path_factory.mktemp("vae")
    fields = {"sweep.betas": (0.1, 1.0, 10.0), "train.steps": 20, "model.decoder_widths": (8,)}
    code, _, err = finish(start("-m", "experiments.sweep", *flags(workdir, "digits_vae", **fields)))
    assert (code, err) == (0, "")
    return workdir, xr.load_dataset(workdir / "results.nc")


def test_vae_leaves_its_sheet(vae):
    workdir, result = vae
    assert {p.stem for p in (workdir / "figures").glob("*.png")} == {
        "rate_distortion",
        "rate_and_distortion",
        "learning_curves",
        "reconstructions",
    }
    assert result.attrs["kind"] == "vae"
    assert not {"accuracy", "accuracy_averaged", "information_y_bound"} & set(result.data_vars)
    assert set(np.unique(result.input)) == {0, 1}
    for name in ("reconstruction", "prior_sample"):
        assert result[name].dims == ("beta", *result.input.dims) and result[name].shape == (3, 12, 8, 8, 1)
        assert result[name].min() >= 0 and result[name].max() <= 1


def test_vae_reconstruction_is_its_members(vae):
    workdir, result = vae
    run = load(workdir)
    model = run.member(beta=1.0, seed=0)
    batch = api.check(run.config).batches["test"]
    q, _ = model.encode(Batch(*(leaf[: result.sizes["example"]] for leaf in batch)).x)
    image = model.decoder.image(model.decode(q.mean)[0])
    np.testing.assert_allclose(image, result.reconstruction.sel(beta=1.0), atol=1e-4)


def test_deterministic_encoder_has_no_rate(tmp_path):
    fields = {"model.kind": "classifier", "train.steps": 2, "evaluate.measurements": 2, "sweep.betas": (0.0,)}
    result = small.run(tmp_path, **fields)
    assert np.isnan(result.rate).all() and "deterministic" in result.rate.attrs["note"]
    assert np.isfinite(result.loss).all() and result.finite.all() and "diverged" not in result.attrs
    np.testing.assert_array_equal(result.loss, result.distortion)


def test_training_bound_uses_the_labels_that_were_measured(tmp_path):
    examples = 40
    result = small.run(tmp_path, **FIELDS | {"sweep.betas": (0.1,), "evaluate.train_examples": examples})
    y = data.load("digits").y_train[:examples]
    p = np.bincount(y) / examples
    entropy = -np.sum(p[p > 0] * np.log(p[p > 0]))
    train = result.sel(split="train")
    np.testing.assert_allclose(train.information_y_bound + train.distortion, entropy, rtol=1e-6)


def test_members_have_averaged_weights_where_kept_and_diverged_ones_are_not_handed_out(tmp_path):
    small.run(tmp_path, **FIELDS | {"sweep.betas": (0.1, 3e38), "train.ema_decay": 0.9})
    run, kinds = load(tmp_path), (None, "averaged", "final")
    given, averaged, last = (run.member(beta=0.1, seed=0, weights=kind) for kind in kinds)
    assert all(np.array_equal(*pair) for pair in zip(*map(jax.tree.leaves, (given, averaged)), strict=True))
    assert not all(np.array_equal(*pair) for pair in zip(*map(jax.tree.leaves, (given, last)), strict=True))
    with pytest.raises(InvalidInput, match="diverged"):
        load(tmp_path).member(beta=3e38, seed=0)


def test_names_of_classes_are_kept_in_the_file(tmp_path):
    x, y = np.zeros((60, 3)), np.array(["cat", "größer", "猫"] * 20)
    np.savez(tmp_path / "own.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    fields = {"data.name": "arrays", "data.options": {"path": str(tmp_path / "own.npz")}, "sweep.betas": (0.1,)}
    small.run(tmp_path / "run", **fields | {"train.steps": 1, "evaluate.measurements": 2})
    assert load(tmp_path / "run").results.attrs["class_names"] == ["cat", "größer", "猫"]
