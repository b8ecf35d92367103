"""The folder of a run: one process at a time, one configuration for ever."""

import contextlib
import json
from pathlib import Path

from filelock import FileLock, Timeout

from vib import config as configs
from vib import data, files
from vib.errors import InvalidInput, require
from vib.results import commit, versions

REMEDY = "give another workdir"


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
    """(Config, {library: version} that it was begun with) as stored in a folder. Raises InvalidInput."""
    path = Path(workdir) / "config.json"
    require(path.is_file(), f"workdir: '{workdir}' holds no run (no config.json); train into it first")
    try:
        stored = json.loads(path.read_text())
        begun_with = stored.pop("begun_with")
        return configs.create(stored), begun_with
    except (ValueError, KeyError, TypeError, AttributeError) as error:  # InvalidInput is a ValueError
        told = f"workdir: '{path}' is damaged, or of another version of vib ({error}); {REMEDY}"
        raise InvalidInput(told) from None


def settle(config, workdir):
    """Stores the Config of a run in its folder the first time, and compares it with the stored one afterwards.

    Returns what differs between the code that began the run and this one, 'library: version -> version'. Raises
    InvalidInput with the fields that differ, and for other data than those of the run.
    """
    path = Path(workdir) / "config.json"
    if not path.exists():
        content = config.model_dump() | {"begun_with": code()}
        files.save(path, json.dumps(content, indent=1).encode())
        return []
    stored, begun_with = read(workdir)
    same_data = config.data.model_copy(update={"identity": stored.data.identity})
    fields = differences(flat(stored.model_dump()), flat(config.model_copy(update={"data": same_data}).model_dump()))
    told = f"workdir: '{workdir}' holds a run of another config ({', '.join(fields)}); {REMEDY}"
    require(not fields, told)
    data.check(config.data.identity, stored.data.identity)
    # the commit is not compared: most touch no number
    before, now = ({name: known[name] for name in known if name != "commit"} for known in (begun_with, code()))
    return differences(before, now)


def chunk(workdir):
    """How many betas the run in a folder trains at once; None where there is no run."""
    return read(workdir)[0].sweep.chunk if (Path(workdir) / "config.json").exists() else None


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
