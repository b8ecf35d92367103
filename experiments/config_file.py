"""The arguments of --config before absl reads them: the file by its name, and only fields that exist."""

import ast
import contextlib
import difflib
import importlib.machinery
import importlib.util
import inspect
import re
from pathlib import Path

from absl import flags
from ml_collections import ConfigDict, config_flags

from vib.errors import InvalidInput, guess, require

CONFIGS = Path(__file__).parents[1] / "configs"
NEAR = 0.6  # of difflib's ratio, from which on a name is taken for a slip
FIELDS = "(python -m experiments.catalogue lists every field)"
OPEN = {  # fields that take any option below them, which is checked where it is used; with an example of one
    "data.options": "path=own.npz",
    "plane.estimators": "kde.noise_variance=0.01",
}
FILE_FLAG = re.compile(r"--?config(?:=(.*))?", re.DOTALL)
FIELD_FLAG = re.compile(r"--?(?:no)?config\.([^=]+).*", re.DOTALL)
FLAG = re.compile(r"--?[A-Za-z]")


class TupleParser(flags.ArgumentParser):
    """ml_collections' own would make a repeated flag append to the one before; here the last counts, as everywhere."""

    syntactic_help = "a tuple, such as (1, 2)"
    parse = config_flags.tuple_parser.TupleParser.parse


config_flags.register_flag_parser_for_type(tuple, TupleParser())


def prepared(arguments):
    """The arguments with --config first, once, and with the path of its file.

    Raises InvalidInput for a file, preset, section or field that does not exist.
    """
    others, value, rest = [], None, iter(arguments)
    for each in rest:
        named = FILE_FLAG.fullmatch(each)
        if named:
            value = next(rest, "") if named[1] is None else named[1]
        else:
            others.append(each)
    if value is None:
        return others
    name, *preset = value.split(":", 1)
    file = find(name)
    config = load(file, *preset)
    kept, set_below = split(others)
    for each in kept:
        if field := FIELD_FLAG.fullmatch(each):
            check(field[1], config)
    # as one value, as ml_collections sets no field that is not there
    kept += [f"--config.{path}={value!r}" for path, value in changed(config, set_below).items()]
    return [f"--config={':'.join([str(file), *preset])}", *kept]


def split(arguments):
    """(other arguments, [(path, what lies below it, text)]) with what sets a field of OPEN, or an option below one.

    Raises InvalidInput where such an argument has no value.
    """
    others, found, rest = [], [], iter(arguments)
    for each in rest:
        field = FIELD_FLAG.fullmatch(each)
        path = next((path for path in OPEN if field and f"{field[1]}.".startswith(f"{path}.")), None)
        if path is None:
            others.append(each)
            continue
        value = each.partition("=")[2] if "=" in each else next(rest, "--none")
        given = "=" in each or not FLAG.match(value)
        require(given, f"{each}: no value; give --config.{field[1]}=VALUE, such as --config.{path}.{OPEN[path]}")
        found.append((path, field[1].removeprefix(path).lstrip("."), value))
    return others, found


def changed(config, set_below):
    """{path: dict} of the fields of OPEN that change, with what is set of them in place of a config's own.

    set_below: as `split` gives it. Raises InvalidInput.
    """
    options = {}
    for path, below, text in set_below:
        section, field = path.split(".")
        options.setdefault(path, config[section][field].to_dict())
        put(options, path, below, text)
    return options


def put(options, path, below, text):
    """Sets options[path], or what lies 'kde.noise_variance' below it, to the Python value of a text, or to the text.

    Raises InvalidInput where the whole of options[path] is no dict.
    """
    try:
        value = ast.literal_eval(text)
    except (SyntaxError, ValueError):
        value = {"true": True, "false": False}.get(text.lower(), text)
    if not below:
        told = f"--config.{path}: {text!r} is no dict; set one option, such as --config.{path}.{OPEN[path]}"
        require(isinstance(value, dict), told)
        options[path] = value
        return
    *parents, name = below.split(".")
    inner = options[path]
    for parent in parents:
        inner = inner.setdefault(parent, {})
    inner[name] = value


