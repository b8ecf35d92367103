"""What a user did wrong, told in one line."""

import difflib


class InvalidInput(ValueError):
    """A mistake of the user: names the field, the value and the remedy. The mains print it without a traceback."""


class LeftOut(UserWarning):
    """A number that was asked for and could not be measured: says why."""


def require(condition, message):
    """Raises InvalidInput(message) unless the condition holds."""
    if not condition:
        raise InvalidInput(message)


def choose(field, name, known):
    """Returns known[name]; raises InvalidInput that offers the nearest known name."""
    if name in known:
        return known[name]
    raise InvalidInput(f"{field}: unknown '{name}'; {guess(name, known)}")


def guess(name, known, otherwise=None):
    """The nearest known name as a question; where none is near `otherwise`, or all of them."""
    near = difflib.get_close_matches(str(name), list(known), n=1, cutoff=0.5)
    return f"did you mean '{near[0]}'?" if near else otherwise or f"known: {', '.join(sorted(known))}"
