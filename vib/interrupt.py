"""A clean stop on Ctrl-C, a termination signal or a hang-up: what runs looks from time to time whether one came."""

import contextlib
import signal
import threading

_received = []


class Interrupted(KeyboardInterrupt):
    """Somebody asked to stop; the message says how far it came."""


def check(reached=""):
    """Raises Interrupted(reached) once a signal came while `listening`."""
    if _received:
        raise Interrupted(reached)


@contextlib.contextmanager
def listening():
    """Notes signals instead of dying of them. A second Ctrl-C or termination signal stops at once.

    A hang-up that is ignored, as under nohup, stays so. Outside the main thread, which alone gets signals, it does
    nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(number, _):
        # a shell and the system both report a lost terminal: the second time must not cut off the save
        signal.signal(number, signal.SIG_IGN if number == signal.SIGHUP else before[number])
        _received.append(number)

    numbers = [signal.SIGINT, signal.SIGTERM]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    before = {number: signal.signal(number, note) for number in numbers}
    try:
        yield
    finally:
        _received.clear()
        for number, handler in before.items():
            signal.signal(number, handler)
