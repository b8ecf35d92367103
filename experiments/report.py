"""Draws the figures of a run and prints its table, from results.nc alone.

python -m experiments.report --workdir=runs/digits_vib
"""

from pathlib import Path

from absl import flags

from experiments import cli

WORKDIR = flags.DEFINE_string("workdir", None, "the folder of a run")


def main(_):
    from experiments import output
    from vib import results

    output.write(results.load(Path(WORKDIR.value) / "results.nc"), WORKDIR.value)


if __name__ == "__main__":
    cli.run(main, needs="workdir")
