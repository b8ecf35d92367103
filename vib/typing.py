"""Hints of public functions: `ArrayLike["N latent"]` for what is taken, jaxtyping's `Float[...]` for what is given."""

from typing import Any

import numpy as np
from jaxtyping import Shaped


class _OfShape(type):
    """The type of `ArrayLike["N latent"]`. Sizes of one name agree within a call, where jaxtyping checks it."""

    def __instancecheck__(cls, value):
        try:
            array = value if hasattr(value, "shape") and hasattr(value, "dtype") else np.asarray(value)
        except ValueError:  # rows of several lengths
            return False
        return isinstance(array, cls.shaped)


class ArrayLike:
    """`ArrayLike["N latent"]`: what NumPy makes an array of that shape of.

    Lists, arrays of NumPy and JAX, columns of pandas. What does not fit is refused with InvalidInput.
    """

    def __class_getitem__(cls, shape):
        return _OfShape(f"ArrayLike[{shape.strip()}]", (cls,), {"shaped": Shaped[Any, shape]})


Integer = int | np.integer
Real = float | np.floating | Integer
Scalar = Real | Shaped[Any, ""]  # or an array of JAX or NumPy that holds one number
