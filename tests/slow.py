"""`make quick`: the suite without the tests that take a second or more, whose names tests/slow.txt holds."""

from collections import Counter
from pathlib import Path

LIST = Path(__file__).with_suffix(".txt")
SECONDS = 1
took = Counter()


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help=f"leave out the tests that {LIST.name} names")
    parser.addoption("--name-slow", action="store_true", help=f"add those of {SECONDS} s or more to {LIST.name}")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--quick"):
        slow = set(LIST.read_text().splitlines())
        config.hook.pytest_deselected(items=[item for item in items if function_of(item.nodeid) in slow])
        items[:] = [item for item in items if function_of(item.nodeid) not in slow]


def pytest_runtest_logreport(report):
    took[report.nodeid] += report.duration


def pytest_sessionfinish(session):
    if session.config.getoption("--name-slow") and not hasattr(session.config, "workerinput"):
        slow = {function_of(test) for test, seconds in took.items() if seconds >= SECONDS}
        known = LIST.read_text().splitlines() if LIST.exists() else []
        LIST.write_text("".join(f"{name}\n" for name in sorted(slow.union(known))))


def function_of(test):
    """A test's name without its parameters."""
    return test.split("[")[0]
