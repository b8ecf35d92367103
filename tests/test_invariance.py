"""What no measurement may depend on: where and how large its inputs are, in which order, what classes are called.

Inputs are float64 arrays of NumPy: far from 0, 32 bits hold their place and nothing else.
"""

from typing import NamedTuple

import jax
import numpy as np
import pytest

from vib import exact
from vib.distributions import Gaussian
from vib.information import binned, critic, discrete, encoder_bounds, encoder_labels, kde, ksg, noisy, ross
from vib.latent import decomposition, dimensions, directions, disentanglement, holes, maps, probes, quality
from vib.latent.anomaly import aupr, auroc, distance_to_aggregate
from vib.latent.neighbours import nearest

COUNT, WIDTH = 192, 2  # one shape, as compiling takes longer than measuring
HALF, KEY = COUNT // 2, jax.random.key(0)


class Data(NamedTuple):
    """A variable, and what belongs to its rows."""

    x: np.ndarray  # [N, WIDTH]
    std: np.ndarray  # [N, WIDTH], of a Gaussian around each x
    label: np.ndarray  # [N]
    pair: np.ndarray  # [N, WIDTH], another variable
    factors: np.ndarray  # [N, 2]

    @property
    def q(self):
        return Gaussian(self.x, self.std)

    @property
    def draws(self):
        """A point near each x, the same one in any order and unit."""
        return self.x + self.std * np.where(np.argsort(np.argsort(self.std, axis=0), axis=0) % 2, 0.5, -0.5)

    def halves(self):
        return (Data(*(leaf[part] for leaf in self)) for part in (slice(HALF), slice(HALF, None)))


def made():
    random = np.random.default_rng(0)
    label = random.integers(0, 3, COUNT)
    x = random.normal(size=(COUNT, WIDTH)) * [1, 2] + label[:, None]
    factors = np.stack([label, x[:, 1] > 0], axis=1).astype(int)
    return Data(x, np.exp(random.normal(-1, 0.3, x.shape)), label, x + random.normal(size=x.shape), factors)


CHANGES = {
    "place": lambda d: d._replace(x=d.x + [1e8, -3e6]),
    "small": lambda d: d._replace(x=d.x * 1e-3 * np.pi, std=d.std * 1e-3 * np.pi),
    "large": lambda d: d._replace(x=d.x * 1e9 * np.pi, std=d.std * 1e9 * np.pi),
    "a dimension": lambda d: d._replace(x=d.x * [1, 1e-6], std=d.std * [1, 1e-6]),
    "float32": lambda d: d._replace(x=d.x.astype(np.float32), std=d.std.astype(np.float32)),
    "rows": lambda d: Data(*(leaf[::-1] for leaf in d)),
    "columns": lambda d: d._replace(x=d.x[:, ::-1], std=d.std[:, ::-1]),
    "names": lambda d: d._replace(label=np.array([10**9, -7, 2**40])[d.label]),
    "texts": lambda d: d._replace(label=np.array(["cat", "ant", "bee"])[d.label]),
}
SCALES, CLASSES = ("small", "large"), ("names", "texts")
PLACES = ("place", *SCALES, "float32")
DENSITIES = (*PLACES, "columns", "a dimension")
SAMPLES = (*PLACES, "rows", "columns")


def of_halves(measure):
    return lambda d: measure(*d.halves())


def tails(d):
    return ksg(d.x**5, d.pair**5)


def bits(d):
    """Of binary inputs in any unit and place."""
    scale, place = d.std[0, 0] / DATA.std[0, 0], d.x[0, 0] - DATA.x[0, 0]
    return ksg(scale * (DATA.x > 0) + (place if scale == 1 else 0), DATA.pair)


