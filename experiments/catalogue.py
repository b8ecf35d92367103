"""Lists what there is: configs, fields, data, models, marginals, objectives, estimators and evaluators, a line each.

python -m experiments.catalogue [--of=fields]
"""

import ast

from absl import flags

from experiments import cli, config_file

OF = flags.DEFINE_string("of", None, "one of the lists only")


def main(_):
    from rich.markup import escape

    from vib.errors import choose
    from vib.training.progress import console

    found = lists()
    shown = found if OF.value is None else {OF.value: choose("--of", OF.value, found)}
    for title, lines in shown.items():
        console.print(f"[bold]{title}[/bold]")
        width = max(map(len, lines))
        for name, about in lines.items():
            console.print(f"  {name:{width}}  {escape(about)}", soft_wrap=True)


def lists():
    """{title: {name: what it is}}."""
    from vib import config, data, models
    from vib.evaluation import images, latent_report, marginal_kl, plane, rate_distortion
    from vib.evaluation.estimators import ESTIMATORS
    from vib.objectives import OBJECTIVES
    from vib.training.setup import US

    evaluators = (rate_distortion.RateDistortion, plane.InformationPlane, marginal_kl.MarginalKL, images.Images)
    return {
        "configs": {name: summary(config_file.find(name)) for name in config_file.names()},
        "fields": {path: f"{info.default!r}: {info.description}" for path, info in config.fields().items()},
        "data": {name: first(source) for name, source in data.SOURCES.items()},
        "models": {name: first(kind.make) for name, kind in models.KINDS.items()},
        "marginals": {name: first(kind) for name, kind in models.MARGINALS.items()},
        "objectives": {name: first(each) for name, each in OBJECTIVES.items()},
        "u of the rate": {name: first(u) for name, u in US.items()},
        "estimators": {name: first(each.measure) for name, each in ESTIMATORS.items()},
        "evaluators": {each.name: first(each) for each in evaluators},
        "latent report": {each.name: first(each) for each in latent_report.standard()},
    }


def first(documented):
    """The first line of a docstring, of a partial that of its function."""
    return getattr(documented, "func", documented).__doc__.strip().splitlines()[0]


def summary(path):
    """The first line of a module's docstring, without running it."""
    return ast.get_docstring(ast.parse(path.read_text())).splitlines()[0]


if __name__ == "__main__":
    cli.run(main)
