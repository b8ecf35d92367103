"""Finds the critical betas of a config: trains its grid, refines it where the code changes fastest, and trains again.

    python -m experiments.critical --config=configs/gaussian_vib.py [--rounds=4] [--workdir=runs/mine]

Betas are arguments of the one compiled program: no round compiles again. Writes critical.csv and critical.png.
"""

from pathlib import Path

import numpy as np
from absl import flags

from experiments import cli
from experiments.devices import use_all_cores

CONFIG = cli.define_config("what to train, a file of configs/")
WORKDIR = flags.DEFINE_string("workdir", None, "where to write; default runs/<config name>_critical")
ROUNDS = flags.DEFINE_integer("rounds", 4, "sweeps, each of as many betas as the config has", lower_bound=1)


def main(_):
    use_all_cores()
    from experiments import critical_search, saving
    from vib import api, plots
    from vib.errors import require
    from vib.evaluation import critical, frontier
    from vib.training import folder
    from vib.training.progress import console, say

    config, file, preset = cli.config_of(CONFIG)
    setup = api.check(config)
    model, steps, betas = setup.config.model, setup.config.train.steps, sorted(setup.config.sweep.betas)
    fits = model.kind in ("vib", "vae") and model.code == "gaussian" and not model.conditioned
    require(fits, "--config: only a Gaussian code of kind 'vib' or 'vae', a model a beta, has units that die")
    plain = model.marginal == "standard_normal"
    require(plain, f"model.marginal: '{model.marginal}'; a unit is told dead by its rate against 'standard_normal'")
    require(len(betas) >= 2 and betas[0] > 0, f"sweep.betas: {betas} is no range; give two or more betas > 0")
    bottleneck = model.kind == "vib" and setup.config.train.u == "linear"
    exact = frontier.critical_betas(setup.dataset.exact) if bottleneck else None
    workdir = Path(WORKDIR.value or f"runs/{cli.run_name(file, preset)}_critical")

    def report(number, trained, so_far):
        grid, units, total = so_far
        rows = zip(grid, total.mean(0), units.mean(0), strict=True)
        saving.table([["beta", "rate_nats", "active_units"], *rows], workdir / "critical.csv")
        say(f"round {number}: {len(trained)} betas from {trained[0]:.4g} to {trained[-1]:.4g}")

    with folder.claimed(workdir):  # before minutes are spent on what could not be written
        grid, units, total = critical_search.search(setup, betas, steps, ROUNDS.value, report)
        found = critical.critical_betas(grid, units)
        saving.figure(plots.critical(grid, total, units, found, exact), workdir / "critical.png")
    console.print(table(found, exact))
    say(f"wrote {workdir}/critical.csv and critical.png")


def table(found, exact):
    """A rich Table of the critical betas found, and of the exact ones where they are known."""
    from rich import box
    from rich.table import Table

    made = Table(title="critical betas", box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("units that live below it", "found", "exact"):
        made.add_column(name, justify="right")
    for k, (beta, half) in enumerate(found.T):
        known = f"{exact[k]:.4f}" if exact is not None and k < len(exact) else "-"
        made.add_row(str(k + 1), "-" if np.isnan(beta) else f"{beta:.4f} ± {half:.4f}", known)
    return made


if __name__ == "__main__":
    cli.run(main, needs="config")
