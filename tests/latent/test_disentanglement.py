"""Every metric on perfect, rotated and random codes, what must not change it, and what it refuses."""

import numpy as np
import pytest
from conftest import assert_one_line

from vib.errors import InvalidInput
from vib.latent.disentanglement import beta_vae_score, dci, factor_vae_score, information_matrix, mig, modularity, sap

METRICS = {f.__name__: f for f in (mig, modularity, sap, dci, factor_vae_score, beta_vae_score)}
COUNT, VALUES = 1500, (5, 6, 7, 8)  # one shape, as compiling takes longer than measuring
PLACES = [2, 0, 3, 1]  # the code of each factor


def codes(kind, seed=1):
    """Codes of a kind and the factors they belong to."""
    random = np.random.default_rng(seed)
    factors = np.stack([random.integers(0, values, COUNT) for values in VALUES], axis=1)
    standard = (factors - factors.mean(0)) / factors.std(0)
    if kind == "rotated":
        return standard @ np.linalg.qr(random.normal(size=(4, 4)))[0], factors
    if kind == "random":
        return random.normal(size=standard.shape), factors
    perfect = np.empty_like(standard)
    perfect[:, PLACES] = standard * [1, -2, 3, 0.5]
    return perfect, factors


@pytest.fixture(scope="module")
def found():
    """{kind: {metric: result}}."""
    return {kind: {name: f(*codes(kind)) for name, f in METRICS.items()} for kind in ("perfect", "rotated", "random")}


@pytest.mark.parametrize("name", ["mig", "modularity", "sap", "factor_vae_score", "beta_vae_score"])
def test_perfect_codes_score_one(found, name):
    # what is missing of one is what independent factors seem to share in 1500 examples
    assert 0.985 < found["perfect"][name].score <= 1


def test_each_factor_is_found_in_its_code(found):
    result = found["perfect"]["dci"]
    assert min(result.disentanglement, result.completeness, result.informativeness) > 0.99
    assert result.importance.argmax(0).tolist() == np.asarray(found["perfect"]["mig"].best).tolist() == PLACES
    assert found["perfect"]["sap"].predictability.argmax(0).tolist() == PLACES
    assert found["perfect"]["factor_vae_score"].votes.argmax(0).tolist() == PLACES


def test_rotated_codes_are_less_disentangled_and_about_as_informative(found):
    rotated, perfect = found["rotated"], found["perfect"]
    assert rotated["mig"].score < 0.3
    assert rotated["sap"].score < 0.5
    assert rotated["modularity"].score < 0.9
    assert rotated["factor_vae_score"].score < 0.95
    assert 0.93 < rotated["beta_vae_score"].score < 0.98  # it forgives rotations in part
    assert max(rotated["dci"].disentanglement, rotated["dci"].completeness) < 0.2
    assert rotated["dci"].informativeness > 0.85 * perfect["dci"].informativeness


def test_random_codes_are_at_chance(found):
    random, chance = found["random"], np.mean([1 / values for values in VALUES])
    assert max(random["mig"].score, random["sap"].score) < 0.01
    assert max(random["dci"].disentanglement, random["dci"].completeness) < 0.02
    assert abs(random["dci"].informativeness - chance) < 3 * (chance / 375 / 4) ** 0.5  # standard errors
    # beyond the noise of 5000 groups, random codes of 1500 examples do know a little of the factors
    assert abs(random["factor_vae_score"].score - 1 / 4) < 0.05
    assert abs(random["beta_vae_score"].score - 1 / 4) < 0.05


@pytest.mark.parametrize("name", METRICS)
def test_order_of_the_codes_does_not_matter(found, name):
    z, factors = codes("rotated")
    again = METRICS[name](z[:, PLACES], factors)
    # a forest draws its thresholds code by code, and a regression stops where it is near enough
    tolerance = {"dci": 0.05, "beta_vae_score": 0.002}.get(name, 1e-6)
    for one, other in zip(found["rotated"][name], again, strict=True):
        if np.ndim(one) == 0:
            assert abs(one - other) <= tolerance


