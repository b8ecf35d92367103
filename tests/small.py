"""Runs small enough to be repeated: their config, their command, and a cache of compiled programs they share."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest
from jax.experimental.compilation_cache import compilation_cache

import vib
from vib import api

ROOT = Path(__file__).parents[1]
GRID = {
    "model.widths": (8,),
    "model.latent": 2,
    "model.std_shift": 0.0,
    "sweep.seeds": (0, 1),
    "train.batch_size": 50,
    "train.learning_rate": 0.01,
    "evaluate.measurements": 4,
    "evaluate.samples": 2,
    "evaluate.train_examples": 300,
}
# JAX's names for a cache that keeps even the smallest program.
CACHE = {
    "jax_compilation_cache_dir": None,
    "jax_persistent_cache_min_compile_time_secs": 0,
    "jax_persistent_cache_min_entry_size_bytes": -1,
    "jax_compilation_cache_max_size": 2**33,  # never reached, but with a limit the workers of the suite take a lock
}


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    """Lets the runs of a module, and the processes that it starts, share their compiled programs on disk."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "compiled"
    before = {name: getattr(jax.config, name) for name in CACHE}
    switch_cache(CACHE | {"jax_compilation_cache_dir": str(folder)})
    yield
    switch_cache(before)


def switch_cache(settings):
    for name, value in settings.items():
        jax.config.update(name, value)
    compilation_cache.reset_cache()


def config(name="digits_vib", **fields):
    """The Config of configs/<name>.py with the fields of GRID and the given ones ({'sweep.betas': ...}) changed."""
    return vib.config.create(importlib.import_module(f"configs.{name}").get_config(), **GRID | fields)


def prepare(name="digits_vib", **fields):
    """The Setup of the same configuration. Raises InvalidInput, as a run would before it writes anything."""
    return api.check(config(name, **fields))


def run(workdir, name="digits_vib", **fields):
    """One run in this process; returns its results."""
    return vib.train(config(name, **fields), workdir=workdir).results


def flags(workdir, name="digits_vib", **fields):
    """The command line of the same run."""
    changes = [f"--config.{field}={value}" for field, value in (GRID | fields).items()]
    return [f"--config=configs/{name}.py", f"--workdir={workdir}", *changes]


def start(*command):
    """Starts `python *command` in the root of the repository, with the cache of this process."""
    cache = {name.upper(): str(getattr(jax.config, name)) for name in CACHE if getattr(jax.config, name) is not None}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    return subprocess.Popen([sys.executable, *map(str, command)], cwd=ROOT, env=os.environ | cache, **pipes)


def finish(process):
    """(exit code, stdout, stderr) of a started process."""
    with process:
        out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def assert_same_bits(result, other):
    """Two results hold the same numbers bit for bit, but for the wall times."""
    assert set(result.variables) == set(other.variables)
    assert result.attrs.keys() == other.attrs.keys()
    for name in result.variables:
        if not name.startswith("seconds_"):
            one, two = result[name].values, other[name].values
            assert one.dtype == two.dtype and one.tobytes() == two.tobytes(), name


def files(folder):
    """{path: bytes} of everything below a folder but the lock."""
    return {path: path.read_bytes() for path in Path(folder).rglob("*") if path.is_file() and path.name != ".lock"}


def assert_error_line(done, *words):
    """A process ended by a user's mistake: exit code not 0 and one line on stderr that holds the words."""
    code, _, err = done
    assert code not in (0, None)
    lines = err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), err
    assert all(word in lines[0] for word in words), err
    assert np.all([character.isprintable() for character in lines[0]])
