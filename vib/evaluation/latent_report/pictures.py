"""Images of one member: sheets of rows, with what each shows; the same examples for all."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib import data
from vib.errors import InvalidInput, LeftOut
from vib.evaluation.latent_report.outliers import anomaly_scores
from vib.evaluation.latent_report.paths import WAYS
from vib.evaluation.latent_report.rate_parts import prior_in_holes
from vib.evaluation.latent_report.samples import sources
from vib.latent import directions, interpolation, traversal
from vib.latent.dimensions import rate_per_dimension
from vib.latent.maps import manifold
from vib.latent.neighbours import nearest

SHOWN, SPREAD = 10, 2.0  # images in a row; standard deviations of r(z) that a traversal goes to either side
DRAWING = ("anomalies", "samples", "holes", "")  # sheets that draw, each with its own of four keys split from one


class Sheet(NamedTuple):
    """Rows of images."""

    caption: str
    rows: list  # [(row name, images [n, H, W, C])], pixels in [0, 1]


class Kind(NamedTuple):
    """How a sheet is made."""

    caption: str
    needs: tuple  # of what vib.evaluation.latent_report.evaluator names
    draw: Callable  # (member, key) -> rows of a Sheet


def pictures(member, key):
    """The sheets of a Member whose inputs are images: {name: Sheet}; warns of those that its examples do not allow."""
    keys, found = dict(zip(DRAWING, jax.random.split(key, len(DRAWING)), strict=True)), {}
    for name, kind in KINDS.items():
        if member.allows(kind.needs):
            try:
                found[name] = Sheet(kind.caption, kind.draw(member, keys.get(name)))
            except InvalidInput as error:
                warnings.warn(f"{name}: {error}", LeftOut, stacklevel=2)
    return found


def real(examples, batch, rows):
    """The examples themselves."""
    x = batch.x[rows]
    return x if examples.dataset.low is None else data.pixels(examples.dataset, x)


def neighbours(member, key):
    """Five test examples, by code and by pixels."""
    examples, (train, test) = member.examples, member.examples.pixels
    rows = np.linspace(0, len(test) - 1, 5).astype(int)
    pairs = {"code": (member.test.mean[rows], member.train.mean), "pixels": (test[rows], train)}
    near = {name: nearest(*pair, SHOWN - 1).index for name, pair in pairs.items()}
    return [
        (f"by {name}", np.concatenate([real(examples, examples.test, [row]), real(examples, examples.train, index[i])]))
        for i, row in enumerate(rows)
        for name, index in near.items()
    ]


def paths(member, key):
    """Between three pairs."""
    examples, rows, found = member.examples, corners(member), []
    for start, end in zip(rows[::2], rows[1::2], strict=True):
        pair = (jnp.asarray(real(examples, examples.test, i)).ravel() for i in (start, end))
        fade = np.asarray(interpolation.linear(*pair, SHOWN)).reshape(SHOWN, *examples.test.x.shape[1:])
        ways = {name: way(member.test.mean[start], member.test.mean[end], SHOWN) for name, way in WAYS.items()}
        found += [("cross-fade", fade), *((name, member.decode(np.asarray(z))) for name, z in ways.items())]
    return found


def grid(member, key):
    """A square of images."""
    z = np.asarray(interpolation.grid(member.test.mean[corners(member)[:4]], SHOWN))
    return [("", member.decode(row)) for row in z]


def corners(member):
    """Six test examples to go between, evenly spaced."""
    return np.linspace(0, len(member.test.mean) - 1, 6).astype(int)


def swaps(member, key):
    """Of one example of each of the first six classes."""
    examples = member.examples
    classes = np.unique(examples.train.y)[:SHOWN]
    shown = np.isin(examples.train.y, classes)
    groups = np.searchsorted(classes, examples.train.y[shown])
    means, found = directions.group_means(member.train.mean[shown], groups, len(classes)), []
    for i, label in enumerate(classes[:6]):
        for row in np.flatnonzero(examples.test.y == label)[:1]:
            moved = np.asarray(directions.swapped(member.test.mean[[row]], [i], np.arange(len(classes)), means))
            images = np.concatenate([real(examples, examples.test, [row]), member.decode(moved)])
            found.append((f"class {data.class_name(examples.dataset, label)}", images))
    return found


def edits(member, key):
    """Of the first test example, along every factor whose values have an order."""
    examples, found = member.examples, []
    factors = examples.factors
    for i, (name, size) in enumerate(zip(factors.names, factors.sizes, strict=True)):
        high = factors.train[:, i] >= size / 2
        if name not in factors.unordered and high.any() and not high.all():
            direction = directions.attribute_vector(member.train.mean, high)
            moved = np.asarray(directions.edit(member.test.mean[0], direction, np.linspace(-1.5, 1.5, SHOWN)))
            found.append((name, np.concatenate([real(examples, examples.test, [0]), member.decode(moved)])))
    return found


def anomalies(member, key):
    """A row for each score and kind of outlier, and for each score of the test examples."""
    examples, found = member.examples, []
    usual = anomaly_scores(member, examples.test, key)
    for name, batch in examples.outliers.items():
        for score, values in anomaly_scores(member, batch, key).items():
            hidden = np.argsort(values, kind="stable")[:SHOWN]
            found.append((f"{name}: least odd by {score}", real(examples, batch, hidden)))
    for score, values in usual.items():
        odd = np.argsort(-values, kind="stable")[:SHOWN]
        found.append((f"test: oddest by {score}", real(examples, examples.test, odd)))
    return found


def traversals(member, key):
    """A row for each dimension of the first test example."""
    rates = rate_per_dimension(member.train)
    order = traversal.by_rate(rates)[:SHOWN]
    values = np.linspace(-SPREAD, SPREAD, SHOWN)
    z = np.asarray(traversal.traversals(member.test.mean[0], order.tolist(), values))
    names = [f"z{d}, {rates[d] / np.log(2):.1f} bits" for d in order]
    return [(name, member.decode(row)) for name, row in zip(names, z, strict=True)]


def samples(member, key):
    """Two rows of each source."""
    drawn = sources(member, key, 2 * SHOWN)
    return [(name, member.decode(part)) for name, z in drawn.items() for part in np.split(z, 2)]


def in_holes(member, key):
    """Two rows at most of those of the highest density ratio, and of the deepest in holes. Raises InvalidInput."""
    prior, fallen = prior_in_holes(member, key)
    order = np.argsort(fallen.log_ratio)
    inside = [row for row in order if fallen.hole[row]][: 2 * SHOWN]
    outside = [row for row in order[::-1] if not fallen.hole[row]][: 2 * SHOWN]
    found = [("outside", member.decode(prior[part])) for part in np.array_split(outside, 2) if len(part)]
    return found + [("in holes", member.decode(prior[part])) for part in np.array_split(inside, 2) if len(part)]


def plane(member, key):
    """A square of images."""
    return [("", row) for row in manifold(member.decode, 12)]


KINDS = {
    "neighbours": Kind("test examples, then the training examples nearest to each", (), neighbours),
    "traversals": Kind(
        f"a test example, one dimension at a time from -{SPREAD:g} to {SPREAD:g}", ("decoder", "density"), traversals
    ),
    "paths": Kind("between two test examples: cross-fade, line and arc", ("decoder",), paths),
    "grid": Kind("between four test examples", ("decoder",), grid),
    "swaps": Kind("an example, then its code moved to each class", ("decoder", "labels"), swaps),
    "edits": Kind("an example, then its code moved along each factor", ("decoder", "factors"), edits),
    "samples": Kind("decoded draws of z", ("decoder", "prior"), samples),
    "holes": Kind("draws of the prior, outside holes and deepest in them", ("decoder", "prior"), in_holes),
    "manifold": Kind("decoded quantiles of N(0, I) in the plane of z", ("decoder", "density", "plane"), plane),
    "anomalies": Kind("the least odd outliers and the oddest test examples", ("decoder", "outliers"), anomalies),
}
