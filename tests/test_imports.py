"""The rooms import one way, and the code is in the house style."""

import subprocess
import sys
from pathlib import Path

import pytest

import vib

ROOT = Path(__file__).parents[1]
COMMANDS = {
    "import directions": [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
    "lint": [sys.executable, "-m", "ruff", "check", "."],
    "format": [sys.executable, "-m", "ruff", "format", "--check", "."],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_code_passes(name):
    done = subprocess.run(COMMANDS[name], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_vib_brings_in_nothing_yet():
    """Each part of the public face comes with its first use, or a script would wait seconds for parts it never uses."""
    heavy = "{'jax', 'flax', 'optax', 'orbax', 'xarray', 'scipy', 'sklearn', 'matplotlib'}"
    code = f"import sys, vib; assert not {heavy} & set(sys.modules); vib.exact.erasure; assert 'jax' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=ROOT)


def test_the_public_face_is_what_it_says():
    assert set(vib.__all__) <= set(dir(vib)) and all(getattr(vib, name) is not None for name in vib.__all__)
    with pytest.raises(AttributeError, match="no attribute 'lod'"):
        _ = vib.lod
