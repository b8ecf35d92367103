"""Marginals against closed forms and float64 sums: what each rate is, and what it bounds."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import logsumexp, softmax
from scipy.stats import norm

from vib import models
from vib.distributions import Categorical, Gaussian, sample
from vib.errors import InvalidInput
from vib.models import MARGINALS, marginals, mixtures
from vib.objectives import total_correlation

KEY = jax.random.key(0)
COUNT, LATENT, STD = 400, 2, 0.5
TRUTH = LATENT / 2 * np.log1p(STD**-2)  # I(X;Z) of z = x + N(0, STD), x ~ N(0, 1)


def codes(count=COUNT, std=STD):
    """Inputs x ~ N(0, 1), their codes q(z|x) = N(x, std) and labels."""
    x = np.random.default_rng(0).standard_normal((count, LATENT)).astype(np.float32)
    return x, Gaussian(jnp.asarray(x), jnp.full_like(x, std)), jnp.asarray((x[:, 0] > 0).astype(np.int32))


def encode(x):
    return Gaussian(x, jnp.full_like(x, STD))


def log_density(mean, std, z):
    """log N(z; mean, std) in float64: [..., K] of components [K, latent] at z [..., latent]."""
    mean, std, z = (np.asarray(array, np.float64) for array in (mean, std, z))
    return norm.logpdf(z[..., None, :], mean, std).sum(-1)


def test_a_learned_normal_that_fits_has_the_information_for_its_rate():
    """Of a linear-Gaussian code q(z) is N(0, 1 + std^2): the rate is I(X;Z), over all x."""
    marginal = marginals.LearnedNormal(LATENT)
    marginal.rho[...] = jnp.full(LATENT, np.log(np.expm1(np.sqrt(1 + STD**2))))
    x, _, _ = codes(100_000)
    rate = marginal.rate(encode(jnp.asarray(x)), None, None)
    assert rate.mean() == pytest.approx(TRUTH, abs=5 * float(rate.std()) / np.sqrt(len(x)))
    drawn = marginal.sample(KEY, 20_000)
    assert np.std(drawn, axis=0) == pytest.approx(np.sqrt(1 + STD**2), rel=0.03)


def test_new_learned_marginals_are_standard_normal():
    _, q, y = codes()
    plain = marginals.StandardNormal(LATENT).rate(q, None, y)
    for marginal in (marginals.LearnedNormal(LATENT), mixtures.ClassConditional(LATENT, (0.5, 0.5))):
        np.testing.assert_allclose(marginal.rate(q, None, y), plain, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("kind", ["mixture", "vampprior"])
def test_rate_of_a_mixture_is_its_density(kind):
    x, q, y = codes(50)
    z = sample(q, KEY, (3,))
    if kind == "mixture":
        marginal = mixtures.Mixture(KEY, LATENT, 5)
        marginal.logits[...] = jnp.arange(5.0)
        mean, std, weights = marginal.mean[...], np.ones((5, LATENT)), softmax(np.arange(5.0))
    else:
        marginal = mixtures.VampPrior(x[:7]).of(encode)
        mean, std, weights = x[:7], np.full((7, LATENT), STD), np.full(7, 1 / 7)
    log_r = logsumexp(log_density(mean, std, z), axis=-1, b=weights)
    own = norm.logpdf(np.asarray(z, np.float64), x, STD).sum(-1)
    np.testing.assert_allclose(marginal.rate(q, z, y), (own - log_r).mean(0), atol=2e-4)
    drawn = np.asarray(marginal.sample(KEY, 20_000))
    middle = weights @ np.asarray(mean, np.float64)
    assert drawn.mean(0) == pytest.approx(middle, abs=5 * drawn.std(0).max() / np.sqrt(20_000))


def test_a_class_conditional_marginal_bounds_what_the_label_does_not_tell():
    """x = +-3 by label plus noise: I(X;Z|Y) is that of the noise; the joint bound adds the log 2 of the label."""
    random = np.random.default_rng(1)
    y = jnp.asarray(random.integers(0, 2, 20_000))
    x = (6.0 * y[:, None] - 3 + 0.5 * random.standard_normal((20_000, 1))).astype(np.float32)
    q = Gaussian(jnp.asarray(x), jnp.full_like(x, STD))
    marginal = mixtures.ClassConditional(1, (0.5, 0.5))
    marginal.mean[...] = jnp.array([[-3.0], [3.0]])
    marginal.rho[...] = jnp.full((2, 1), np.log(np.expm1(np.hypot(0.5, STD))))
    within = 0.5 * np.log1p(0.25 / STD**2)
    rate = marginal.rate(q, None, y)
    assert rate.mean() == pytest.approx(within, abs=5 * float(rate.std()) / np.sqrt(len(y)))
    joint = marginal.information_bound(q, sample(q, KEY, (1,)), y)
    assert joint.mean() == pytest.approx(within + np.log(2), abs=5 * float(joint.std()) / np.sqrt(len(y)))


def test_a_class_without_examples_is_never_drawn_and_weighs_nothing():
    marginal = mixtures.ClassConditional(LATENT, (0.5, 0.5, 0.0))
    marginal.mean[...] = jnp.array([[0.0, 0.0], [0.0, 0.0], [99.0, 99.0]])
    assert np.abs(marginal.sample(KEY, 1000)).max() < 10
    _, q, y = codes()
    assert np.isfinite(marginal.information_bound(q, sample(q, KEY, (1,)), y)).all()


def test_the_pairwise_rate_is_the_sum_over_pairs():
    """Against the closed form of every pair in float64; stds differ from input to input."""
    x, q, y = codes(60)
    std = np.exp(np.random.default_rng(2).normal(-0.5, 0.4, x.shape)).astype(np.float32)
    q, m, s = q._replace(std=jnp.asarray(std)), x.astype(np.float64), std.astype(np.float64)
    kl = (0.5 * ((s[:, None] ** 2 + (m[:, None] - m) ** 2) / s**2 - 1) - np.log(s[:, None] / s)).sum(-1)
    rate = marginals.Pairwise().rate(q, None, y)
    np.testing.assert_allclose(rate, np.log(60) - logsumexp(-kl, axis=1), atol=1e-4)


def test_the_pairwise_rate_of_a_given_std_is_the_same_in_a_compiled_grid():
    """One factor of a product is then the same for all members, where XLA once took one member's term for all."""
    mean = 0.02 * jax.random.normal(KEY, (2, 12, 359, 2))

    def rate(mean, std):
        return marginals.Pairwise().rate(Gaussian(mean, jnp.full_like(mean, std)), None, None)

    given = jax.jit(jax.vmap(jax.vmap(lambda mean: rate(mean, 1.0))))(mean)
    alone = jnp.stack([rate(m, 1.0) for m in mean.reshape(24, 359, 2)[:3]])
    np.testing.assert_allclose(given.reshape(24, 359)[:3], alone, atol=2e-6)
    gradient = jax.grad(lambda mean: rate(mean, 1.0).mean())(mean[0, 0])
    assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0


