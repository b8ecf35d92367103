"""Trains every beta and seed of a config in one compiled program, measures it and draws its figures.

    python -m experiments.sweep --config=configs/digits_vib.py [--workdir=runs/mine] [--config.train.steps=500]

A config with presets takes one after a colon: --config=configs/szt_plane.py:relu.
Run again, it goes on where it stopped, or says that it is finished.
"""

from absl import flags

from experiments import cli
from experiments.devices import use_all_cores

CONFIG = cli.define_config("what to run, a file of configs/")
WORKDIR = flags.DEFINE_string("workdir", None, "where to write; default runs/<config name>")


def main(_):
    use_all_cores()
    import vib  # imports jax, which reads XLA's flags once
    from experiments import output

    config, file, preset = cli.config_of(CONFIG)
    run = vib.train(config, workdir=WORKDIR.value or f"runs/{cli.run_name(file, preset)}")
    output.write(run.results, run.workdir)
    output.check(run.results)


if __name__ == "__main__":
    cli.run(main, needs="config")
