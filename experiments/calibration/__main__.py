"""The calibration table: what every estimator reports where the truth is known, nats; three minutes on two CPU cores.

python -m experiments.calibration [--workdir=runs/calibration] [--repeats=10] [--estimators=ksg,ross]

Writes calibration.csv, calibration.md and calibration.png. Some lines show failures on purpose and say why they fail.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

from absl import flags

from experiments import cli

WORKDIR = flags.DEFINE_string("workdir", "runs/calibration", "folder to write to")
REPEATS = flags.DEFINE_integer("repeats", 10, "independent samples of each distribution", lower_bound=2)
ESTIMATORS = flags.DEFINE_list("estimators", [], "functions of vib.information to show; all unless given")
THREADS = 2  # one case keeps hardly more than one core busy


def main(_):
    from experiments.calibration import cases, output
    from vib import files
    from vib.errors import choose
    from vib.training.progress import console, say

    asked = cases.cases()
    for name in ESTIMATORS.value:
        choose("estimators", name, {case.function: case for case in asked})
    if ESTIMATORS.value:
        asked = [case for case in asked if case.function in ESTIMATORS.value]
    folder = files.make_folder(WORKDIR.value)
    with ThreadPoolExecutor(THREADS) as pool:
        lines = list(pool.map(partial(cases.measured, repeats=REPEATS.value), asked))
    console.print(output.table(lines, REPEATS.value))
    output.write(lines, REPEATS.value, folder)
    say(f"wrote {folder}/calibration.csv, calibration.md and calibration.png")


if __name__ == "__main__":
    cli.run(main)