@pytest.mark.parametrize(("std", "expected"), [(1e-3, np.log(COUNT)), (1e3, 0.0)])
def test_the_pairwise_rate_ends_at_the_size_of_the_batch_and_at_zero(std, expected):
    rate = marginals.Pairwise().rate(codes(std=std)[1], None, None)
    assert rate.mean() == pytest.approx(expected, abs=1e-4)
    assert rate.max() <= np.log(COUNT) + 1e-5


def test_leave_one_out_bounds_from_above_where_the_pairwise_rate_does_not():
    """I(X;Z) is 9.2 nats, the batch has log 400 = 6: the rate stays below both, leave-one-out is above."""
    std = 0.01
    _, q, y = codes(std=std)
    truth, marginal = LATENT / 2 * np.log1p(std**-2), marginals.Pairwise()
    assert marginal.rate(q, None, y).mean() <= np.log(COUNT) < truth
    assert marginal.information_bound(q, sample(q, KEY, (1,)), y).mean() > truth


@pytest.mark.parametrize("std", [1.0, 0.4])
def test_errors_of_terms_that_share_a_mixture_are_those_of_repeats(std):
    """As if they were independent: over 300 fresh batches the std of leave-one-out, at 1.4 and 4 nats, and of TC."""

    def once(key):
        x_key, z_key = jax.random.split(key)
        q = Gaussian(jax.random.normal(x_key, (200, 4)), jnp.full((200, 4), std))
        z = sample(q, z_key, (1,))
        terms = marginals.Pairwise().information_bound(q, z, None), total_correlation(q, z)
        return [(each.mean(), each.std() / np.sqrt(200)) for each in terms]

    for value, error in jax.jit(lambda keys: jax.lax.map(once, keys))(jax.random.split(KEY, 300)):
        assert 0.8 < error.mean() / value.std() < 1.3


