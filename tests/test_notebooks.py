"""Every notebook runs from top to bottom on a short run, is stored with its outputs, and defines nothing."""

import ast
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

NOTEBOOKS = sorted(Path("notebooks").glob("*.ipynb"))


def sources(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_runs_on_a_short_run(path, short_run):
    notebook = nbformat.read(path, as_version=4)
    for cell in sources(notebook):
        cell.source = cell.source.replace("../runs/digits_vib", str(short_run))
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": path.parent}}).execute()


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_is_stored_with_outputs_and_defines_nothing(path):
    notebook = nbformat.read(path, as_version=4)
    outputs = [output for cell in sources(notebook) for output in cell.outputs]
    assert outputs and not any(output.output_type == "error" for output in outputs)
    code = "\n".join(cell.source for cell in sources(notebook)).replace("%matplotlib inline", "")
    assert not any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in ast.walk(ast.parse(code)))


@pytest.fixture(scope="module")
def short_run(tmp_path_factory):
    from configs import digits_vib
    from experiments import runner

    config = digits_vib.get_config()
    config.sweep.betas, config.sweep.seeds = (1e-3, 0.1, 1.0), (0, 1)
    config.train.steps, config.model.widths, config.evaluate.measurements = 40, (16,), 5
    workdir = tmp_path_factory.mktemp("runs") / "digits_vib"
    runner.run(config.to_dict(), workdir)
    return workdir
