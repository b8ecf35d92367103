"""How hard XLA works on a program: little in the suite, where compiling takes most of the time."""

import jax
import pytest


@pytest.fixture(scope="module")
def optimized():
    """For tests of the compiled programs themselves: they are compiled as a user's are."""
    switch(False)
    yield
    switch(True)


def switch(quick):
    # JAX does not keep programs of one setting from those of the other
    jax.config.update("jax_disable_most_optimizations", quick)
    jax.clear_caches()
