"""Neural bounds: their formulas in NumPy, known distributions, and what a critic cannot see."""

import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.special import logsumexp

from vib.errors import InvalidInput
from vib.information import CRITICS, critic, known

module = importlib.import_module("vib.information.critic")  # the package holds a function of this name
COUNT, STEPS, REPEATS = 1000, 400, 3
FLOAT32 = 1e-5

pytestmark = pytest.mark.usefixtures("optimized")  # long to train


def values(distribution, bound="infonce"):
    """Values [REPEATS] of independent samples, nats."""
    found = []
    for repeat in range(REPEATS):
        arrays = distribution.sample(np.random.default_rng(repeat), COUNT)
        found.append(critic(*arrays, bound, key=jax.random.key(repeat), steps=STEPS).value)
    return np.array(found)


def by_hand(f, bound):
    """The bounds as Poole et al. 2019 and Song & Ermon 2020 write them, of a critic f [K, K], rows x and columns y."""
    own, negatives = np.diag(f), f[~np.eye(len(f), dtype=bool)]
    if bound == "infonce":
        return np.mean(own - logsumexp(f, axis=1)) + np.log(len(f))
    if bound == "nwj":
        g = 1 + np.minimum(f, np.log(negatives.size))
        return np.mean(np.diag(g)) - np.exp(-1) * np.mean(np.exp(g[~np.eye(len(f), dtype=bool)]))
    if bound == "smile":
        negatives = np.clip(negatives, -module.CLIP, module.CLIP)
    return np.mean(own) - np.log(np.mean(np.exp(negatives)))


def test_values_are_the_formulas():
    """Of the critic f(x, y) = x . y, as networks of one layer; 300 pairs are more than are scored at a time."""
    x, y = np.random.default_rng(0).normal(0, 1.3, (2, 300, 3))
    with jax.enable_x64(True):
        layer = [(jnp.eye(3) * module.WIDTHS[-1] ** 0.25, jnp.zeros(3))]
        for bound in CRITICS:
            scores = module._scores((layer, layer), jnp.asarray(x), jnp.asarray(y), bound)
            np.testing.assert_allclose(module._value(scores, bound), by_hand(x @ y.T, bound), rtol=1e-10)


def test_smile_learns_as_a_discriminator():
    """The mean log-likelihood of 'a pair' and 'not a pair' by the logistic of f."""
    f = np.random.default_rng(0).normal(size=(20, 20))
    others = f[~np.eye(20, dtype=bool)]
    truth = -np.log1p(np.exp(-np.diag(f))).mean() - np.log1p(np.exp(others)).mean()
    np.testing.assert_allclose(module._objective(scores_of(f), 0.0, "smile")[0], truth, rtol=1e-5)


def test_mine_divides_by_a_moving_average():
    """Belghazi et al. 2018, section 3.2: the gradient of log E exp f has the average of batches below."""
    f = np.random.default_rng(0).normal(size=(20, 20))
    average = np.exp(0.7)
    gradient, memory = jax.grad(lambda f: module._objective(scores_of(f), jnp.log(average), "mine"), has_aux=True)(f)
    others = ~np.eye(20, dtype=bool)
    average = module.MEMORY * average + (1 - module.MEMORY) * np.exp(f[others]).mean()
    np.testing.assert_allclose(memory, np.log(average), rtol=1e-5)
    np.testing.assert_allclose(gradient, np.eye(20) / 20 - others * np.exp(f) / (20 * 19) / average, atol=1e-6)


def scores_of(f):
    """Scores of a matrix f [K, K]: x are its rows, y the unit vectors."""
    scale = module.WIDTHS[-1] ** 0.25
    identity = jnp.eye(len(f), dtype=jnp.float32)
    return module._scores(
        ([(identity * scale, 0.0)], [(identity * scale, 0.0)]), jnp.asarray(f, jnp.float32), identity, "mine"
    )


@pytest.mark.parametrize("bound", CRITICS)
def test_correlated_gaussians(bound):
    """Within 0.08 nats of 0.830 as a mean of 3 repeats (0.05 is three standard errors)."""
    case = known.gaussian(1, 0.9)
    assert abs(values(case, bound).mean() - case.information) < 0.08


