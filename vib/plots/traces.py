"""What the figures over layers and steps share: betas, estimators, layers, and their kinds and verdicts in words."""

import textwrap
from functools import reduce
from operator import and_

import numpy as np
from matplotlib.lines import Line2D

from vib.plots.style import COLOURS, GREY

SHOWN_BETAS = 3
KEEP = "\N{NO-BREAK SPACE}"
WIDTH = 38  # letters of a line over a panel
INFORMATION = {"information_x": "I(X;T)", "information_y": "I(T;Y)"}
KINDS = {"lower": "lower bound", "upper": "upper bound", "estimate": "estimate", "exact": "exact"}
# flags of values that are drawn hollow; the result says which code is which
DOUBTS = {"above_ceiling": "above its ceiling", "below_zero": "below zero", "unresolved": "unresolved"}
VERDICTS = {"compresses": "compresses", "cannot tell": "cannot tell", "does not": "does not compress"}
CEILING = {"color": "black", "lw": 0.7, "ls": (0, (4, 2)), "zorder": 0.5}
REACH = 2.0  # a ceiling this many times above the largest value is not drawn
LINES = ("-", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1)))  # in grey print neighbouring layers differ by these


def a_few_betas(result):
    """The result at no more than SHOWN_BETAS of its betas, the least and the largest among them."""
    return result.isel(beta=np.unique(np.linspace(0, result.sizes["beta"] - 1, SHOWN_BETAS).round().astype(int)))


def of_layers(result):
    """What a result says of layers, by rising beta: always of the weights as they are, nothing else was measured."""
    return result.drop_dims("weights", errors="ignore").drop_vars("weights", errors="ignore").sortby("beta")


def measured_by(result, *names):
    """The estimators that measured all of `names` of one layer at one step, in the result's order."""
    if not all(name in result for name in names):
        return []
    together = reduce(and_, (np.isfinite(result[name]) for name in names))
    return result.estimator.values[together.any([dim for dim in together.dims if dim != "estimator"]).values].tolist()


def layer_styles(layers):
    """{layer: colour and line style}, dark to light in the order of the network."""
    colours = COLOURS(np.linspace(0, 0.94, len(layers)))
    return {name: {"color": colours[i], "ls": LINES[i % len(LINES)]} for i, name in enumerate(layers)}


def joined(names, order):
    """Layers in words, three or more neighbours as a range: 'h1-h3, output'."""
    places = np.sort([order.index(name) for name in names])
    runs = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    words = [[order[i] for i in run] for run in runs]
    return ", ".join(f"{run[0]}-{run[-1]}" if len(run) > 2 else ", ".join(run) for run in words)


def heading(cell):
    """The estimator, and the number of seeds where it was measured for fewer of them than the result has."""
    values = [cell[name] for name in INFORMATION]
    count = sum(each.notnull().any(["layer", "step"]) for each in values).astype(bool).sum().item()
    fewer = f" ({count} seed{'s' * (count != 1)})" if count < cell.sizes["seed"] else ""
    return cell.estimator.item() + fewer


def kinds(cell):
    """What the numbers of one estimator are, a line a quantity: 'I(X;T): lower bound, ceiling 12 bits'."""
    lines = []
    for name, quantity in INFORMATION.items():
        found = [kind for kind in np.unique(cell[f"{name}_kind"].values.astype(str)) if kind]
        if found:
            lines.append(f"{quantity}: {' or '.join(KINDS[kind] for kind in found)}{_ceiling(cell, name)}")
    return lines


def _ceiling(cell, name):
    """', ceiling 12 bits (output 9.81)': the one of most layers, and of those that differ."""
    values = cell[f"{name}_ceiling"]
    texts = {layer: f"{values.sel(layer=layer).item():.3g}" for layer in cell.layer.values}
    texts = {layer: text for layer, text in texts.items() if text not in ("nan", "inf")}
    if not texts:
        return ""
    usual = max(texts.values(), key=list(texts.values()).count)
    others = [f"{layer}{KEEP}{text}" for layer, text in texts.items() if text != usual]
    return f", ceiling {usual} bit{'s' * (usual != '1')}" + (f" ({', '.join(others)})" if others else "")


