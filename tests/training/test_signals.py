"""Whatever kills or stops a run, the run that goes on ends with the same bits."""

import errno
import io
import os
import random
import signal
import time
from functools import partial

import numpy as np
import pytest
import xarray as xr
from small import assert_error_line, assert_same_bits, compiled, finish, flags, start  # noqa: F401
from whole import FIELDS, SAVING, run, saved

from vib import interrupt
from vib.training import progress

# The sweep's own main, with a signal to itself a while after the n-th time that a file like this is put in place;
# number 0 is no signal, but a limit on the length of its files.
SIGNALLED = """
import os, resource, runpy, signal, sys, threading, time
part, count, seconds, number = sys.argv.pop(1), int(sys.argv.pop(1)), float(sys.argv.pop(1)), int(sys.argv.pop(1))
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the suite may run under nohup

def strike():
    time.sleep(seconds)
    print("struck at", time.time(), file=sys.stderr, flush=True)
    if number:
        os.kill(os.getpid(), number)
    else:  # from here on no file may be longer, as on a full disk
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

def watch(event, arguments):
    global count
    if event == "os.rename" and part in str(arguments[0]):
        count -= 1
        if count == 0:
            threading.Thread(target=strike).start() if seconds else strike()

sys.addaudithook(watch)
sys.argv[0] = "sweep"
runpy.run_module("experiments.sweep", run_name="__main__")
"""

pytestmark = pytest.mark.usefixtures("compiled")


def strike(workdir, part, count, number, seconds=0.0):
    """Runs the sweep until the signal: (exit code, stdout, stderr without the time, seconds from signal to end)."""
    done = finish(start("-c", SIGNALLED, part, count, seconds, int(number), *flags(workdir, **FIELDS)))
    ended, err = time.time(), done[2].splitlines()
    (struck,) = [line for line in err if line.startswith("struck at ")]
    return *done[:2], [line for line in err if line != struck], ended - float(struck.split()[-1])


def test_kill_at_any_moment_loses_no_bit(undisturbed, tmp_path):
    """Over 20 s, because four processes are started to be killed."""
    kill = partial(strike, tmp_path, number=signal.SIGKILL)
    moment = random.Random()
    first = moment.randint(4, 12), moment.uniform(0.001, 0.05)
    # In the first chunk at a random moment, three renames a save and some saves before its end; then inside a save.
    assert kill(SAVING, first[0], seconds=first[1])[0] == -signal.SIGKILL, first
    newest = max(saved(tmp_path, 0)[0])
    code, out, *_ = kill(f"{newest + 20}{SAVING}", moment.randint(1, 3))
    assert code == -signal.SIGKILL and f"checkpoint of step {newest} " in out
    finished, unfinished = saved(tmp_path, 0)
    assert max(finished) == newest + 10 and unfinished == [newest + 20]
    # In the second chunk at a random moment; while the result is being put in place.
    second = moment.randint(4, 12), moment.uniform(0.001, 0.05)
    assert kill("checkpoints/1/", second[0], seconds=second[1])[0] == -signal.SIGKILL, second
    assert max(saved(tmp_path, 0)[0]) == 100 and saved(tmp_path, 1)[0] and not (tmp_path / "results.nc").exists()
    assert kill("results.nc", 1)[0] == -signal.SIGKILL
    assert max(saved(tmp_path, 1)[0]) == 100 and not (tmp_path / "results.nc").exists()
    run(tmp_path)
    assert_same_bits(xr.load_dataset(tmp_path / "results.nc"), undisturbed)
    assert not [path for path in tmp_path.rglob("*") if SAVING in path.name or path.name.endswith(".partial")]


def test_kill_before_the_first_checkpoint(undisturbed, tmp_path):
    assert strike(tmp_path, "config.json", 1, signal.SIGKILL)[0] == -signal.SIGKILL
    assert not (tmp_path / "config.json").exists()
    assert_same_bits(run(tmp_path), undisturbed)


def test_ctrl_c_termination_and_hang_up_save_and_leave(undisturbed, tmp_path):
    for number, chunk in (signal.SIGINT, 0), (signal.SIGTERM, 1), (signal.SIGHUP, 1):
        code, out, err, seconds = strike(tmp_path, f"checkpoints/{chunk}/", 9, number)
        assert code == 130 and not err
        assert seconds < 5
        (line,) = [line for line in out.splitlines() if "stopped" in line]
        stopped = int(line.split("step ")[1].split()[0])
        assert "saved; run the same command again" in line and stopped < 100
        assert max(saved(tmp_path, chunk)[0]) == stopped and not saved(tmp_path, chunk)[1]
    assert_same_bits(run(tmp_path), undisturbed)


def test_full_disk_is_one_line_and_keeps_what_was_saved(undisturbed, tmp_path):
    code, out, err, _ = strike(tmp_path, f"20{SAVING}", 1, 0)
    assert_error_line((code, out, "\n".join(err)), "cannot write", "checkpoints/0", "needed", "make room")
    assert code == 2
    assert saved(tmp_path, 0) == [[10, 20], []]
    assert_same_bits(run(tmp_path), undisturbed)


def test_hang_up_stops_once_and_under_nohup_not_at_all():
    """A shell and the system both send one: the second must not cut off the save."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with interrupt.listening():
            interrupt.check()
            for _ in range(2):
                os.kill(os.getpid(), signal.SIGHUP)
            with pytest.raises(interrupt.Interrupted):
                interrupt.check()
        assert signal.signal(signal.SIGHUP, signal.SIG_IGN) == signal.SIG_DFL
        with interrupt.listening():
            os.kill(os.getpid(), signal.SIGHUP)
            interrupt.check()
    finally:
        signal.signal(signal.SIGHUP, before)


def test_terminal_that_is_gone_stops_nothing(monkeypatch):
    class Lost(io.StringIO):
        gone = False

        def write(self, text):
            if self.gone:
                raise OSError(errno.EIO, "Input/output error")
            return super().write(text)

    screen = Lost()
    monkeypatch.setattr(progress, "console", progress.Terminal(file=screen))
    with progress.Progress() as told:
        told.say("before")
        screen.gone = True
        told.begin(4, 10, 1)
        told.advance(5, np.ones(2))
        told.say("after")
    progress.console.print("at last")
    with progress.Progress() as told:
        told.begin(0, 10, 1)
    assert screen.getvalue() == "before\n"