def test_leave_one_out_is_the_sum_over_the_others():
    x, q, y = codes(30)
    z = sample(q, KEY, (1,))
    log_q = log_density(x, STD, z[0])
    others = np.where(np.eye(30, dtype=bool), -np.inf, log_q)
    expected = np.diagonal(log_q) - logsumexp(others, axis=1) + np.log(29)
    np.testing.assert_allclose(marginals.Pairwise().information_bound(q, z, y), expected, atol=1e-3)


def test_rate_of_symbols_is_exact():
    logits = np.random.default_rng(3).normal(size=(6, 4))
    marginal = marginals.LearnedCategorical(4)
    marginal.logits[...] = jnp.arange(4.0)
    q, r = softmax(logits, axis=1), softmax(np.arange(4.0))
    rate = marginal.rate(Categorical(jnp.asarray(logits)), None, None)
    np.testing.assert_allclose(rate, (q * np.log(q / r)).sum(1), atol=1e-6)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"marginal": "vampprior", "components": 9, "examples": np.zeros((8, 3))}, "9 pseudo-inputs for 8"),
        ({"marginal": "mixture", "components": 0}, "model.components: 0"),
        ({"marginal": "class_conditional"}, "needs class labels"),
        ({"marginal": "categorical"}, "need each other"),
        ({"code": "categorical"}, "need each other"),
        ({"marginal": "pairwise", "deterministic": True}, "a deterministic encoder has none"),
        ({"marginal": "vampprior", "beta_range": (0.1, 1.0), "examples": np.zeros((80, 3))}, "conditioned"),
        ({"marginal": "gaussian"}, "known: categorical"),
        ({"std": 0.0}, "model.std: 0.0"),
        ({"code": "categorical", "marginal": "categorical", "latent": 1}, "1 symbols"),
    ],
)
def test_what_does_not_fit_stops_at_the_door(options, words):
    with pytest.raises(InvalidInput, match=words):
        models.vib(KEY, (3,), 2, **{"widths": (), "latent": 2} | options)


def test_a_pairwise_marginal_has_no_images_to_draw():
    with pytest.raises(InvalidInput, match="nothing to draw"):
        models.vae(KEY, (3,), latent=2, widths=(), decoder_widths=(), marginal="pairwise")


EVERY = {
    "standard_normal": lambda: marginals.StandardNormal(LATENT),
    "learned_normal": lambda: marginals.LearnedNormal(LATENT),
    "mixture": lambda: mixtures.Mixture(KEY, LATENT, 5),
    "vampprior": lambda: mixtures.VampPrior(codes(50)[0]),
    "class_conditional": lambda: mixtures.ClassConditional(LATENT, (0.3, 0.7)),
    "pairwise": lambda: marginals.Pairwise(),
    "categorical": lambda: marginals.LearnedCategorical(LATENT),
}
DENSITIES = ["standard_normal", "learned_normal", "mixture", "vampprior", "class_conditional"]


