"""The READMEs: the front page stays short, what they name exists, and their examples run."""

import importlib
import re
from pathlib import Path

import jax
import pytest

import vib
from experiments import config_file
from vib import api, models, report
from vib.config import create
from vib.evaluation import estimators
from vib.evaluation.latent_report import MemberEvaluator
from vib.evaluation.standard import evaluators as standard
from vib.training.sweep import train_until

ROOT = Path(__file__).parents[1]
FRONT = ROOT / "README.md"
READMES = [FRONT, *sorted(path for room in ("vib", "configs", "experiments") for path in (ROOT / room).rglob("*.md"))]
REGISTRIES = (vib.data.SOURCES, models.MARGINALS, estimators.ESTIMATORS)
QUICK = {"steps": 2, "measurements": 2, "evaluate.samples": 2, "progress": False}
each_readme = pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.fixture(autouse=True)
def registries():
    """As they were, after whatever an example adds."""
    before = [dict(registry) for registry in REGISTRIES]
    yield
    for registry, entries in zip(REGISTRIES, before, strict=True):
        registry.clear()
        registry.update(entries)


def code(path):
    """The blocks of Python in a README, one after the other."""
    return "\n".join(re.findall(r"```python\n(.*?)```", path.read_text(), re.DOTALL))


def anchors(path):
    """What a link can name of the headings of a README."""
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_the_front_page_is_short():
    assert FRONT.stat().st_size <= 9000


@each_readme
def test_links_lead_somewhere(path):
    for target, anchor in re.findall(r"\]\((?!http)([^)#]*)#?([^)]*)\)", path.read_text()):
        place = path.parent / target
        assert place.exists(), target
        assert not anchor or anchor in anchors(place if target else path), anchor


@each_readme
def test_commands_configs_files_and_names_exist(path):
    text = path.read_text()
    for name in re.findall(r"python -m ([\w.]+)", text):
        assert importlib.util.find_spec(name), name
    for name, preset in re.findall(r"--config=([a-z]\w*):?(\w*)", text) + re.findall(r"`([a-z]\w*):(\w+)`", text):
        config_file.load(config_file.find(name), *[preset] * bool(preset))
    for name in re.findall(r"`((?:vib|experiments|configs|tests)/[\w/.]+)`", text):
        assert (ROOT / name).exists(), name
    for name in re.findall(r"\bvib(?:\.\w+)+", re.sub(r"https?://\S+", "", text)):
        found = vib
        for part in name.split(".")[1:]:
            found = getattr(found, part, None) or importlib.import_module(f"{found.__name__}.{part}")


def test_every_config_is_described():
    table = FRONT.read_text().split("## What to run")[1].split("\n## ")[0]
    first_cells = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`(\w+)`", "".join(first_cells))) == config_file.names()
    headings = re.findall(r"^### ([\w, ]+)", (ROOT / "configs/README.md").read_text(), re.MULTILINE)
    assert sorted(name for heading in headings for name in heading.split(", ")) == config_file.names()


def test_the_example_of_the_front_page_runs():
    found = {"quick": QUICK}
    exec(code(FRONT).replace("steps=3000", "**quick"), found)
    assert found["run"].results.sizes["beta"] == 4 and found["figure"].axes
    assert found["q"].mean.shape == (len(found["data"].x_test), 16)


@pytest.mark.parametrize("room", ["information", "exact", "latent"])
def test_the_example_of_a_room_runs(room):
    exec(code(ROOT / "vib" / room / "README.md"), {})


def test_the_examples_of_what_to_add_can_be_trained(monkeypatch):
    """They are traced, which takes a tenth of the time; tests/test_growing.py trains their like."""
    traced, reported = [], []

    def train(config, data=None, encoder=None, evaluators=(), **fields):
        setup = api.setup_of(create(config, **fields), data, encoder)
        standard(setup)
        sweep = jax.eval_shape(lambda: setup.make_sweep(setup.config.sweep.betas))
        jax.eval_shape(lambda sweep: train_until(sweep, setup.batches["train"], 1), sweep)
        for each in evaluators:
            found = jax.eval_shape(lambda sweep, each=each: each.measure(sweep, setup.batches, None), sweep)
            assert {name: len(about.dims) for name, about in each.variables.items()} == {
                name: array.ndim for name, array in found.items()
            }
        traced.append(setup)

    monkeypatch.setattr(api, "train", train)
    monkeypatch.setattr(report, "latent_report", lambda run, evaluators: reported.extend(evaluators))
    found = {}
    exec(code(ROOT / "vib/README.md").replace("range(100)", "range(2)"), found)
    assert [setup.config.model.marginal for setup in traced].count("laplace") == 1 and len(traced) == 5
    assert traced[0].dataset.name == "wines" and traced[1].config.model.encoder == "Residual"
    assert found["plane"].information_x.sizes["layer"] == 2 and found["figures"]
    assert isinstance(reported[0], MemberEvaluator)
