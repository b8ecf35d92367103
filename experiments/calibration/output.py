"""The calibration table on the terminal, and the files of a calibration: csv, markdown and its figure."""

import numpy as np
from rich import box
from rich.table import Table

from experiments import saving
from vib import files, plots

TITLES = ("estimator", "distribution", "N", "truth", "estimate", "ceiling", "kind", "flag", "fails by")
TERMINAL = ("distribution", "N", "truth", "estimate", "ceiling", "fails by")
NUMBERS = ("N", "truth", "estimate", "ceiling")


def cells(line):
    """The texts of one line of the table, nats."""
    case = line.case
    interval = f" ± {line.half_width:.3f}" if line.half_width > 0 else ""
    ceiling = f"{line.ceiling:.2f}" if np.isfinite(line.ceiling) else "-"
    flag = "" if line.flag == "fine" else line.flag.replace("_", " ")
    return (
        *(case.estimator, case.known.name, f"{case.count}", f"{case.known.information:.3f}"),
        *(f"{line.mean:.3f}{interval}", ceiling, line.kind, flag, case.failure),
    )


def table(lines, repeats):
    """A rich Table, nats: mean +- 95 % half-width over the repeats, under a heading for each estimator."""
    title = f"estimators where the truth is known: nats, mean ± 95 % interval over {repeats} repeats"
    shown = Table(title=title, box=box.SIMPLE_HEAD, pad_edge=False, padding=0)
    for name in TERMINAL:
        shown.add_column(name, justify="right" if name in NUMBERS else "left", no_wrap=name != "fails by")
    heading = None
    for line in lines:
        row = dict(zip(TITLES, cells(line), strict=True))
        if heading != (heading := f"{row['estimator']}: {row['kind']}"):
            shown.add_row(f"[bold]{heading}[/bold]")
        shown.add_row(*(row[name] for name in TERMINAL[:-1]), row["fails by"] or row["flag"])
    return shown


def write(lines, repeats, folder):
    """Writes calibration.csv, calibration.md and calibration.png into folder."""
    names = "estimator,distribution,samples,truth_nats,mean_nats,half_width_nats,repeats,ceiling_nats,kind,flag,failure"
    measured = [
        [case.estimator, case.known.name, case.count, case.known.information, mean, half, repeats, *rest, case.failure]
        for case, mean, half, *rest in lines
    ]
    saving.table([names.split(","), *measured], folder / "calibration.csv")
    rule = "|".join("--:" if name in NUMBERS else "---" for name in TITLES)
    rows = [" | ".join(cells(line)) for line in lines]
    text = [f"| {' | '.join(TITLES)} |", f"|{rule}|", *(f"| {row} |" for row in rows)]
    files.save(folder / "calibration.md", ("\n".join(text) + "\n").encode())
    saving.figure(plots.estimates_against_truths(lines), folder / "calibration.png")