@pytest.mark.parametrize("name", METRICS)
def test_scale_and_place_of_the_codes_do_not_matter(found, name):
    z, factors = codes("rotated")
    again = METRICS[name](np.float32(z) * 4 + 8, factors)  # powers of two, so that equal bins stay equal but for a few
    tolerance = {"dci": 0.05, "sap": 1e-5}.get(name, 0.01)
    for one, other in zip(found["rotated"][name], again, strict=True):
        if np.ndim(one) == 0:
            assert abs(one - other) <= tolerance


@pytest.mark.parametrize("name", ["dci", "factor_vae_score", "beta_vae_score"])
def test_a_seed_repeats_itself(found, name):
    again = METRICS[name](*codes("rotated"))
    for one, other in zip(found["rotated"][name], again, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", METRICS)
def test_constant_codes_tell_nothing(name):
    result = METRICS[name](np.ones((COUNT, 4)), codes("random")[1])
    assert all(np.isfinite(value).all() for value in result)
    if name in ("mig", "modularity", "sap"):
        assert result.score == 0
    elif name == "dci":
        assert result.disentanglement == result.completeness == 0
        assert result.informativeness < 0.25
    else:
        assert abs(result.score - 1 / 4) < 0.02


@pytest.mark.parametrize("metric", [*METRICS.values(), information_matrix])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda z, f: (z, None), ("factors: None", "[N, factors]")),
        (lambda z, f: (z, f[:, 0]), ("factors: shape (1500,)", "[N, factors]")),
        (lambda z, f: (z, f[:7]), ("factors: shape (7, 4)", "1500 codes")),
        (lambda z, f: (z, f / 2), ("factors: float64", "whole numbers")),
        (lambda z, f: (z, f * [1, 0, 1, 1]), ("factors: column 1", "always 0", "leave it out")),
        (lambda z, f: (z[:, 0], f), ("z: shape (1500,)",)),
        (lambda z, f: (z[:1], f[:1]), ("z: 1 samples",)),
        (lambda z, f: (np.where(np.arange(4) == 2, np.nan, z), f), ("z: holds NaN",)),
    ],
    ids=["missing", "one column", "rows", "type", "single", "vector", "one example", "NaN"],
)
def test_a_mistake_is_one_line(metric, change, words):
    with pytest.raises(InvalidInput) as error:
        metric(*change(*codes("random")))
    assert_one_line(error, *words)


@pytest.mark.parametrize("metric", [mig, sap, dci])
def test_a_gap_needs_two_codes(metric):
    z, factors = codes("perfect")
    with pytest.raises(InvalidInput) as error:
        metric(z[:, :1], factors)
    assert_one_line(error, "z: 1 dimension", "at least 2")


@pytest.mark.parametrize("metric", [modularity, dci, factor_vae_score, beta_vae_score])
def test_what_compares_factors_needs_two(metric):
    z, factors = codes("perfect")
    with pytest.raises(InvalidInput) as error:
        metric(z, factors[:, :1])
    assert_one_line(error, "factors: 1 columns", "at least 2")


@pytest.mark.parametrize(
    ("metric", "count", "options", "words"),
    [
        (dci, 39, {}, ("z: 39 examples", "at least 40")),
        (factor_vae_score, 400, {}, ("factors: column", "at least 64", "size <=")),
        (factor_vae_score, COUNT, {"size": 1}, ("size: 1", "at least 2")),
        (factor_vae_score, COUNT, {"size": 8.0}, ("size: 8.0", "whole number")),
        (beta_vae_score, 10, {}, ("factors: column", "value of 1 examples", "at least 2")),
        (beta_vae_score, COUNT, {"size": 0}, ("size: 0", "at least 1")),
        (mig, COUNT, {"bins": 1}, ("bins: 1", "at least 2")),
        (mig, COUNT, {"bins": 2.5}, ("bins: 2.5", "whole number")),
        (sap, COUNT, {"categorical": (4,)}, ("categorical: column 4", "from 0 to 3")),
    ],
)
def test_too_few_examples_and_wrong_options(metric, count, options, words):
    z, factors = codes("perfect")
    with pytest.raises(InvalidInput) as error:
        metric(z[:count], factors[:count], **options)
    assert_one_line(error, *words)
