"""The rooms import one way, and the code is in the house style."""

import subprocess
import sys
from pathlib import Path

import pytest

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
