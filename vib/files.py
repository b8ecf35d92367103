"""Files written whole or not at all, and one line about a disk that refuses them."""

import contextlib
import errno
import os
import shutil
from pathlib import Path

from vib.errors import InvalidInput

AGAIN = "make room and run the same command again"
LIMITS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


@contextlib.contextmanager
def writing(path, need=None):
    """Raises InvalidInput where the system refuses what is written at `path`: why, the bytes needed, and the room."""
    try:
        yield
    except OSError as error:
        raise InvalidInput(refusal(Path(path), need, error)) from error


def refusal(path, need, error):
    """One line about an OSError while `path` was written: why, the need and the room, and the remedy."""
    told = f"cannot write '{path}' ({error.strerror or error})"
    if error.errno in LIMITS:
        amounts = [f"{size(need)} needed"] if need else []
        if error.errno == errno.ENOSPC:  # a quota or a limit on one file is not what the disk has
            folder = next(folder for folder in path.absolute().parents if folder.is_dir())
            free = shutil.disk_usage(folder).free
            if need and free > need:
                return f"{told}: the disk reports no room; perhaps no inodes are left; {AGAIN}"
            amounts.append(f"{size(free)} free")
        return f"{told}: {', '.join(amounts) or 'too much'}; {AGAIN}"
    if error.errno == errno.EIO:
        return f"{told}; check the disk and run the same command again"
    return f"{told}; give a folder that exists and is yours to write"


def size(count):
    """A number of bytes in words."""
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.1f} kB"


def make_folder(path):
    """Makes the folder, and those above it, where there is none; returns it. Raises InvalidInput."""
    with writing(path):
        Path(path).mkdir(parents=True, exist_ok=True)
    return Path(path)


def save(path, content):
    """Writes bytes whole or not at all: what was at `path` stays until they are on disk. Raises InvalidInput."""
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    with writing(path, len(content)):
        try:
            with open(partial, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.replace(partial, path)
        finally:
            with contextlib.suppress(OSError):
                partial.unlink()
    _sync_folder(path.parent)


def _sync_folder(folder):
    # the rename itself must survive a power cut; some network file systems refuse this
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