def find(name):
    """The path of a config file: as given, or in configs/, with or without .py. Raises InvalidInput."""
    places = (Path(name), Path(f"{name}.py"), CONFIGS / name, CONFIGS / f"{name}.py")
    found = next((path for path in places if path.is_file()), None)
    require(found is not None, f"--config: no file '{name}'; {guess(Path(name).stem, names())}")
    return found.relative_to(Path.cwd()) if found.is_relative_to(Path.cwd()) else found


def names():
    """The names of all configs."""
    return sorted({path.stem for path in CONFIGS.glob("*.py")} - {"__init__", "base"})


def module(file):
    """The module of a config file. Raises InvalidInput where it does not load."""
    loader = importlib.machinery.SourceFileLoader("config", str(file))
    found = importlib.util.module_from_spec(importlib.util.spec_from_loader("config", loader))
    with loading(file):
        loader.exec_module(found)
    return found


@contextlib.contextmanager
def loading(file):
    """Raises InvalidInput, in one line, for whatever the code of a config file raises."""
    try:
        yield
    except InvalidInput:
        raise
    except Exception as error:
        raise InvalidInput(f"--config: '{file}' does not load ({type(error).__name__}: {error})") from error


def presets(file):
    """{preset: title} of a config file that has PRESETS; else empty. Raises InvalidInput where it does not load."""
    return getattr(module(file), "PRESETS", {})


def load(file, *preset):
    """The ConfigDict of a config file, and of its preset where one is given. Raises InvalidInput."""
    make = module(file).get_config
    takes = inspect.signature(make).parameters
    require(takes or not preset, f"--config: '{file}' has no presets; leave out ':{''.join(preset)}'")
    with loading(file):
        found = make(*preset)
    told = f"--config: '{file}' gives {found!r:.50}; return a ConfigDict from get_config, as configs/base.py does"
    require(isinstance(found, ConfigDict), told)
    return found


def check(path, config):
    """Raises InvalidInput unless 'section.field' is a field of the config."""
    section, dot, field = path.partition(".")
    if section not in config:
        found = owner(path, config) or guess(section, config)
        raise InvalidInput(f"--config.{path}: unknown section '{section}'; {found} {FIELDS}")
    fields = ", ".join(config[section])
    require(dot, f"--config.{path}: '{section}' is a section; set one of its fields: {fields}")
    if field not in config[section]:
        found = owner(path, config) or guess(field, config[section])
        more = [
            f", or an option, such as --config.{each}.{OPEN[each]}" for each in OPEN if each.startswith(f"{section}.")
        ]
        told = f"unknown field '{field}' of section '{section}'; {found}{''.join(more)} {FIELDS}"
        raise InvalidInput(f"--config.{path}: {told}")


def owner(name, config):
    """'did you mean --config.section.field?' of the fields that a name, with or without a section, is near; else ''."""
    before, _, field = name.rpartition(".")
    fields = sorted({each for section in config for each in config[section]})
    near = [field] if field in fields else difflib.get_close_matches(field, fields, n=2, cutoff=NEAR)
    found = [(section, each) for each in near for section in config if each in config[section]]
    section = difflib.get_close_matches(before.rpartition(".")[2], list(config), n=1, cutoff=NEAR)
    found = [pair for pair in found if pair[0] in section] or found
    return f"did you mean {' or '.join(f'--config.{section}.{each}' for section, each in found)}?" if found else ""


def of_presets(file, presets, fields, arguments):
    """{preset: its config} with {'train.steps': 5} of fields changed by the arguments of the command line.

    An option of the data or of an estimator changes alone: `fields` holds it among those of the first preset. Raises
    InvalidInput.
    """
    _, set_below = split(arguments)
    configs = {preset: load(file, preset) for preset in presets}
    for config in configs.values():
        config.update_from_flattened_dict(fields | changed(config, set_below))
    return configs
