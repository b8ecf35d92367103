"""Small programs, compiled without much thought: half the time of tests that mostly compile."""

import jax
import pytest


@pytest.fixture(scope="module", autouse=True)
def quickly_compiled():
    """For the module that imports it. Its programs may round otherwise than those of another process."""
    jax.config.update("jax_disable_most_optimizations", True)
    yield
    jax.config.update("jax_disable_most_optimizations", False)
