"""Trains every beta and seed of a config in one compiled program, measures it and draws its figures.

    python -m experiments.sweep --config=configs/digits_vib.py [--workdir=runs/mine] [--config.train.steps=500]

A config with presets takes one after a colon: --config=configs/szt_plane.py:relu.
Run again, it goes on where it stopped, or says that it is finished.
"""

import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from experiments import cli
from experiments.devices import use_all_cores

CONFIG = config_flags.DEFINE_config_file("config", None, "what to run, a file of configs/", lock_config=True)
WORKDIR = flags.DEFINE_string("workdir", None, "where to write; default runs/<config name>")


def main(_):
    use_all_cores()
    from experiments import output, runner, terminal  # imports jax, which reads XLA's flags once

    config, file, preset = cli.config_of(CONFIG)
    name = f"{Path(file).stem}_{preset}" if preset else Path(file).stem
    workdir = Path(WORKDIR.value or f"runs/{name}")
    try:
        result = runner.run(config, workdir)
    except terminal.Interrupted as stopped:
        terminal.say(f"{stopped}; run the same command again to go on")
        sys.exit(130)
    output.write(result, workdir)
    output.check(result)


if __name__ == "__main__":
    cli.run(main, needs="config")