def test_declarations():
    """Every marginal is one of those below, and its class says what it can do."""
    kinds = {name: type(make()) for name, make in EVERY.items()}
    assert kinds == MARGINALS
    assert [name for name, kind in kinds.items() if kind.density] == DENSITIES
    assert [name for name, kind in kinds.items() if kind.of_pairs] == ["pairwise"]
    assert [name for name, kind in kinds.items() if kind.of_inputs] == ["vampprior"]
    assert [name for name, kind in kinds.items() if kind.of_symbols] == ["categorical"]
    other = {name: kind.bounds for name, kind in kinds.items() if kind.bounds != marginals.FROM_ABOVE}
    assert other.keys() == {"class_conditional", "pairwise"}
    assert other["class_conditional"] == "I(X;Z|Y) from above" and other["pairwise"].startswith("nothing")


@pytest.mark.parametrize("kind", EVERY)
def test_declarations_hold(kind):
    """Whether there is a density, whether an example's rate asks who else is there, and what bounds I(X;Z)."""
    marginal, (_, q, y) = EVERY[kind](), codes()
    if kind == "categorical":
        q = Categorical(q.mean)
    else:
        assert (marginal.of(encode) is marginal) != marginal.of_inputs
    z, found = sample(codes()[1], KEY, (2,)), marginal.of(encode)
    if not marginal.density:
        for use in (lambda: found.log_prob(z), lambda: found.sample(KEY, 3)):
            with pytest.raises(NotImplementedError):
                use()
    rate, bound = (np.asarray(measure(q, z, y)) for measure in (found.rate, found.information_bound))
    half = found.rate(jax.tree.map(lambda leaf: leaf[:200], q), z[:, :200], y[:200])
    assert np.allclose(rate[:200], half, atol=1e-5) != marginal.of_pairs
    assert np.array_equal(rate, bound) == (marginal.bounds == marginals.FROM_ABOVE)
    if kind != "categorical":
        assert bound.mean() > TRUTH - 5 * bound.std() / np.sqrt(COUNT)


def test_a_model_answers_for_a_marginal_made_by_its_encoder():
    """Its mixture is that of the codes of its pseudo-inputs, and moves with them."""
    pseudo = codes(5)[0]
    model = models.vib(KEY, (LATENT,), 2, latent=LATENT, widths=(), marginal="vampprior", components=5, examples=pseudo)
    for shift in (0.0, 2.0):
        model.head.linear.bias[...] = jnp.array([shift, 0.0, 5.0, 5.0])  # std_shift is -5
        q, own = model.encode(codes(20)[0])[0], model.encode(pseudo)[0]
        z = sample(q, KEY, (3,))
        log_r = logsumexp(log_density(own.mean, own.std, z), axis=-1) - np.log(5)
        np.testing.assert_allclose(model.log_prior(z), log_r, atol=1e-4)
        log_q = norm.logpdf(*(np.asarray(each, np.float64) for each in (z, q.mean, q.std))).sum(-1)
        np.testing.assert_allclose(model.rate(q, z, None), (log_q - log_r).mean(0), atol=1e-4)
        np.testing.assert_array_equal(model.information_bound(q, z, None), model.rate(q, z, None))
        drawn = np.asarray(model.sample_prior(KEY, 5000))
        assert drawn.mean(0) == pytest.approx(np.mean(own.mean, 0), abs=5 * drawn.std(0).max() / np.sqrt(5000))


@pytest.mark.parametrize("kind", DENSITIES)
def test_log_prob_is_the_density_of_what_is_drawn(kind):
    """The mean of p / r over draws of r, for a Gaussian p that r covers, is 1."""
    marginal = EVERY[kind]().of(encode)
    z = marginal.sample(KEY, 20_000)
    ratio = np.exp(log_density(np.zeros((1, LATENT)), np.full((1, LATENT), 0.5), z)[:, 0] - marginal.log_prob(z))
    assert ratio.mean() == pytest.approx(1, abs=5 * ratio.std() / np.sqrt(len(z)))
