"""Runs every preset of a config, each as experiments.sweep would, and compares them in one table and one figure.

    python -m experiments.family --config=configs/family_digits.py [--workdir=runs/mine] [--config.train.steps=500]

Presets whose run is finished are taken as they are; run again, it goes on where it stopped.
"""

import sys
from pathlib import Path

from absl import flags
from ml_collections import config_flags

from experiments import cli, config_file
from experiments.devices import use_all_cores

CONFIG = config_flags.DEFINE_config_file("config", None, "a file of configs/ with PRESETS", lock_config=True)
WORKDIR = flags.DEFINE_string("workdir", None, "where to write, a folder a preset; default runs/<config name>")


def main(_):
    use_all_cores()
    from experiments import comparison, output, runner, terminal  # imports jax, which reads XLA's flags once
    from vib import run, setup
    from vib.errors import require
    from vib.training import sharding

    _, file, preset = cli.config_of(CONFIG)
    module = config_file.module(file)
    presets = hasattr(module, "PRESETS")
    require(presets, f"--config: '{file}' has no PRESETS to compare; run experiments.sweep with it")
    require(not preset, f"--config: all presets are compared; leave out ':{preset}', or run experiments.sweep with it")
    workdir = Path(WORKDIR.value or f"runs/{Path(file).stem}")
    configs, results = {}, {}
    for preset in module.PRESETS:  # all of them before the first is trained
        config = module.get_config(preset)
        config.update_from_flattened_dict(config_flags.get_override_values(flags.FLAGS["config"]))
        configs[preset] = setup.with_betas(config.to_dict())
        sharding.blueprint(run.prepare(configs[preset]).make_sweep, configs[preset]["sweep"]["betas"])
    for preset, title in module.PRESETS.items():
        terminal.say(f"{preset}: {title}")
        try:
            results[title] = runner.run(configs[preset], workdir / preset)
        except terminal.Interrupted as stopped:
            terminal.say(f"{stopped}; run the same command again to go on")
            sys.exit(130)
        output.write(results[title], workdir / preset)
    comparison.write(results, workdir)
    for result in results.values():  # at the end: one that fails must not keep the others from being trained
        output.check(result)


if __name__ == "__main__":
    cli.run(main, needs="config")