@pytest.mark.parametrize(
    ("case", "bound", "slack"),
    [
        (known.student(1, 0.5, 3), "infonce", 0.12),
        (known.uniform_noise(0.1), "infonce", 0.35),
        (known.tanh_neuron(2, 0.2), "infonce", 0.08),
        (known.tanh_neuron(2, 0.2), "nwj", 0.08),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_lower_bounds_stay_below_the_truth_in_expectation(case, bound, slack):
    """By no more than `slack`; three standard errors of the mean over repeats."""
    found = values(case, bound)
    error = found.std(ddof=1) / np.sqrt(REPEATS)
    assert case.information - slack < found.mean() < case.information + 3 * error


@pytest.mark.parametrize("bound", ["infonce", "nwj"])
def test_independent_variables_share_nothing(bound):
    assert np.abs(values(known.gaussian(1, 0.0), bound)).max() < 0.03


def test_monotone_changes_of_the_coordinates_change_nothing():
    case = known.gaussian(1, 0.9)
    np.testing.assert_allclose(values(known.bent(case)), values(case), atol=2e-3)


def test_infonce_stops_below_16_nats_and_its_ceiling_says_so():
    x, y = known.gaussian_of(1, 16.0).sample(np.random.default_rng(0), COUNT)
    found = critic(x, y, key=jax.random.key(0), steps=STEPS)
    np.testing.assert_allclose(found.ceiling, np.log(COUNT / 4), rtol=1e-6)
    assert 2 < found.value < found.ceiling < 6


def test_pairs_learnt_by_heart_resolve_nothing():
    """1 nat in 50 dimensions reads 0: the critic learns its own pairs, and nothing that holds for others."""
    case = known.gaussian(50, 0.2)
    found = critic(*case.sample(np.random.default_rng(0), COUNT), key=jax.random.key(0), steps=STEPS)
    assert found.value < 0.2 < case.information and not found.resolved


def test_labels():
    """Two overlapping classes: the truth by quadrature, and never above the entropy of the held-out labels."""
    case = known.mixture([-1, 1], 0.5)
    arrays = case.sample(np.random.default_rng(1), COUNT)
    found = critic(*arrays, key=jax.random.key(0), steps=STEPS)
    assert abs(found.value - case.information) < 0.12 and found.resolved
    np.testing.assert_allclose(found.ceiling, np.log(2), atol=0.02)
    t, y = arrays
    apart = critic(t + 10 * y[:, None], y, key=jax.random.key(0), steps=STEPS)
    assert apart.ceiling - 0.02 < apart.value <= apart.ceiling + FLOAT32
    single = critic(t, 0 * y, key=jax.random.key(0), classes=2, steps=STEPS)
    np.testing.assert_allclose([single.value, single.ceiling], 0, atol=FLOAT32)


def test_constant_data_keep_nothing():
    x, y = known.gaussian(1, 0.9).sample(np.random.default_rng(0), COUNT)
    for arrays in ((x, 0 * y + 3), (0 * x, y)):
        assert abs(critic(*arrays, key=jax.random.key(0), steps=STEPS).value) < 0.01


@pytest.mark.parametrize("bound", CRITICS)
def test_kind_and_ceiling_are_those_of_the_bound(bound):
    found = jax.eval_shape(lambda x: critic(x, x, bound, key=jax.random.key(0)), jnp.zeros((64, 2)))
    assert found.kind == ("lower" if bound in ("infonce", "nwj") else "estimate")
    assert found.value.shape == found.ceiling.shape == ()


def test_jit_and_vmap_are_the_plain_call():
    """One step in each of the 40 rounds: rounding has no time to grow."""
    x, y = np.random.default_rng(0).normal(size=(2, 3, 64, 2)).astype(np.float32)
    y = x + 0.3 * y
    keys = jax.random.split(jax.random.key(0), 3)

    def call(x, y, key):
        return critic(x, y, key=key, steps=40)

    alone, together = [call(x[i], y[i], keys[i]).value for i in range(3)], jax.jit(jax.vmap(call))
    np.testing.assert_allclose(together(x, y, keys).value, alone, atol=1e-3)
    assert alone[0].dtype == jnp.float32 and alone[0] > 0.1
    assert call(x[0], y[0], keys[0]).value == alone[0] != call(x[0], y[0], keys[1]).value
    # what jit cannot look at is NaN, and of its member alone
    found = together(np.where(x == x[0, 3, 0], np.nan, x), y, keys).value
    np.testing.assert_allclose(found, [np.nan, *alone[1:]], atol=1e-3)


def test_float64_stays():
    with jax.enable_x64(True):
        found = jax.eval_shape(lambda x: critic(x, x, key=jax.random.key(0)), jnp.zeros((64, 2)))
        assert found.value.dtype == found.ceiling.dtype == jnp.float64


def test_memory_is_as_stated():
    """The scores of the held-out quarter are what grows with N."""
    count = 40_000
    start = jax.eval_shape(lambda x: module._start(jax.random.key(0), x, x), jnp.zeros((8, 4)))
    x = jax.ShapeDtypeStruct((count // 4, 4), jnp.float32)
    value = jax.jit(lambda *arguments: module._value(module._scores(*arguments, "smile"), "smile"))
    used = value.lower(start, x, x).compile().memory_analysis().temp_size_in_bytes
    assert used < 4 * 64 * count * 4


X = np.random.default_rng(0).normal(size=(20, 2))


@pytest.mark.parametrize(
    ("arguments", "options", "words"),
    [
        ((X, X, "infonec"), {}, ("bound", "'infonec'", "'infonce'")),
        ((X[:15], X[:15]), {}, ("x", "15 samples", "at least 16")),
        ((X, X[:19]), {}, ("y", "19 samples for 20")),
        ((X, X * np.nan), {}, ("y", "NaN")),
        ((X[:, 0], X), {}, ("x", "(20,)", "[N, width]")),
        ((X, X[:, 0]), {}, ("y", "whole numbers")),
        ((X, np.full(20, 3)), {"classes": 3}, ("y", "from 3 to 3")),
        ((X, X), {"steps": 39}, ("steps", "39", "at least 40")),
    ],
)
def test_mistakes_are_told_in_one_line(arguments, options, words):
    with pytest.raises(InvalidInput) as error:
        critic(*arguments, key=jax.random.key(0), **options)
    assert_one_line(error, *words)