DATA = made()
MEASURES = {  # name: (what it does not depend on, measure); a density changes by the logarithm of the unit
    "ksg": (SAMPLES, lambda d: ksg(d.x, d.pair)),
    "ksg, the other way": (SAMPLES, lambda d: ksg(d.pair, d.x)),
    "ksg of heavy tails": (("small", "rows", "columns", "float32"), tails),
    "ksg of bits": (PLACES, bits),
    "ross": (SAMPLES + CLASSES, lambda d: ross(d.x, d.label)),
    "binned_neuron": (SAMPLES + CLASSES, lambda d: binned(d.x, d.label, bins=5)),
    "binned_quantile": (SAMPLES + CLASSES, lambda d: binned(d.x, d.label, bins=5, edges="quantile")),
    "binned_layer": ((*SCALES, "rows", "columns"), lambda d: binned(d.x, d.label, bins=5, edges="layer")),
    "kde": (("place", "rows", "columns", *CLASSES), lambda d: kde(d.x, d.label, noise_variance=0.1)),
    "critic": (PLACES, lambda d: critic(d.x, d.pair, key=KEY, steps=40)),
    "noisy": (("place", *CLASSES), lambda d: noisy(np.stack([d.x, d.draws]), d.label, 0.5, KEY)),
    "encoder_bounds": ((*SAMPLES, "a dimension"), lambda d: encoder_bounds(d.q, d.draws)),
    "encoder_labels": ((*SAMPLES, "a dimension", *CLASSES), lambda d: encoder_labels(d.q, d.draws, d.label)),
    "nearest": ((*PLACES, "columns"), of_halves(lambda a, b: nearest(a.x, b.x, 3).index)),
    "nearest, cosine": ((*SCALES, "columns"), of_halves(lambda a, b: nearest(a.x, b.x, 3, "cosine"))),
    "nearest, kl": (DENSITIES, of_halves(lambda a, b: nearest(a.q, b.q, 3, "kl"))),
    "nearest, bhattacharyya": (DENSITIES, of_halves(lambda a, b: nearest(a.q, b.q, 3, "bhattacharyya"))),
    "intrinsic_dimension": (SAMPLES, lambda d: dimensions.intrinsic_dimension(d.x)),
    "active_units": (("place",), lambda d: dimensions.active_units(d.q)),
    "distance_to_aggregate": (
        DENSITIES,
        of_halves(lambda a, b: distance_to_aggregate(a.q, b.x) - np.log(a.std).mean(0).sum()),
    ),
    "holes": (("place", "columns"), lambda d: holes.holes(d.q, d.x, np.zeros(COUNT), d.draws)[:3]),
    "decomposition": (
        DENSITIES,
        lambda d: decomposition.decomposition(d.q, np.arange(COUNT), d.draws, np.zeros(COUNT))[:2],
    ),
    "mig": (PLACES, lambda d: disentanglement.mig(d.x, d.factors)),
    "modularity": (PLACES, lambda d: disentanglement.modularity(d.x, d.factors)),
    "sap": (PLACES, lambda d: disentanglement.sap(d.x, d.factors, (0,))),
    "dci": (PLACES, lambda d: disentanglement.dci(d.x, d.factors)),
    "factor_vae_score": (("place",), lambda d: disentanglement.factor_vae_score(d.x, d.factors, size=8)),
    "beta_vae_score": (PLACES, lambda d: disentanglement.beta_vae_score(d.x, d.factors, size=8)),
    "linear_accuracy": (
        PLACES + CLASSES,
        of_halves(lambda a, b: probes.linear_accuracy(a.x, a.label, b.x, b.label)),
    ),
    "neighbour_accuracy": (PLACES, of_halves(lambda a, b: probes.neighbour_accuracy(a.x, a.label, b.x, b.label))),
    "factor_regression": (PLACES, of_halves(lambda a, b: probes.factor_regression(a.x, a.factors, b.x, b.factors))),
    "precision and recall": (PLACES, of_halves(lambda a, b: quality.quality(a.x, b.x)[1:])),
    "frechet": (PLACES, of_halves(lambda a, b: quality.frechet(a.x, b.x) / (a.std**2).mean())),
    "pca": (PLACES, lambda d: maps.pca(d.x) / d.std.mean()),
    "attribute_vector": (PLACES, lambda d: directions.attribute_vector(d.x, d.factors[:, 1]) / d.std.mean()),
    "group_means": (PLACES, lambda d: np.diff(directions.group_means(d.x, d.label, 3), axis=0) / d.std.mean()),
    "auroc": (PLACES, of_halves(lambda a, b: auroc(a.x[:, 0], b.x[:, 0]))),
    "aupr": (PLACES, of_halves(lambda a, b: aupr(a.x[:, 0], b.x[:, 0]))),
}
TABLE = np.random.default_rng(1).dirichlet(np.ones(12)).reshape(4, 3)
BETAS = np.array([0.02, 0.1, 0.3])
TABLES = {  # changes of a joint table that change no information
    "rows": TABLE[::-1],
    "columns": TABLE[:, ::-1],
    "a row in two": np.concatenate([TABLE, 0.3 * TABLE[:1]]) - np.pad(0.3 * TABLE[:1], ((0, 4), (0, 0))),
    "a label that never occurs": np.pad(TABLE, ((0, 0), (1, 0))),
}
OF_TABLES = {
    "discrete": lambda p: discrete(p).value,
    "information_bottleneck": lambda p: exact.information_bottleneck(p, BETAS)[1:3],
    "critical_beta": exact.critical_beta,
    "collapse_beta": exact.collapse_beta,
    "deterministic_information_bottleneck": lambda p: exact.deterministic_information_bottleneck(p, BETAS)[1:3],
}


@pytest.fixture(scope="module")
def plain():
    """Every measurement of the data as they are, made once."""
    return {name: measure(DATA) for name, (_, measure) in MEASURES.items()}


@pytest.mark.parametrize(
    ("name", "change"), [(name, change) for name, (changes, _) in MEASURES.items() for change in changes]
)
def test_samples(plain, name, change):
    pairs = zip(*map(jax.tree.leaves, (MEASURES[name][1](CHANGES[change](DATA)), plain[name])), strict=True)
    for found, expected in pairs:
        np.testing.assert_allclose(np.asarray(found, float), np.asarray(expected, float), rtol=1e-5, atol=3e-5)


@pytest.mark.parametrize("name", OF_TABLES)
def test_tables(name):
    expected, tolerance = OF_TABLES[name](TABLE), 1e-6 if name == "discrete" else 1e-9
    for change in TABLES.values():
        np.testing.assert_allclose(OF_TABLES[name](change), expected, atol=tolerance)
