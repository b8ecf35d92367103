"""Looks into the latent space of every member of a finished run: numbers, figures and one page to read.

    python -m experiments.latent --workdir=runs/sprites_vae [--beta=8] [--examples=5000] [--against=runs/other]

The numbers join results.nc, the figures lie in figures/latent_*.png, and report.html holds all of it.
"""

from absl import flags

from experiments import cli
from experiments.devices import use_all_cores

WORKDIR = flags.DEFINE_string("workdir", None, "the folder of a finished run")
BETA = flags.DEFINE_float("beta", None, "the beta whose images are shown; default the one that does best")
AGAINST = flags.DEFINE_string("against", None, "the folder of another run that has a latent report, to compare with")
EXAMPLES = flags.DEFINE_integer("examples", 5000, "training examples that are encoded", lower_bound=500)


def main(_):
    use_all_cores()
    from experiments import latent_figures, latent_page, latent_run, saving
    from vib import files, load, report, results
    from vib.training import folder
    from vib.training.progress import console, say

    folder.read(WORKDIR.value)  # a folder that is not there is not made
    # before minutes are spent on what could not be written, and before what another process writes is read
    with folder.claimed(WORKDIR.value):
        run = load(WORKDIR.value)
        beta, other = latent_run.chosen(run, BETA.value), latent_run.other(AGAINST.value, run, EXAMPLES.value)
        examples = report.examples_of(run, EXAMPLES.value)
        result = report.measured(run, examples)
        results.save(result, run.workdir / "results.nc")
        run, beta = run._replace(results=result), latent_run.best(result) if beta is None else beta
        say(f"pictures of beta {beta:g}")
        drawn = latent_figures.figures(run, examples, beta, other)
        folder_of_figures = files.make_folder(run.workdir / "figures")
        paths = {folder_of_figures / f"latent_{name}.png": each.figure for name, each in drawn.items()}
        for path, figure in paths.items():
            saving.figure(figure, path)
        files.save(run.workdir / "report.html", latent_page.page(run, beta, drawn).encode())
        with files.writing(folder_of_figures):
            for old in {*folder_of_figures.glob("latent_*.png")} - paths.keys():
                old.unlink()
    console.print(latent_page.terminal_table(result))
    say(f"wrote {run.workdir}/report.html and figures/latent_*.png; pictures of beta {beta:g}, numbers in results.nc")


if __name__ == "__main__":
    cli.run(main, needs="workdir")
