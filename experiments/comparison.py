"""What a comparison of sweeps leaves to look at: a table, and figures side by side."""

from rich import box
from rich.table import Table

from experiments import saving
from experiments.output import INFORMATION_Y, RATE, Column, number, short
from vib import plots, results
from vib.plots.style import holds
from vib.plots.traces import a_few_betas
from vib.training.progress import console, say

CURVE = ("rate", "information_y_bound")  # what a result must hold to be drawn
HEADER = ["method", "beta", "rate", "I(X;Z) ≤", "I(Z;Y) ≥", "acc. %", "marginal KL"]
ACCURACY = Column("acc. %", "accuracy_averaged", 1, scale=100, interval=False)


def write(found, workdir):
    """Prints the table of results {title: Dataset}, final weights; writes comparison.csv, whole, and two figures."""
    rows = [row for title, result in found.items() for row in lines(title, result)]
    saving.table([HEADER, *rows], workdir / "comparison.csv")
    console.print(table(found))
    drawn = {title: result for title, result in found.items() if all(holds(result, name) for name in CURVE)}
    if drawn:
        for name, figure in (("comparison", plots.comparison(drawn)), ("curves", plots.information_curves(drawn))):
            saving.figure(figure, workdir / f"{name}.png")
    missing = [title for title in found if title not in drawn]
    if missing:
        say(f"left out of the figures, for want of a finite rate or of I(Z;Y): {', '.join(missing)}")
    figures = ", comparison.png and curves.png" if drawn else ""
    say(f"wrote {workdir}/comparison.csv{figures}, and one run per preset below {workdir}")


def lines(title, result):
    """A row a beta of the last measurement on the test split, bits: texts, empty where a method has no such number."""
    last = results.summary(result, weights="final").in_bits()
    for i, beta in enumerate(result.beta.values):
        numbers = (column.text(last, i) for column in (INFORMATION_Y, ACCURACY))
        yield [title, f"{beta:.2g}", RATE.text(last, i), kept(last.mean, i), *numbers, marginal_kl(result, i)]


def kept(mean, place):
    """The mean of what bounds I(X;Z) from above: the rate, or what is measured in its place where it is no bound."""
    return short(mean["information_x_bound" if "information_x_bound" in mean else "rate"][place])


def marginal_kl(result, place):
    """'0.10-0.40', bits: the interval of KL(q(z) || r(z)), mean over the seeds; '≥ 0.10' where it is not resolved.

    '' where there is none.
    """
    if "marginal_kl_lower" not in result or not result.finite.isel(beta=place).any():
        return ""
    low, high, resolved = (part[place].item() for part in results.marginal_kl(result))
    digits = 1 if high >= 10 else 2
    low, high = (number(value, digits=digits) for value in (low, high))
    return f"{low}-{high}" if resolved else f"≥ {low}"


def table(found):
    """A rich Table, a row a method and a few betas of it: mean ± 95 % half-width over seeds, bits."""
    seeds = next(iter(found.values())).sizes["seed"]
    made = Table(
        title=f"test split, mean ± 95 % interval over {seeds} seeds, bits and %",
        caption="all betas: comparison.csv; marginal KL: 95 % interval of rate - I(X;Z)",
        box=box.SIMPLE_HEAD, pad_edge=False, padding=0,
    )  # fmt: skip
    lost = [f"{title}: {result.attrs['diverged']}" for title, result in found.items() if "diverged" in result.attrs]
    if lost:
        made.caption += f"\ndiverged, left out: {'; '.join(lost)}"
    made.add_column("method", no_wrap=True)
    for name in HEADER[1:]:
        made.add_column(name, justify="right", no_wrap=True)
    for title, result in found.items():
        for i, row in enumerate(lines(title, a_few_betas(result.sortby("beta")))):
            made.add_row("" if i else row[0], *row[1:])
        made.add_section()
    return made
