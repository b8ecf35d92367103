"""Hints of arrays that a function takes, and that they are checked in these tests, and in these alone."""

import subprocess
import sys

import hints
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from jaxtyping import Float, TypeCheckError, jaxtyped

from vib import data, exact, information
from vib.errors import require
from vib.latent import neighbours
from vib.typing import ArrayLike, Scalar


@pytest.mark.parametrize(
    "value",
    [np.ones((2, 2), np.uint8), jnp.ones((2, 2)), pd.DataFrame(np.eye(2)), ((1, 2), (3, 4))],
)
def test_an_array_like_has_its_shape_whatever_it_is(value):
    for shape in ("N width", "2 2", "N ...", "N *rest"):
        assert isinstance(value, ArrayLike[shape])
    for shape in (" N", "3 2", "N N width", ""):
        assert not isinstance(value, ArrayLike[shape])


def test_what_is_no_array_has_no_shape():
    assert not isinstance([[1, 2], [3]], ArrayLike["..."])
    assert not any(isinstance(value, Scalar) for value in ("1", [1.0], np.ones(1)))
    assert all(isinstance(value, Scalar) for value in (1, 1.0, np.float32(1), jnp.ones(())))


@jaxtyped(typechecker=hints.unless_refused)
def doubled(x: ArrayLike["N width"], y: ArrayLike[" N"], lost=0) -> Float[np.ndarray, "N 2*width"]:
    require(np.ndim(x) == 2, f"x: shape {np.shape(x)}; give a table")
    return np.hstack([x, x])[lost:]


def test_a_call_fits_its_hints_or_is_refused():
    """Sizes agree between arguments and with what is returned, of lists too."""
    x = np.ones((3, 2))
    assert doubled(x, np.ones(3)).shape == doubled(x, [1, 2, 3]).shape == (3, 4)
    with pytest.raises(ValueError, match="give a table"):
        doubled(x[0], np.ones(3))
    for arguments in ((x, np.ones(4)), (x, "abc"), (x, np.ones(3), 1), (x.astype(int), np.ones(3))):
        with pytest.raises(TypeCheckError):
            doubled(*arguments)


def test_the_rooms_are_checked_here():
    for function in (data.load, exact.erasure, information.ksg, neighbours.nearest):
        assert function.__wrapped__.__name__ == function.__name__


def test_a_user_is_not_slowed_down():
    code = "import sys, vib.exact, vib.data, vib.information; assert 'beartype' not in sys.modules"
    code += "; assert not hasattr(vib.exact.erasure, '__wrapped__')"
    subprocess.run([sys.executable, "-c", code], check=True)
