"""Arrays that take long to make, kept in a file."""

import contextlib
import logging
import os
import zipfile
import zlib
from pathlib import Path

import numpy as np

log = logging.getLogger(__name__)


def user_folder():
    """The folder for caches where the data itself cannot be written to."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "vib"


def cached(filename, folders, make):
    """Returns {name: array} from the first folder that holds the file, else from make().

    What was made is kept in the first folder that can be written to, if any; a damaged file is made anew.
    """
    for folder in folders:
        arrays = _read(folder / filename)
        if arrays:
            return arrays
    arrays = make()
    if not any(_write(folder / filename, arrays) for folder in folders):
        log.warning("no cache: cannot write to %s; every start decodes anew", " or ".join(map(str, folders)))
    return arrays


def _read(path):
    try:
        # opened here: of a damaged file numpy would leave its own open
        with open(path, "rb") as file, np.load(file) as archive:
            return dict(archive)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, EOFError, TypeError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        log.warning("cache %s is damaged and made anew (%s)", path, error)
        return None


def _read_only(folder):
    # The mode bits too, for root can write where the owner asked that nobody should.
    return folder.is_dir() and not (folder.stat().st_mode & 0o222 and os.access(folder, os.W_OK))


def _write(path, arrays):
    if _read_only(path.parent):
        return False
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with open(part, "wb") as file:
            np.savez(file, **arrays)
        os.replace(part, path)
        return True
    except OSError:
        return False
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
