"""beta-TCVAE: the total correlation of correlated Gaussian codes, and the loss that weighs it alone."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from scipy.stats import norm
from small import prepare

from vib import models
from vib.distributions import Gaussian, kl_standard_normal, sample
from vib.errors import InvalidInput
from vib.objectives import Batch, TotalCorrelation, terms, total_correlation

KEY = jax.random.key(0)


@pytest.mark.parametrize("correlation", [0.0, 0.8])
def test_of_gaussian_codes_is_the_closed_form(correlation):
    """Means with this correlation and noise of std 0.5: -log(1 - r^2) / 2 with r the correlation of z."""
    std, count = 0.5, 4000
    covariance = np.array([[1, correlation], [correlation, 1]])
    mean = np.random.default_rng(0).multivariate_normal(np.zeros(2), covariance, count)
    q = Gaussian(jnp.asarray(mean, jnp.float32), jnp.full((count, 2), std))
    found = np.asarray(total_correlation(q, sample(q, KEY, (1,))))
    truth = -0.5 * np.log(1 - (correlation / (1 + std**2)) ** 2)
    assert found.mean() == pytest.approx(truth, abs=4 * found.std() / np.sqrt(count) + 0.01)  # 0.01: finite mixture


def test_is_the_sum_over_the_batch():
    random = np.random.default_rng(0)
    q = Gaussian(jnp.asarray(random.normal(size=(7, 3))), jnp.asarray(random.uniform(0.2, 2, (7, 3))))
    z = sample(q, KEY, (1,))
    each = norm.pdf(np.asarray(z[0])[:, None], np.asarray(q.mean), np.asarray(q.std))  # [7, 7, 3]
    expected = np.log(each.prod(-1).mean(1)) - np.log(each.mean(1)).sum(-1)
    np.testing.assert_allclose(total_correlation(q, z), expected, rtol=1e-4, atol=1e-5)


def model_and_batch():
    x = np.random.default_rng(0).integers(0, 2, (6, 5)).astype(np.float32)
    model = models.vae(KEY, (5,), latent=3, widths=(8,), decoder_widths=(8,))
    return model, Batch(jnp.asarray(x), jnp.zeros(6, int), jnp.asarray(x))


def test_loss_weighs_it_alone():
    """D + I(z; n) + beta TC + sum_d KL(q(z_d) || r): at beta 1 the ELBO, and from there it rises by TC."""
    model, batch = model_and_batch()
    losses = [float(TotalCorrelation().loss(model, batch, beta, KEY)[0]) for beta in (0.0, 1.0, 5.0)]
    measured, draws = terms(model, batch, KEY)
    np.testing.assert_allclose(measured.rate, kl_standard_normal(draws.q), rtol=1e-6)
    elbo = float((measured.distortion + measured.rate).mean())
    correlation = float(total_correlation(draws.q, draws.z).mean())
    assert losses == pytest.approx([elbo - correlation, elbo, elbo + 4 * correlation], rel=1e-5)


@pytest.mark.parametrize("make", [models.vae, partial(models.vib, outputs=3)])
def test_below_the_config_too(make):
    model, (_, batch) = (
        make(KEY, shape=(5,), latent=2, widths=(), decoder_widths=(), beta_range=(0.1, 1.0)),
        model_and_batch(),
    )
    with pytest.raises(InvalidInput) as error:
        TotalCorrelation().loss(model, batch, 2.0, KEY)
    assert_one_line(error, "beta: none given to a model of all betas")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"train.u": "power"}, ("train.u", "(beta - 1) * total correlation", "'linear'")),
        ({"model.conditioned": True}, ("train.objective", "model of all betas", "'lagrangian'")),
        ({"model.kind": "classifier"}, ("train.objective", "'total_correlation'", "'vib' or 'vae'")),
        ({"model.marginal": "mixture"}, ("train.objective", "'total_correlation'", "'standard_normal'")),
    ],
)
def test_what_does_not_fit_is_told(fields, words):
    with pytest.raises(InvalidInput) as error:
        prepare(**{"train.objective": "total_correlation"} | fields)
    assert all(word in str(error.value) for word in words), error.value
