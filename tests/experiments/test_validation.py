"""A user's mistake stops at the door: one line that names field, value and remedy, and nothing written or lost."""

import numpy as np
import pytest
import small
from small import files

from vib.errors import InvalidInput

# ml_collections loads a config file so
pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")
NAN = float("nan")
ARRAYS = {"data.name": "arrays"}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sweep.betas": (-0.1,)}, ("sweep.betas", "-0.1", ">= 0")),
        ({"sweep.betas": (0.1, -0.1)}, ("sweep.betas", "-0.1", ">= 0")),
        ({"sweep.betas": (0.1, NAN)}, ("sweep.betas", "nan", ">= 0")),
        ({"sweep.betas": (0.1, float("inf"))}, ("sweep.betas", "inf", "finite")),
        ({"sweep.betas": (0.1, 0.2, 0.1)}, ("sweep.betas", "0.1", "once")),
        ({"sweep.betas": (0.1, 0.1), "sweep.chunk": 1}, ("sweep.betas", "0.1", "once")),
        ({"sweep.betas": (1e39,)}, ("sweep.betas", "1e+39")),
        ({"sweep.betas": ()}, ("sweep.betas", "empty", "weights of the rate")),
        ({"sweep.betas": ("a",)}, ("sweep.betas", "'a'")),
        ({"sweep.betas": ((0.1, 0.2),)}, ("sweep.betas",)),
        ({"sweep.seeds": ()}, ("sweep.seeds", "empty", "seeds")),
        ({"sweep.seeds": (0, 0)}, ("sweep.seeds", "0", "once")),
        ({"sweep.seeds": (-1,)}, ("sweep.seeds", "-1", "integers")),
        ({"sweep.seeds": (0.5,)}, ("sweep.seeds", "0.5", "no integer")),
        ({"sweep.chunk": 0}, ("sweep.chunk", "0", "how many betas")),
        ({"sweep.chunk": -2}, ("sweep.chunk", "-2", "how many betas")),
        ({"data.name": "digitss"}, ("data.name", "'digitss'", "'digits'")),
        ({"data.options": {"test_fraction": 2.0}}, ("data.options.test_fraction", "2.0", "between 0 and 1")),
        ({"data.label_noise": -1.0}, ("data.label_noise", "-1.0", "below 0")),
        ({"data.train_size": 99999}, ("data.train_size", "99999", "1438")),
        ({"data.options": {"dim_x": 3}}, ("dim_x", "digits")),
        ({"data.options": {"low": 1.0, "high": -1.0}}, ("data.options.low", "1.0", "low < high")),
        ({"model.kind": "vibe"}, ("model.kind", "'vibe'", "'vib'")),
        ({"model.activation": "relo"}, ("model.activation", "'relo'", "'relu'")),
        ({"model.architecture": "mpl"}, ("model.architecture", "'mpl'", "'mlp'")),
        ({"model.dtype": "float23"}, ("model.dtype", "'float23'", "'float32'")),
        ({"model.likelihood": "gausian"}, ("model.likelihood", "'gausian'")),
        ({"model.latent": 0}, ("model.latent", "0", "below 1")),
        ({"model.widths": (8, 0)}, ("model.widths", "0", "> 0")),
        ({"model.widths": (8.5,)}, ("model.widths", "8.5", "no integer")),
        ({"model.widths": ("a",)}, ("model.widths", "'a'", "no integer")),
        ({"model.decoder_widths": (-1,)}, ("model.decoder_widths", "-1", "> 0")),
        ({"model.std_shift": NAN}, ("model.std_shift", "nan")),
        ({"train.optimizer": "adan"}, ("train.optimizer", "'adan'", "'adam'")),
        ({"train.learning_rate": -1.0}, ("train.learning_rate", "-1.0", "not above 0")),
        ({"train.learning_rate": NAN}, ("train.learning_rate", "nan", "not finite")),
        ({"train.b1": 1.0}, ("train.b1", "1.0", "not below 1")),
        ({"train.b2": -0.1}, ("train.b2", "-0.1", "below 0")),
        ({"train.clip": 0.0}, ("train.clip", "0.0", "not above 0")),
        ({"train.decay_rate": 0.0}, ("train.decay_rate", "0.0", "not above 0")),
        ({"train.decay_rate": 0.5, "train.decay_steps": 0}, ("train.decay_steps", "0", "1")),
        ({"train.ema_decay": 1.5}, ("train.ema_decay", "1.5", "not below 1")),
        ({"train.warmup": -5}, ("train.warmup", "-5", "0")),
        ({"train.samples": 0}, ("train.samples", "0", "1")),
        ({"train.batch_size": 5000}, ("train.batch_size", "5000", "1438")),
        ({"train.batch_size": 0}, ("train.batch_size", "0", "below 1", "examples")),
        ({"train.steps": 0}, ("train.steps", "0", "number of updates")),
        ({"evaluate.measurements": 1}, ("evaluate.measurements", "1", "2")),
        ({"evaluate.samples": 0}, ("evaluate.samples", "0", "1")),
        ({"evaluate.train_examples": 0}, ("evaluate.train_examples", "0", "1")),
        ({"checkpoint.every": 0}, ("checkpoint.every", "0", "below 1")),
    ],
    ids=lambda value: " ".join(map(str, value.items())) if isinstance(value, dict) else "",
)
def test_field_that_cannot_work(fields, words, tmp_path):
    assert_refused(fields, words, tmp_path / "new")


