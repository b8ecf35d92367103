"""Which estimator is shown on which known distribution: what each is meant for, and where it is known to fail."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from vib import information
from vib.distributions import Gaussian, sample
from vib.information import known
from vib.results import student

HIGH = "its ceiling"
FAR = "far neighbours"


class Case(NamedTuple):
    """One line of the table: measure(key, *arrays) -> Estimate, on `count` samples of the known distribution."""

    estimator: str  # the function of vib.information, and which of its bounds
    known: known.Known
    count: int
    measure: Callable
    failure: str = ""  # what it fails by, where that is what the line shows

    @property
    def function(self):
        """The name of the function in vib.information."""
        return self.estimator.split()[0]

    @property
    def saturating(self):
        """Whether it stops at its ceiling; the information plane has shorter names."""
        return self.estimator.replace("_bounds", "").replace(" ", "_") in information.SATURATING


class Line(NamedTuple):
    """What came out, nats."""

    case: Case
    mean: float
    half_width: float  # of the 95 % Student-t interval of the mean over the repeats
    ceiling: float
    kind: str
    flag: str


def cases():
    """Every case, in the order of the table."""
    return [*_neighbours(), *_critics(), *_encoder(), *_noisy(), *_kde(), *_binned(), *_discrete()]


def measured(case, repeats):
    """The Line of a case: every repeat draws new samples and, where the estimator needs one, a new key."""
    random = [np.random.default_rng(repeat) for repeat in range(repeats)]
    found = [case.measure(jax.random.key(i), *case.known.sample(random[i], case.count)) for i in range(repeats)]
    values, ceilings = (np.array([getattr(e, name) for e in found], float) for name in ("value", "ceiling"))
    half_width = student(repeats) * values.std(ddof=1) / np.sqrt(repeats)
    resolved = np.mean([e.resolved for e in found]) > 0.5
    options = {"tolerance": max(half_width, 1e-3), "saturating": case.saturating, "resolved": resolved}
    code = information.flag(values.mean(), ceilings.mean(), found[0].kind, **options)
    flag = information.FLAGS[int(code)]
    return Line(case, values.mean(), half_width, ceilings.mean(), found[0].kind, flag)


def _neighbours():
    pairs = [
        known.gaussian(1, 0.9),
        known.gaussian(3, 0.8),
        known.bent(known.gaussian(1, 0.9)),
        known.uniform_noise(0.1),
        known.student(1, 0.5, 3),
        known.tanh_neuron(2, 0.2),
    ]
    ksg, ross = partial(_plain, information.ksg), partial(_plain, information.ross)
    yield from (Case("ksg", pair, count, ksg) for pair in pairs for count in (500, 2000))
    yield Case("ksg", known.embedded(pairs[0], 50), 2000, ksg)
    yield from (Case("ksg", known.gaussian_of(dim, 16), 2000, ksg, HIGH) for dim in (4, 2))
    wide = known.gaussian(20, 0.9), known.gaussian(50, 0.2), known.padded(known.gaussian(1, 0.999), 1)
    yield from (Case("ksg", pair, 2000, ksg, FAR) for pair in wide)
    for distribution in (known.mixture([-1, 1], 0.5), known.mixture([0, 1, 2, 3], 0.4)):
        yield from (Case("ross", distribution, count, ross) for count in (500, 2000))
    yield Case("ross", known.padded(distribution, 50), 2000, ross, FAR)


def _critics():
    infonce = [known.student(1, 0.5, 3), known.mixture([0, 1, 2, 3], 0.4), known.gaussian_of(4, 16)]
    for bound in information.CRITICS:
        measure = partial(_critic, bound)
        yield Case(f"critic {bound}", known.gaussian(1, 0.9), 2000, measure)
        yield Case(f"critic {bound}", known.gaussian(5, 0.9), 2000, measure, "few pairs")
        for pair in infonce if bound == "infonce" else ():
            yield Case(f"critic {bound}", pair, 2000, measure, HIGH if pair.information > 10 else "")
        if bound == "infonce":
            yield Case(f"critic {bound}", known.gaussian(50, 0.2), 2000, measure, "few pairs")


def _encoder():
    for side, failure in zip(information.Bounds._fields, (HIGH, "sparse z"), strict=True):
        for latent, std in ((2, 0.3), (8, 0.3), (8, 0.1)):
            measure = partial(_bounds, side, std)
            yield Case(
                f"encoder_bounds {side}", known.encoder(latent, std), 1000, measure, failure if latent > 2 else ""
            )
    means = np.arange(4.0)
    yield Case("encoder_labels", known.mixture(means, 0.4), 1000, partial(_labelled, means, 0.4))


def _noisy():
    yield Case("noisy", known.grid(16, 2, 0.2), 16**2, partial(_propagated, 0.2))
    for points, dim, std, draws in ((16, 1, 0.3, 8), (8, 3, 0.3, 8), (8, 3, 0.3, 16), (8, 3, 0.1, 8)):
        wide = "few draws" if std < 0.3 else ""
        layer = known.grid(points, dim, std, 0.3, draws)
        yield Case("noisy", layer, points**dim, partial(_propagated, std), wide)


def _kde():
    for side in information.Bounds._fields:
        for points, dim, std in ((16, 2, 0.2), (8, 3, 0.1)):
            yield Case(f"kde {side}", known.grid(points, dim, std), points**dim, partial(_overlap, side, std))
    for units, failure in ((1, ""), (10, "thin overlap")):
        yield Case("kde I(T;Y)", known.unrelated(units, 2), 2000, _overlap_y, failure)


def _binned():
    yield Case("binned I(X;T)", known.bits(12), 4096, partial(_binned_x, True))
    yield Case("binned I(X;T)", known.bits(12), 500, partial(_binned_x, False))
    for units, few in ((1, ""), (2, "thin cells"), (10, "thin cells")):
        yield Case("binned I(T;Y)", known.unrelated(units, 2), 2000, _binned_y, few)


def _discrete():
    yield Case("discrete", known.symmetric_channel(0.1), 4, partial(_plain, information.discrete))


def _plain(estimator, key, *arrays):
    return estimator(*arrays)


def _critic(bound, key, x, y):
    return information.critic(x, y, bound, key=key)


def _bounds(side, std, key, x):
    q = Gaussian(jnp.asarray(x), jnp.full(x.shape, std))
    return getattr(information.encoder_bounds(q, sample(q, key)), side)


def _labelled(means, std, key, z, y):
    mean = jnp.asarray(means[y, None])
    return information.encoder_labels(Gaussian(mean, jnp.full(mean.shape, std)), z, y)


def _propagated(std, key, means):
    return information.noisy(means, None, std, key).information_x


def _overlap(side, std, key, means):
    return getattr(information.kde(means[0], None, std**2, enumerated=True), side).information_x


def _overlap_y(key, t, y):
    return information.kde(t, y).lower.information_y


def _binned_x(enumerated, key, t, y):
    return information.binned(t, y, enumerated=enumerated).information_x


def _binned_y(key, t, y):
    return information.binned(t, y).information_y
