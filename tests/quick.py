"""Small programs, compiled without much thought: two thirds of the time of tests that mostly compile."""

import jax
import pytest


@pytest.fixture(scope="module", autouse=True)
def quickly_compiled():
    """For the module that imports it, and the processes that it starts. No other one sees its programs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JAX_DISABLE_MOST_OPTIMIZATIONS", "1")
        switch(True)
        yield
    switch(False)


def switch(quick):
    # JAX does not keep programs of one setting from those of the other
    jax.config.update("jax_disable_most_optimizations", quick)
    jax.clear_caches()