def verdicts(cell):
    """The verdicts of one estimator and beta, a line a verdict, with the mean drops of what compresses; of none, []."""
    order, lines = cell.layer.values.tolist(), []
    if "verdict" not in cell:
        return lines
    for verdict, words in VERDICTS.items():
        layers = [layer for layer in order if cell.verdict.sel(layer=layer) == verdict]
        if verdict == "compresses" and layers:
            drops = [f"{layer}{KEEP}{cell.compression_mean.sel(layer=layer).item():.1f}" for layer in layers]
            lines.append(f"{words}: {', '.join(drops)}{KEEP}bits")
        elif layers:
            lines.append(f"{words}: {joined(layers, order)}")
    return lines


def headings(panels, seeds):
    """Over each panel [(axes, {beta, estimator})] the estimator, its kinds and its verdicts.

    Below the first beta the verdicts alone. The panels of a beta leave the same room for them.
    """
    first = seeds.beta.values[0]
    for beta in seeds.beta.values:
        row = [(axes, seeds.sel(at)) for axes, at in panels if at["beta"] == beta]
        said = [[*(kinds(cell) if beta == first else []), *verdicts(cell)] for _, cell in row]
        lines = [[part for line in each for part in textwrap.wrap(line, WIDTH)] for each in said]
        most = max(map(len, lines))
        for (axes, cell), each in zip(row, lines, strict=True):
            text = "\n".join([*each, *[" "] * (most - len(each))])
            small = axes.text(0, 1.03, text, transform=axes.transAxes, va="bottom", fontsize=7, color=GREY)
            # the title makes the room; in the layout a long line would make the panel narrow
            small.set_in_layout(False)
            above = heading(cell) if beta == first else " "
            axes.set_title(above, loc="left", pad=6 + 8.6 * (most - (above == " ")))


def left_out(result, shown):
    """[] or the line of a note that says how many betas a figure shows."""
    some, all_ = shown.sizes["beta"], result.sizes["beta"]
    return [f"{some} of {all_} betas shown"] if some < all_ else []


def doubtful(cell, *names):
    """Where one of `names` is flagged as a value that cannot be right or says little: bool [..., layer, step]."""
    flags = [cell[f"{name}_flag"].transpose(..., "layer", "step") for name in names]
    return np.any([np.isin(each.values, list(_doubts(each))) for each in flags], axis=0)


def doubt_handle(seeds):
    """[] or the one entry of a legend that says why points are hollow."""
    flags = [seeds[f"{name}_flag"] for name in INFORMATION]
    found = {words for each in flags for code, words in _doubts(each).items() if code in each.values}
    reasons = [words for words in DOUBTS.values() if words in found]
    said = " or ".join([", ".join(reasons[:-1]), *reasons[-1:]] if len(reasons) > 1 else reasons)
    look = {"color": GREY, "ls": "", "marker": "o", "ms": 3.5, "mfc": "white"}
    return [Line2D([], [], label=f"a seed is {said}", **look)] if reasons else []


def _doubts(flags):
    """{code: words} of the DOUBTS among the codes of a flag variable."""
    named = zip(flags.attrs["flag_values"], flags.attrs["flag_meanings"].split(), strict=True)
    return {code: DOUBTS[name] for code, name in named if name in DOUBTS}


def ceilings(cell, name, largest):
    """The distinct ceilings, bits, that are near enough to the largest value to be drawn."""
    found = np.unique(cell[f"{name}_ceiling"].values.round(4))
    return found[(found > 0) & (found <= REACH * largest)]


def shared(largest):
    """{name: end of its axis} from {name: largest value}: one for all unless they differ by a factor above four."""
    overall = max(largest.values())
    return dict.fromkeys(largest, overall) if min(largest.values()) > overall / 4 else largest
