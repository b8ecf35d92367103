"""Files are there whole or not at all, and a disk that refuses one is told in one line."""

import errno
import os
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from conftest import assert_one_line

from vib import files
from vib.errors import InvalidInput

ROOT = Path(__file__).parents[1]
REFUSED = {
    errno.ENOSPC: ("No space left", "no inodes", "make room", "again"),
    errno.EDQUOT: ("quota", "2.0 MB needed", "make room", "again"),
    errno.EACCES: ("Permission denied", "yours to write"),
    errno.EROFS: ("Read-only", "yours to write"),
    errno.EIO: ("Input/output error", "again"),
}


def refusing(number):
    def refuse(*_, **__):
        raise OSError(number, os.strerror(number))

    return refuse


@pytest.mark.parametrize("number", REFUSED, ids=errno.errorcode.get)
@pytest.mark.parametrize("call", ["fsync", "replace", "mkdir"])
def test_what_the_system_refuses_is_one_line_and_loses_nothing(call, number, tmp_path, monkeypatch):
    files.save(tmp_path / "there", b"old")
    with monkeypatch.context() as broken, pytest.raises(InvalidInput) as error:
        broken.setattr(os, call, refusing(number))
        files.make_folder(tmp_path / "new")
        files.save(tmp_path / "there", bytes(2_000_000))
    words = [word for word in REFUSED[number] if word not in ("2.0 MB needed", "no inodes") or call != "mkdir"]
    assert_one_line(error, "cannot write", str(tmp_path), *words)
    assert "workdir" not in str(error.value)  # a call from Python has none
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["there"]
    assert (tmp_path / "there").read_bytes() == b"old"


def test_a_full_disk_says_what_is_needed_and_what_is_free(tmp_path, monkeypatch):
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_500_000))
    with pytest.raises(InvalidInput) as error, files.writing(tmp_path / "file", 2_000_000):
        refusing(errno.ENOSPC)()
    assert_one_line(error, "2.0 MB needed, 1.5 MB free", "make room")


def test_what_is_no_refusal_of_the_system_stays_what_it_is():
    with pytest.raises(ValueError, match="mine"), files.writing("anywhere"):
        raise ValueError("mine")


def test_nothing_is_written_but_through_files():
    """Caches may fail, and say so; what the benchmark writes is a counter of Linux."""
    writes = re.compile(
        r"\.write_(text|bytes)\(|\.mkdir\(|open\([^)]*[\"'][wax]b?[\"']|os\.replace|\.savefig\((?!buffer)"
    )
    sources = [*ROOT.glob("vib/**/*.py"), *ROOT.glob("experiments/**/*.py")]
    found = {path.relative_to(ROOT).as_posix() for path in sources if writes.search(path.read_text())}
    assert found == {"vib/files.py", "vib/data/cache.py", "experiments/benchmarks/latent.py"}
