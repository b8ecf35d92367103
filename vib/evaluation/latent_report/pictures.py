"""Images of one member: {figure: [(row name, images [n, H, W, C])]}, pixels in [0, 1]; the same examples for all."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np

from vib import data
from vib.evaluation.latent_report import draws, scores
from vib.latent import directions, interpolation, traversal
from vib.latent.dimensions import rate_per_dimension
from vib.latent.holes import QUANTILE
from vib.latent.maps import manifold
from vib.latent.neighbours import nearest
from vib.latent.views import codes, images

SHOWN, SPREAD = 10, 2.0  # images in a row; standard deviations of r(z) that a traversal goes to either side


def pictures(model, lab, key):
    """The sheets of a member that decodes to images: {figure: rows}; only its neighbours for another one."""
    train, test = (codes(model, batch.x) for batch in (lab.train, lab.test))
    shown = {"neighbours": neighbours(lab, train, test)}
    if not lab.decodes:
        return shown
    decode = partial(images, model)
    keys = jax.random.split(key, 4)
    shown |= paths(decode, lab, test)
    if lab.labelled:
        shown["swaps"] = swaps(decode, lab, train, test)
    if lab.factors is not None:
        shown["edits"] = edits(decode, lab, train, test)
    if lab.outliers:
        shown["anomalies"] = anomalies(model, lab, train, keys[0])
    if model.deterministic:
        return shown
    shown["traversals"] = traversals(decode, lab, train, test)
    shown["samples"] = samples(model, decode, train, keys[1])
    if len(test.mean) >= 1 / QUANTILE:
        shown["holes"] = in_holes(model, decode, train, test, keys[2])
    if train.mean.shape[1] == 2:
        grid = manifold(decode, 12)
        shown["manifold"] = [("", row) for row in grid]
    return shown


def real(lab, batch, rows):
    """The examples themselves."""
    x = batch.x[rows]
    return x if lab.dataset.low is None else data.pixels(lab.dataset, x)


def neighbours(lab, train, test):
    """Test examples, each followed by its nearest training ones, by code and by pixels."""
    rows = np.linspace(0, len(test.mean) - 1, 5).astype(int)
    nearest_to = {"code": (test.mean[rows], train.mean), "pixels": (lab.pixels[1][rows], lab.pixels[0])}
    near = {name: nearest(*pair, SHOWN - 1).index for name, pair in nearest_to.items()}
    return [
        (f"by {name}", np.concatenate([real(lab, lab.test, [row]), real(lab, lab.train, near[name][i])]))
        for i, row in enumerate(rows)
        for name in near
    ]


def paths(decode, lab, test):
    """Linear and spherical paths between pairs of test examples, and a grid between four."""
    rows = np.linspace(0, len(test.mean) - 1, 6).astype(int)
    found = []
    for start, end in zip(rows[::2], rows[1::2], strict=True):
        fade = interpolation.linear(*(jnp.asarray(real(lab, lab.test, i)).ravel() for i in (start, end)), SHOWN)
        found.append(("cross-fade", np.asarray(fade).reshape(SHOWN, *lab.test.x.shape[1:])))
        for name in ("linear", "spherical"):
            z = getattr(interpolation, name)(test.mean[start], test.mean[end], SHOWN)
            found.append((name, decode(np.asarray(z))))
    grid = np.asarray(interpolation.grid(test.mean[rows[:4]], SHOWN))
    return {"paths": found, "grid": [("", decode(row)) for row in grid]}


def swaps(decode, lab, train, test):
    """Examples moved to each of the first classes by arithmetic, a row an example; the first image is the example."""
    classes = np.unique(lab.train.y)[:SHOWN]
    shown = np.isin(lab.train.y, classes)
    means = directions.group_means(train.mean[shown], np.searchsorted(classes, lab.train.y[shown]), len(classes))
    found = []
    for i, label in enumerate(classes[:6]):
        for row in np.flatnonzero(lab.test.y == label)[:1]:
            moved = np.asarray(directions.swapped(test.mean[[row]], [i], np.arange(len(classes)), means))
            name = f"class {data.class_name(lab.dataset, label)}"
            found.append((name, np.concatenate([real(lab, lab.test, [row]), decode(moved)])))
    return found


def edits(decode, lab, train, test):
    """One example moved along the direction from low to high values of every ordered factor."""
    found = []
    for i, (name, size) in enumerate(zip(lab.factors.names, lab.factors.sizes, strict=True)):
        high = lab.factors.train[:, i] >= size / 2
        if name not in lab.factors.unordered and high.any() and not high.all():
            direction = directions.attribute_vector(train.mean, high)
            moved = np.asarray(directions.edit(test.mean[0], direction, np.linspace(-1.5, 1.5, SHOWN)))
            found.append((name, np.concatenate([real(lab, lab.test, [0]), decode(moved)])))
    return found


def anomalies(model, lab, train, key):
    """By each score, the strangest of the test examples and the least strange of the outliers."""
    usual = scores.anomaly_scores(model, lab, train, lab.test, key)
    found = []
    for name, batch in lab.outliers.items():
        strange = scores.anomaly_scores(model, lab, train, batch, key)
        for score in usual:
            hidden = np.argsort(strange[score], kind="stable")[:SHOWN]
            found.append((f"{name}: least odd by {score}", real(lab, batch, hidden)))
    for score in usual:
        odd = np.argsort(-usual[score], kind="stable")[:SHOWN]
        found.append((f"test: oddest by {score}", real(lab, lab.test, odd)))
    return found


def traversals(decode, lab, train, test):
    """One test example with one dimension changed, a row a dimension, by falling share of the rate."""
    rates = rate_per_dimension(train)
    order = traversal.by_rate(rates)[:SHOWN]
    values = np.linspace(-SPREAD, SPREAD, SHOWN)
    z = np.asarray(traversal.traversals(test.mean[0], order.tolist(), values))
    names = [f"z{d}, {rates[d] / np.log(2):.1f} bits" for d in order]
    return [(name, decode(row)) for name, row in zip(names, z, strict=True)]


def samples(model, decode, train, key):
    """Draws of prior, aggregate posterior and fitted mixture, decoded."""
    drawn = draws.sources(model, train, key, 2 * SHOWN)
    return [(name, decode(part)) for name, z in drawn.items() for part in np.split(z, 2)]


def in_holes(model, decode, train, test, key):
    """Draws of the prior that fall deepest into holes, and those that lie best."""
    prior, fallen = draws.prior_in_holes(model, train, test, key)
    order = np.argsort(fallen.log_ratio)
    inside = [row for row in order if fallen.hole[row]][: 2 * SHOWN]
    outside = [row for row in order[::-1] if not fallen.hole[row]][: 2 * SHOWN]
    found = [("outside", decode(prior[part])) for part in np.array_split(outside, 2) if len(part)]
    return found + [("in holes", decode(prior[part])) for part in np.array_split(inside, 2) if len(part)]
