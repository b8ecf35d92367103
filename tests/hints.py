"""The hints of the rooms that take and give plain arrays, checked in every call that a test makes."""

import inspect
from typing import Any

import beartype
import jaxtyping

ROOMS = ("vib.data", "vib.information", "vib.exact", "vib.latent")
NUMBERS = beartype.BeartypeConf(is_pep484_tower=True)  # a float may be given as an int


def check():
    """From here on; to be called before the rooms are imported."""
    jaxtyping.install_import_hook(ROOMS, "hints.unless_refused")


def unless_refused(function):
    """beartype for what a function gives, together with what it took: a call fits its hints, or raises of itself.

    jaxtyping checks the arguments before the call, too. Not here: what its hint does not allow the function itself may
    refuse, with InvalidInput in place of a traceback. What it does not refuse is then missing in the hint. Nor are
    fields of dataclasses checked, as JAX rebuilds an Estimate with anything in the place of its arrays.
    """
    before_the_call = inspect.signature(function).return_annotation is Any
    if before_the_call or function.__name__ == "__init__":
        return function
    return beartype.beartype(function, conf=NUMBERS)
