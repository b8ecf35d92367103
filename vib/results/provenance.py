"""What made a result: versions of libraries, and the commit of this source."""

import platform
import subprocess
from importlib import metadata
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]


def versions():
    """{library: version} of what the numbers depend on, this code included."""
    libraries = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scipy", "xarray", "vib")
    return {"python": platform.python_version()} | {name: _version(name) for name in libraries}


def commit():
    """The git commit of this source, '+dirty' where vib, configs or experiments differ from it; or None."""
    if _git("ls-files", "--error-unmatch", Path(__file__).resolve()) is None:
        return None
    head = _git("rev-parse", "--verify", "HEAD")
    changes = _git("status", "--porcelain", "--", "vib", "configs", "experiments")
    return head and head + ("+dirty" if changes else "")


def _version(library):
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def _git(*arguments):
    # no optional locks: `status` must not stand in the way of the user's own git
    command = ["git", "--no-optional-locks", "-C", SOURCE, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
