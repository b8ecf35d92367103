"""Trains every beta and seed of a config in one compiled program, measures it and draws its figures.

    python -m experiments.sweep --config=configs/digits_vib.py [--workdir=runs/mine] [--config.train.steps=500]

Run again, it goes on where it stopped, or says that it is finished.
"""

from pathlib import Path

from absl import flags
from ml_collections import config_flags

from experiments import cli
from experiments.devices import use_all_cores

CONFIG = config_flags.DEFINE_config_file("config", None, "what to run, a file of configs/", lock_config=True)
WORKDIR = flags.DEFINE_string("workdir", None, "where to write; default runs/<config name>")


def main(_):
    use_all_cores()
    from experiments import report, runner  # imports jax, which reads XLA's flags once

    name = Path(config_flags.get_config_filename(flags.FLAGS["config"])).stem
    workdir = Path(WORKDIR.value or f"runs/{name}")
    result = runner.run(CONFIG.value.to_dict(), workdir)
    report.write(result, workdir)


if __name__ == "__main__":
    flags.mark_flag_as_required("config")
    cli.run(main)
