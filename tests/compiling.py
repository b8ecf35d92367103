"""How the programs of the tests are compiled, and how many of them are kept."""

from pathlib import Path

import jax
import pytest

MAPS = Path("/proc/self/maps")  # Linux ends a process that asks for more than 65,530


@pytest.fixture(scope="module", autouse=True)
def programs_forgotten():
    """Between modules, before the compiled programs exhaust the mappings of memory that a process may have."""
    yield
    if MAPS.exists() and MAPS.read_bytes().count(b"\n") > 20_000:
        jax.clear_caches()


@pytest.fixture(scope="module")
def optimized():
    """For tests of the compiled programs themselves, or of long computations: all of XLA's optimizations."""
    disable_optimizations(False)
    yield
    disable_optimizations(True)


def disable_optimizations(disabled):
    # JAX does not keep programs of one setting from those of the other
    jax.config.update("jax_disable_most_optimizations", disabled)
    jax.clear_caches()
