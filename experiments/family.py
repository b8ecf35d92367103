"""Runs every preset of a config, each as experiments.sweep would, and compares them in a table and two figures.

    python -m experiments.family --config=configs/family_digits.py [--workdir=runs/mine] [--config.train.steps=500]

Presets whose run is finished are taken as they are; run again, it goes on where it stopped.
"""

from pathlib import Path

from absl import flags
from ml_collections import config_flags

from experiments import cli, config_file
from experiments.devices import use_all_cores

CONFIG = cli.define_config("a file of configs/ with PRESETS")
WORKDIR = flags.DEFINE_string("workdir", None, "where to write, a folder a preset; default runs/<config name>")


def main(argv):
    use_all_cores()
    import vib  # imports jax, which reads XLA's flags once
    from experiments import comparison, output
    from vib.api import check
    from vib.errors import require
    from vib.training.progress import say

    _, file, preset = cli.config_of(CONFIG)
    presets = config_file.presets(file)
    require(presets, f"--config: '{file}' has no PRESETS to compare; run experiments.sweep with it")
    require(not preset, f"--config: all presets are compared; leave out ':{preset}', or run experiments.sweep with it")
    workdir = Path(WORKDIR.value or f"runs/{Path(file).stem}")
    fields = config_flags.get_override_values(flags.FLAGS["config"])
    configs, results = config_file.of_presets(file, presets, fields, argv[1:]), {}
    for config in configs.values():  # all of them before the first is trained
        check(config)
    for preset, title in presets.items():
        say(f"{preset}: {title}")
        results[title] = vib.train(configs[preset], workdir=workdir / preset).results
        output.write(results[title], workdir / preset)
    comparison.write(results, workdir)
    for result in results.values():  # at the end: one that fails must not keep the others from being trained
        output.check(result)


if __name__ == "__main__":
    cli.run(main, needs="config")
