"""What every main shares: flags, and one line instead of a traceback for a user's mistake."""

import logging
import sys

import absl.logging
from absl import app, flags
from ml_collections import config_flags

from vib.errors import InvalidInput


def run(main):
    """absl's app.run for main(argv), with exit code 2 and one line on stderr where the user made a mistake."""

    def guarded(argv):
        quiet()
        try:
            return main(argv)
        except InvalidInput as error:
            fail(error)
        except KeyboardInterrupt:
            print("stopped", file=sys.stderr)
            sys.exit(130)

    app.run(guarded, flags_parser=parse)


def quiet():
    """Shows vib's own warnings, but not every step of an Orbax save, nor its reads that a damaged file cut short."""
    absl.logging.set_verbosity(absl.logging.ERROR)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    shown, sys.unraisablehook = sys.unraisablehook, lambda u: None if "Event loop" in str(u.exc_value) else shown(u)
    own = logging.StreamHandler()
    own.setFormatter(logging.Formatter("warning: %(message)s"))
    logger = logging.getLogger("vib")
    logger.setLevel(logging.WARNING)
    logger.addHandler(own)
    logger.propagate = False


def parse(argv):
    """Parses the flags; whatever is wrong with them is one line."""
    try:
        arguments = flags.FLAGS(argv)
    except (flags.Error, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        # ml_collections raises some of its messages through KeyError, which quotes them, and others as a traceback
        text = str(error).replace("\\n", " ").replace("\\'", "'")
        fail("command line: " + (text.rsplit("Error: ", 1)[-1] if "Traceback" in text else text))
    if len(arguments) > 1:
        fail(f"command line: '{arguments[1]}' is not a flag; flags look like --config.train.steps=500")
    return arguments


def config_of(flag):
    """(the config of a config_flags flag as a dict, its file, its preset or ''). Ends the program without a file."""
    file, _, preset = config_flags.get_config_filename(flags.FLAGS[flag.name]).partition(":")
    try:
        return flag.value.to_dict(), file, preset
    except OSError:
        fail(f"--config: no file '{file}'; see configs/")


def fail(message):
    """Ends the program with one line on stderr and exit code 2."""
    print(f"error: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(2)
