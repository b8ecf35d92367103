"""Every notebook runs from top to bottom on a short run, is stored with its outputs, and defines nothing."""

import ast
import shutil
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from quick import quickly_compiled  # noqa: F401

from configs import digits_vae, digits_vib, discrete_vib, family_digits, gaussian_vib, szt_plane
from experiments import runner

COPIES = {
    "family_digits/mixture": "vib",
    "caveats_digits/plain": "pairwise",
    "caveats_digits/convex": "pairwise",
    "caveats_digits/normal": "vib",
}
NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))


def sources(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_on_short_runs(path, short_runs):
    notebook = nbformat.read(path, as_version=4)
    for cell in sources(notebook):
        cell.source = cell.source.replace("../runs", str(short_runs))
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
    digits = digits_vib.get_config()
    digits.sweep.betas, digits.sweep.seeds = (1e-3, 0.1, 1.0), (0, 1)
    digits.train.steps, digits.model.widths, digits.evaluate.measurements = 40, (16,), 5
    vae = digits_vae.get_config()
    vae.sweep.betas, vae.sweep.seeds = (0.1, 1.0), (0, 1)
    vae.train.steps, vae.model.widths, vae.model.decoder_widths, vae.evaluate.measurements = 40, (16,), (16,), 2
    planes = {f"szt_plane_{preset}": szt_plane.get_config(preset) for preset in ("tanh", "relu")}
    for config in planes.values():
        config.train.steps, config.sweep.seeds, config.plane.examples = 60, (0, 1), 1000
        config.evaluate.measurements, config.plane.gradient_batches = 20, 2
    # the bounds of kde, long in compiling, are those of the other network
    planes["szt_plane_relu"].plane.estimators = ("binned_width", "binned_unit")
    frontiers = {"gaussian_vib": gaussian_vib.get_config(), "discrete_vib": discrete_vib.get_config()}
    for config in frontiers.values():
        config.sweep.betas, config.data.samples_train, config.data.samples_test = (0.1, 0.5), 2000, 2000
    family = {
        f"family_digits/{name}": family_digits.get_config(name) for name in ("vib", "class_conditional", "pairwise")
    }
    for config in family.values():
        config.model.widths, config.model.latent, config.sweep.betas = (8,), 2, (0.01, 0.5)
    for config in (frontiers | family).values():
        config.sweep.seeds, config.train.steps, config.evaluate.measurements = (0, 1), 20, 2
        config.evaluate.samples = 2
    for name, config in ({"digits_vib": digits, "digits_vae": vae} | planes | frontiers | family).items():
        runner.run(config.to_dict(), folder / name)
    for name, other in COPIES.items():  # a run under another name will do to draw
        shutil.copytree(folder / "family_digits" / other, folder / name)
    return folder
