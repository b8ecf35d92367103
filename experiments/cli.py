"""What every main shares: flags, and one line instead of a traceback for a user's mistake."""

import sys

from absl import app, flags

from vib.errors import InvalidInput


def run(main):
    """absl's app.run for main(argv), with exit code 2 and one line on stderr where the user made a mistake."""

    def guarded(argv):
        try:
            return main(argv)
        except InvalidInput as error:
            fail(error)

    app.run(guarded, flags_parser=parse)


def parse(argv):
    """Parses the flags; whatever is wrong with them is one line."""
    try:
        arguments = flags.FLAGS(argv)
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        fail(f"command line: {error}")
    if len(arguments) > 1:
        fail(f"command line: '{arguments[1]}' is no flag; flags look like --config.train.steps=500")
    return arguments


def fail(message):
    """Ends the program with one line on stderr and exit code 2."""
    print(f"error: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(2)
