"""Interleaved timing: every contestant runs once a round, so that a busy machine slows all of them alike."""

import time


def interleave(runs, rounds, warm=True):
    """Seconds of each of {name: function without arguments}, one a round; each runs once before, unless not `warm`."""
    if warm:
        for run in runs.values():
            run()
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(timed(run))
    return seconds


def timed(run, *arguments):
    """Seconds of run(*arguments)."""
    began = time.perf_counter()
    run(*arguments)
    return time.perf_counter() - began


def against(ours, theirs):
    """How many times as fast we are, round by round."""
    return [b / a for a, b in zip(ours, theirs, strict=True)]


def median(values):
    """The middle one of an odd number of values, or the upper of the middle two."""
    return sorted(values)[len(values) // 2]


def told(values):
    """'12 times (9.1 to 14)': median and range of ratios."""
    return f"{median(values):.3g} times ({min(values):.3g} to {max(values):.3g})"
