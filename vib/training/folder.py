"""The folder of a run: one process at a time, one configuration for ever."""

import contextlib
import json
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from vib import config as configs
from vib import data, files
from vib.config import Config
from vib.errors import InvalidInput, require
from vib.results import commit, versions

REMEDY = "give another workdir"


class Stored(NamedTuple):
    """What config.json holds."""

    config: Config
    begun_with: dict  # {library: version}
    chunk: int  # how many betas are trained at once
    evaluators: list  # names of those that came with the call


@contextlib.contextmanager
def claimed(workdir):
    """Holds the folder, made if need be, for this process alone. Raises InvalidInput where another run holds it."""
    lock = FileLock(files.make_folder(workdir) / ".lock", timeout=0)
    taken = f"workdir: another run is writing '{workdir}'; wait for it or give another one"
    with files.writing(workdir):
        try:
            lock.acquire()
        except Timeout:  # an OSError too
            raise InvalidInput(taken) from None
    try:
        yield
    finally:
        lock.release()


def read(workdir):
    """The Stored of a folder. Raises InvalidInput."""
    path = Path(workdir) / "config.json"
    require(path.is_file(), f"workdir: '{workdir}' holds no run (no config.json); train into it first")
    try:
        stored = json.loads(path.read_text())
        beside = {name: stored.pop(name) for name in Stored._fields if name != "config"}
        return Stored(configs.create(stored), **beside)
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # InvalidInput is a ValueError
        told = f"workdir: '{path}' is damaged, or of another version of vib ({error}); {REMEDY}"
        raise InvalidInput(told) from None


def settle(setup, evaluators, workdir):
    """Stores what a run is in its folder the first time, and compares it with what is stored afterwards.

    evaluators: the names of those that came with the call, beside the ones that a Setup has by its config.

    Returns what differs between the code that began the run and this one, 'library: version -> version'. Raises
    InvalidInput with the fields that differ, and for other data than those of the run.
    """
    path, now = Path(workdir) / "config.json", Stored(setup.config, code(), setup.chunk, evaluators)
    if not path.exists():
        content = now.config.model_dump() | {name: value for name, value in now._asdict().items() if name != "config"}
        files.save(path, json.dumps(content, indent=1).encode())
        return []
    stored = read(workdir)
    fields = differences(compared(stored), compared(now))
    told = f"workdir: '{workdir}' holds a run of another config ({', '.join(fields)}); {REMEDY}"
    require(not fields, told)
    data.check(now.config.data.identity, stored.config.data.identity)
    # the commit is not compared: most touch no number
    known = (stored.begun_with, now.begun_with)
    before, after = ({name: each[name] for name in each if name != "commit"} for each in known)
    return differences(before, after)


def compared(stored):
    """{field: value} of what all calls on one folder share; data are compared by themselves."""
    fields = flat(stored.config.model_dump()) | {"sweep.chunk": stored.chunk, "evaluators": stored.evaluators}
    return {name: value for name, value in fields.items() if name != "data.identity"}


def chunk(workdir):
    """How many betas the run in a folder trains at once; None where there is no run."""
    return read(workdir).chunk if (Path(workdir) / "config.json").exists() else None


def code():
    """{library: version} of what the numbers depend on, and the commit of this source."""
    return versions() | {"commit": commit()}


def flat(tree, prefix=""):
    """{'sweep.betas': value} of a nested dict."""
    if not isinstance(tree, dict) or not tree:
        return {prefix: tree}
    return {
        path: leaf for name, value in tree.items() for path, leaf in flat(value, f"{prefix}.{name}".strip(".")).items()
    }


def differences(stored, config):
    """'field: stored -> wanted' of every field that differs."""
    names = sorted(stored.keys() | config.keys())
    return [f"{n}: {stored.get(n)} -> {config.get(n)}" for n in names if stored.get(n) != config.get(n)]
