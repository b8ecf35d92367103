"""`make quick`: the suite without the tests that take about a second or more, whose names slow.txt holds.

Where a fixture takes as long, it holds the whole file: without the test that made it, the next one would.
"""

from pathlib import Path

LIST = Path(__file__).with_suffix(".txt")
SECONDS = 0.8
slow = set()


def pytest_addoption(parser):
    parser.addoption("--quick", action="store_true", help=f"leave out the tests that {LIST.name} names")
    parser.addoption("--name-slow", action="store_true", help=f"add those of {SECONDS} s or more to {LIST.name}")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--quick"):
        known = set(LIST.read_text().splitlines())
        left_out = [item for item in items if known & {file_of(item.nodeid), function_of(item.nodeid)}]
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


def pytest_runtest_logreport(report):
    if report.duration >= SECONDS:
        slow.add(function_of(report.nodeid) if report.when == "call" else file_of(report.nodeid))


def pytest_sessionfinish(session):
    if session.config.getoption("--name-slow") and not hasattr(session.config, "workerinput"):
        known = LIST.read_text().splitlines() if LIST.exists() else []
        LIST.write_text("".join(f"{name}\n" for name in sorted(slow.union(known))))


def file_of(test):
    return test.split("::")[0]


def function_of(test):
    """A test's name without its parameters."""
    return test.split("[")[0]