def assert_refused(fields, words, workdir):
    """Running the fields raises one line with the words, before the folder is made."""
    with pytest.raises(InvalidInput) as error:
        small.run(workdir, **{"train.steps": 2} | fields)
    message = str(error.value)
    assert "\n" not in message and all(word in message for word in words), message
    assert not workdir.exists()


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("y_train", lambda y: y - 1, ("y_train", "-1", "0, 1, 2")),
        ("y_test", lambda y: y + 3, ("y_test", "5", "0, 1, 2")),
        ("y_train", lambda y: y[:-1], ("y_train", "29 targets for 30 inputs")),
        ("x_train", lambda x: np.where(x > 1, np.nan, x), ("x_train", "NaN")),
        ("x_test", lambda x: x / 0, ("x_test", "NaN or infinite")),
        ("x_test", lambda x: x[:, :3], ("x_test", "(30, 3)", "(4,)")),
        ("x_train", lambda x: x[:, 0], ("x_train", "(30,)", "[N, D]")),
        ("x_train", lambda x: x.astype(object), ("x_train", "Python objects", "astype(float)")),
        ("y_train", lambda y: y.astype(object), ("y_train", "Python objects", "astype(str)")),
        ("x_train", lambda x: None, ("data.options.path", "x_train")),
    ],
)
def test_arrays_that_do_not_fit(name, change, words, tmp_path):
    random = np.random.default_rng(0)
    arrays = {f"x_{split}": random.normal(size=(30, 4)) for split in ("train", "test")}
    arrays |= {f"y_{split}": np.arange(30) % 3 for split in ("train", "test")}
    with np.errstate(divide="ignore"):
        changed = change(arrays.pop(name))
    np.savez(tmp_path / "own.npz", **arrays, **({} if changed is None else {name: changed}))
    assert_refused(ARRAYS | {"data.options": {"path": str(tmp_path / "own.npz")}}, words, tmp_path / "new")


def test_npz_missing_or_truncated(tmp_path):
    path = tmp_path / "own.npz"
    assert_refused(
        ARRAYS | {"data.options": {"path": str(path)}}, ("data.options.path", "no file", str(path)), tmp_path / "new"
    )
    np.savez(path, x_train=np.zeros((30, 4)))
    path.write_bytes(path.read_bytes()[:300])
    assert_refused(ARRAYS | {"data.options": {"path": str(path)}}, ("data.options.path", str(path)), tmp_path / "new")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"sweep": 3}', '{"sweep": {}}', "\x00\xff"])
def test_damaged_config(content, tmp_path):
    (tmp_path / "config.json").write_text(content, encoding="latin-1")
    before = files(tmp_path)
    with pytest.raises(InvalidInput) as error:
        small.run(tmp_path, **{"train.steps": 2})
    message = str(error.value)
    assert "config" in message and "another workdir" in message and str(tmp_path) in message and "\n" not in message
    assert files(tmp_path) == before


@pytest.mark.parametrize("place", ["file", "file/below", "/proc/none", "/dev/null"])
def test_folder_that_cannot_be_written(place, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InvalidInput, match=r"cannot write .*yours to write"):
        small.run(tmp_path / place)
    assert (tmp_path / "file").read_text() == "mine"
