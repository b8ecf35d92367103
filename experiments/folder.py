"""The folder of a run: one process at a time, one configuration for ever."""

import contextlib
import json
from pathlib import Path

from filelock import FileLock, Timeout

from vib import data, files
from vib.errors import InvalidInput, require
from vib.results import commit, versions
from vib.run import read_config


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


def settle(config, workdir, chunk, identity):
    """The configuration with its chunk, compared with the one stored in the folder, or stored there the first time.

    `chunk` is taken where neither the user nor the folder says how many betas go at once. With it are stored the
    `identity` of the data (data.identity), and the code that began the run (begun_with); of an unfinished run that
    was begun without them, those of its first resumption. Raises InvalidInput with the fields that differ, and for
    other data than those of the run.
    """
    path = Path(workdir) / "config.json"
    config = json.loads(json.dumps(config))  # tuples become lists, as they come back from the file
    stored = read_config(workdir) if path.exists() else None
    if config["sweep"]["chunk"] is None:
        config["sweep"]["chunk"] = stored["sweep"]["chunk"] if stored else chunk
    config["data"]["identity"], config["begun_with"] = identity, code()
    if stored is None:
        files.save(path, json.dumps(config, indent=1).encode())
        return config
    now, recorded = config, stored["data"].get("identity")
    config = now | {"begun_with": stored.get("begun_with", {}), "data": now["data"] | {"identity": recorded}}
    fields = differences(flat(stored), flat(config))
    say = "workdir: '{}' holds a run of another config ({}); give another --workdir"
    require(not fields, say.format(workdir, ", ".join(fields)))
    data.check(identity, recorded)
    if recorded is None:  # begun before this was recorded, and not finished: from here on it is
        files.save(path, json.dumps(now, indent=1).encode())
        return now
    return config


def code():
    """{library: version} of what the numbers depend on, and the commit of this source."""
    return versions() | {"commit": commit()}


def changed(begun_with):
    """'library: version -> version' of each that the run was not begun with; [] where that was not recorded.

    The commit is not compared: most touch no number. Results hold those of the begin and of the end.
    """
    before, now = ({name: known[name] for name in known if name != "commit"} for known in (begun_with, code()))
    return differences(before, now) if before else []


def flat(tree, prefix=""):
    """{'sweep.betas': value} of a nested dict."""
    if not isinstance(tree, dict):
        return {prefix: tree}
    return {
        path: leaf for name, value in tree.items() for path, leaf in flat(value, f"{prefix}.{name}".strip(".")).items()
    }


def differences(stored, config):
    """'field: stored -> wanted' of every field that differs."""
    names = sorted(stored.keys() | config.keys())
    return [f"{n}: {stored.get(n)} -> {config.get(n)}" for n in names if stored.get(n) != config.get(n)]
