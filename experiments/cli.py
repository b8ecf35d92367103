"""What every main shares: flags, and one line instead of a traceback for a user's mistake."""

import difflib
import logging
import re
import sys
from functools import partial
from pathlib import Path

import absl.logging
from absl import app, flags
from ml_collections import config_flags

from experiments import config_file
from vib.errors import InvalidInput, guess


def define_config(about):
    """The flag --config."""
    return config_flags.DEFINE_config_file("config", None, about, lock_config=True)


def run(main, needs=None):
    """absl's app.run for main(argv), with exit code 2 and one line on stderr where the user made a mistake.

    needs: the flag that must be given.
    """

    def guarded(argv):
        quiet()
        try:
            return main(argv)
        except InvalidInput as error:
            fail(error)
        except KeyboardInterrupt as stopped:
            if str(stopped):
                print(f"{stopped}; run the same command again to go on")
            else:
                print("stopped", file=sys.stderr)
            sys.exit(130)

    told = main.__globals__["__doc__"].splitlines()
    command = next(line.strip() for line in told if line.strip().startswith("python -m"))
    app.run(guarded, flags_parser=partial(parse, needs=needs, command=command))


def quiet():
    """Shows vib's own warnings, but not what Orbax logs of a save, whose errors it raises, or of a damaged file."""
    absl.logging.set_verbosity(absl.logging.FATAL)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    shown, sys.unraisablehook = sys.unraisablehook, lambda u: None if "Event loop" in str(u.exc_value) else shown(u)
    own = logging.StreamHandler()
    own.setFormatter(logging.Formatter("warning: %(message)s"))
    logger = logging.getLogger("vib")
    logger.setLevel(logging.WARNING)
    logger.addHandler(own)
    logger.propagate = False


def parse(argv, needs=None, command=""):
    """Parses the flags; whatever is wrong with them is one line. Gives the arguments back, as they were given.

    command: how the main is called.
    """
    given = argv
    try:
        if "config" in flags.FLAGS:
            # ml_collections looks for the fields in sys.argv
            argv = sys.argv = [argv[0], *config_file.prepared(argv[1:])]
        arguments = flags.FLAGS(argv)
    except flags.UnrecognizedFlagError as error:
        fail(missing("config", command) if error.flagname.startswith("config.") else unknown(error.flagname))
    except flags.IllegalFlagValueError as error:
        fail(illegal(str(error)))
    except (flags.Error, InvalidInput, AttributeError, KeyError, TypeError, ValueError, OSError) as error:
        fail(error if isinstance(error, InvalidInput) else f"command line: {error}")
    if len(arguments) > 1:
        fail(f"command line: '{arguments[1]}' is not a flag; type {command}")
    if needs and flags.FLAGS[needs].value is None:
        fail(missing(needs, command))
    return given


def missing(name, command):
    """One line about a flag that must be given."""
    there = f"; configs: {', '.join(config_file.names())}" if name == "config" else ""
    return f"--{name}: not given; type {command}{there}"


def unknown(name):
    """One line about a flag that does not exist."""
    own = [*(flag.name for flag in flags.FLAGS.get_key_flags_for_module(sys.argv[0])), "help"]
    field = ""
    if "config" in flags.FLAGS and not difflib.get_close_matches(name, own, cutoff=config_file.NEAR):
        field = config_file.owner(name, config_file.load(config_file.find("base")))
    return f"--{name}: no such flag; {field or guess(name, own)}"


def illegal(text):
    """One line about a value that a flag does not take, from absl's 'flag --name=value: reason'."""
    told = re.fullmatch(r"flag --([^=]+)=(.*?): (.*)", text, re.DOTALL)
    if not told:
        return f"command line: {text}"
    name, value, reason = told.groups()
    parser = flags.FLAGS[name].parser
    wanted = "true or false" if parser.flag_type() == "bool" else parser.syntactic_help
    return f"--{name}: '{value}' is not {wanted}" if wanted else f"--{name}: '{value}': {reason}"


def config_of(flag):
    """(the config of a config_flags flag as a dict, its file, its preset or '')."""
    file, _, preset = config_flags.get_config_filename(flags.FLAGS[flag.name]).partition(":")
    return flag.value.to_dict(), file, preset


def run_name(file, preset):
    """What a run of a config is called: by its file, and its preset where there is one."""
    return f"{Path(file).stem}_{preset}" if preset else Path(file).stem


def fail(message):
    """Ends the program with one line on stderr and exit code 2."""
    print(f"error: {' '.join(str(message).split())}", file=sys.stderr)
    sys.exit(2)
