"""A user's mistake stops at the door: one line that names field, value and remedy, and nothing written or lost."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import small
from absl import flags
from ml_collections import config_flags
from small import assert_error_line, files, finish, start

from experiments import cli, config_file
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


def parse(*arguments):
    """What the main's parser makes of a command line: the config of the sweep."""
    values, argv = flags.FlagValues(), ["sweep", *arguments]
    if not any(argument.startswith("--config=") for argument in arguments):
        argv.insert(1, "--config=configs/digits_vib.py")
    holder = config_flags.DEFINE_config_file("config", None, "", flag_values=values, lock_config=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(flags, "FLAGS", values)
        patch.setattr("sys.argv", argv)  # where ml_collections looks for the fields to override
        patch.chdir(small.ROOT)
        cli.parse(argv, "config", "python -m experiments.sweep --config=... --config.train.steps=500")
    return holder.value.to_dict()


@pytest.mark.parametrize(
    ("argument", "words"),
    [
        (
            "--config.model.widht=3",
            ("--config.model.widht", "section 'model'", "mean --config.model.widths?", "experiments.catalogue"),
        ),
        (
            "--config.sweep.bets=(1.0,)",
            ("--config.sweep.bets", "section 'sweep'", "mean --config.sweep.betas?", "experiments.catalogue"),
        ),
        ("--config.swep.betas=(1.0,)", ("section 'swep'", "--config.sweep.betas?", "experiments.catalogue")),
        ("--config.swep.bets=(1.0,)", ("section 'swep'", "--config.sweep.betas?", "experiments.catalogue")),
        ("--config.sweep.zzz=3", ("section 'sweep'", "known: betas, ")),
        ("--config.train.latent=3", ("section 'train'", "--config.model.latent?")),
        ("--config.latent=3", ("--config.latent", "--config.model.latent?")),
        ("--config.model.zzz=3", ("'zzz'", "section 'model'", "known: activation, ")),
        ("--config.train.steps=many", ("train.steps", "many", "an integer")),
        ("--config.train.steps=1.5", ("train.steps", "1.5", "an integer")),
        ("--config.train.learning_rate=fast", ("train.learning_rate", "fast", "a number")),
        ("--config.sweep.betas=(1e-3,", ("sweep.betas", "(1e-3,", "a tuple")),
        ("--config.data.binarize=perhaps", ("data.binarize", "perhaps", "true or false")),
        ("--config.train=5", ("--config.train", "section", "batch_size", "steps")),
        ("--config.widht=5", ("'widht'", "--config.model.widths")),
        ("--config.train.widths=5", ("section 'train'", "mean --config.model.widths?")),
        ("--config.data.path=own.npz", ("'path'", "section 'data'", "--config.data.options.path=own.npz")),
        ("--config.plane.kde=1", ("'kde'", "section 'plane'", "--config.plane.estimators.kde.noise_variance=0.01")),
        ("--config.data.options", ("no value", "--config.data.options=VALUE", "--config.data.options.path=own.npz")),
        ("--config.data.options=3", ("'3' is no dict", "--config.data.options.path=own.npz")),
        ("--steps=5", ("--steps", "--config.train.steps?")),
        ("--train.steps=5", ("--train.steps", "mean --config.train.steps?")),
        ("--cofig.train.steps=3", ("--cofig.train.steps", "mean --config.train.steps?")),
        ("--trian.stesp=3", ("--trian.stesp", "mean --config.train.steps?")),
        ("--zzz=3", ("--zzz", "known: help")),
        ("train.steps=5", ("train.steps=5", "--config.train.steps")),
        ("--config=digit_vib", ("'digit_vib'", "'digits_vib'")),
        ("--config=configs/digits_vb.py", ("'configs/digits_vb.py'", "'digits_vib'")),
        ("--config=zzz", ("'zzz'", "digits_vae, digits_vib, ")),
        ("--config=szt_plane:rleu", ("preset", "'rleu'", "'relu'")),
        ("--config=digits_vib:relu", ("digits_vib", "no presets", ":relu")),
    ],
)
def test_command_line_that_says_nothing(argument, words, capsys):
    with pytest.raises(SystemExit) as stopped:
        parse(argument)
    assert_error_line((stopped.value.code, "", capsys.readouterr().err), *words)


def test_command_line_that_says_something():
    config = parse("--config.sweep.betas=(1e-3,1e-2)", "--config.model.latent=32", "--config.train.steps=500")
    assert config["sweep"]["betas"] == (1e-3, 1e-2)
    assert (config["model"]["latent"], config["train"]["steps"]) == (32, 500)
    assert parse("--config.sweep.betas=0.5,1")["sweep"]["betas"] == (0.5, 1)
    assert parse("--config=szt_plane:relu")["model"]["activation"] == "relu"


def test_an_option_may_stand_apart_from_its_value():
    one = parse("--config.data.options.low", "-1.5", "--config.train.steps", "7", "--config.data.options.path", "a b")
    assert one["data"]["options"] == {"low": -1.5, "path": "a b"} and one["train"]["steps"] == 7
    with pytest.raises(InvalidInput, match=r"--config\.data\.options\.low: no value; give .*low=VALUE"):
        config_file.split(["--config.data.options.low", "--config.train.steps=7"])


PRESETS = """
from configs import base
PRESETS = {"one": "One", "two": "Two"}
def get_config(preset="one"):
    config = base.get_config()
    config.data.options = {"size": 8 if preset == "one" else 16}
    return config
"""


def test_an_option_of_a_family_changes_alone_in_every_preset(tmp_path):
    (tmp_path / "own.py").write_text(PRESETS)
    arguments = ["--config.data.options.seed=3", "--config.plane.estimators.kde.noise_variance=0.1"]
    fields = {"train.steps": 5, "data.options": {"size": 8, "seed": 3}}
    presets = config_file.presets(tmp_path / "own.py")
    found = config_file.of_presets(tmp_path / "own.py", presets, fields, arguments)
    for preset, size in (("one", 8), ("two", 16)):
        config = found[preset].to_dict()
        assert config["data"]["options"] == {"size": size, "seed": 3} and config["train"]["steps"] == 5
        assert config["plane"]["estimators"] == {"kde": {"noise_variance": 0.1}}


def test_a_run_is_called_by_its_config_and_preset():
    assert (cli.run_name("configs/szt_plane.py", "relu"), cli.run_name("a/b.py", "")) == ("szt_plane_relu", "b")


def test_a_flag_that_is_given_again_counts_alone():
    given = {"model.widths": ((8,), (16, 4)), "train.steps": (5, 7), "train.learning_rate": (0.1, 0.2)}
    first, last = ([f"--config.{name}={pair[i]}" for name, pair in given.items()] for i in (0, 1))
    wanted = parse(*last)
    assert (wanted["model"]["widths"], wanted["train"]["steps"]) == ((16, 4), 7)
    for arguments in ([*first, *last], [*first, *first, *last], [*last, "--config=digits_vib"]):
        assert parse(*arguments) == wanted
    assert parse("--config=szt_vib", "--config=digits_vib", *last) == wanted


def test_every_main_ends_with_one_line(tmp_path):
    (tmp_path / "file").write_text("mine")
    (tmp_path / "empty").mkdir()
    (tmp_path / "torn").mkdir()
    (tmp_path / "torn/results.nc").write_bytes(b"\x89HDF")
    fails = PRESETS.replace("    return", '    1 / (preset == "one")\n    return')
    (tmp_path / "own.py").write_text(fails)
    (tmp_path / "empty.py").write_text("def get_config():\n    pass\n")
    before = files(tmp_path)
    sweep, digits = "experiments.sweep", "--config=configs/digits_vib.py"
    new, report = f"--workdir={tmp_path}/new", "experiments.report"
    cases = {
        (sweep, digits, new, "--config.sweep.betas=(0.1,-1)"): ("sweep.betas", "-1", ">= 0"),
        (sweep,): ("--config", "python -m experiments.sweep --config=", "digits_vae, digits_vib, "),
        (sweep, "--config.train.steps=3"): ("--config", "not given", "digits_vib"),
        ("experiments.latent", "--workdri=x"): ("--workdri", "'workdir'"),
        (report,): ("--workdir", "not given", "python -m experiments.report --workdir="),
        (sweep, digits, f"--workdir={tmp_path}/file"): ("cannot write", "file", "yours to write"),
        (sweep, "--config=configs/digit_vib.py", new): ("configs/digit_vib.py",),
        ("experiments.family", digits, new): ("PRESETS", "experiments.sweep"),
        ("experiments.family", "--config=configs/family_digits.py", new, "--config.model.latent=3"): (
            "model.latent: 3",
        ),
        ("experiments.family", "--config=family_digits:mixture", new): ("leave out ':mixture'", "experiments.sweep"),
        ("experiments.family", f"--config={tmp_path}/own.py", new): ("own.py' does not load", "ZeroDivisionError"),
        (sweep, f"--config={tmp_path}/empty.py", new): ("empty.py", "None", "return a ConfigDict"),
        ("experiments.critical", digits, new, "--config.model.marginal=mixture"): ("model.marginal", "mixture"),
        ("experiments.sweep", "--config=configs/family_digits.py:mixtur", new): ("mixtur", "mixture"),
        (report, f"--workdir={tmp_path}/empty"): ("results.nc", "empty", "run the sweep"),
        (report, f"--workdir={tmp_path}/torn"): ("results.nc", "torn"),
    }
    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(lambda command: finish(start("-m", *command)), cases))
    for done, words in zip(ended, cases.values(), strict=True):
        assert_error_line(done, *words)
    assert files(tmp_path) == before and not (tmp_path / "new").exists()
