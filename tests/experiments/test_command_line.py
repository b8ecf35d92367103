"""The command line: what it refuses in one line, and what it changes in a config."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import small
from absl import flags
from ml_collections import config_flags
from small import assert_error_line, files, finish, start

from experiments import cli, config_file
from vib.errors import InvalidInput

# ml_collections loads a config file so
pytestmark = pytest.mark.filterwarnings("ignore:the load_module:DeprecationWarning")


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
