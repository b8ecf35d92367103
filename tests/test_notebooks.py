"""Every notebook runs from top to bottom on a short run, is stored with its outputs, and defines nothing."""

import ast
import importlib
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import vib

SHORT = {"seeds": 2, "steps": 20, "measurements": 2, "evaluate.samples": 2}
DIGITS = {"betas": (1e-3, 0.1, 1.0), "steps": 40, "widths": (16,), "measurements": 5}
PLANE = {"steps": 60, "measurements": 20, "plane.examples": 1000, "gradient_batches": 2}
RUNS = {  # (config, preset, what makes it short)
    "digits_vib": ("digits_vib", (), DIGITS),
    "digits_vae": ("digits_vae", (), DIGITS | {"betas": (0.1, 1.0), "decoder_widths": (16,), "measurements": 2}),
    "szt_plane_tanh": ("szt_plane", ("tanh",), PLANE),
    # the bounds of kde, long in compiling, are those of the other network
    "szt_plane_relu": ("szt_plane", ("relu",), PLANE | {"estimators": ("binned_width", "binned_unit")}),
    "gaussian_vib": ("gaussian_vib", (), {"betas": (0.1, 0.5)}),
    "discrete_vib": ("discrete_vib", (), {"betas": (0.1, 0.5)}),
    "family_digits/pairwise": ("family_digits", ("pairwise",), {"betas": (0.01, 0.5), "widths": (8,), "latent": 2}),
}
COPIES = {  # a run under another name will do to draw
    "digits_vib": ("family_digits/vib", "family_digits/mixture", "family_digits/class_conditional"),
    "family_digits/pairwise": ("caveats_digits/plain", "caveats_digits/convex", "caveats_digits/normal"),
}
SHORTER = {  # what the notebooks train themselves
    "05_your_own_data": {"seeds=4, steps=600": "seeds=2, steps=20", "betas=betas,": "betas=betas, seeds=2, steps=20,"},
    "06_any_network": {"range(5)": "range(2)", "8, 15, 30, 60, 100]": "8]"},
}
NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))


def sources(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_on_short_runs(path, short_runs):
    notebook, shorter = nbformat.read(path, as_version=4), SHORTER.get(path.stem, {})
    assert all(any(long in cell.source for cell in sources(notebook)) for long in shorter)
    for cell in sources(notebook):
        for long, short in {"../runs": str(short_runs), **shorter}.items():
            cell.source = cell.source.replace(long, short)
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": path.parent}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_stored_with_outputs_and_defines_nothing(path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in sources(notebook) for output in cell.outputs]
    assert outputs and not any(output.output_type == "error" for output in outputs)
    code = "\n".join(cell.source for cell in sources(notebook)).replace("%matplotlib inline", "")
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(ast.parse(code)))


@pytest.fixture(scope="module")
def short_runs(tmp_path_factory):
    """A folder of short runs under the names of the long ones."""
    folder = tmp_path_factory.mktemp("runs")
    for name, (file, preset, fields) in RUNS.items():
        config = importlib.import_module(f"configs.{file}").get_config(*preset)
        if "samples_train" in config.data.options:
            config.data.options.samples_train = config.data.options.samples_test = 2000
        vib.train(config, workdir=folder / name, progress=False, **SHORT | fields)
    for name, others in COPIES.items():
        for other in others:
            shutil.copytree(folder / name, folder / other)
    return folder
