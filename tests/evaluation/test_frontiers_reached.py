"""Training really gets there: trained sweeps against optima that are known exactly."""

from functools import partial

import jax.numpy as jnp
import numpy as np
import pytest

from vib import data, exact, models
from vib.evaluation.rate_distortion import evaluate
from vib.objectives import Batch, Lagrangian
from vib.training import optimizers
from vib.training.sweep import create, member, train_until

pytestmark = pytest.mark.usefixtures("optimized")  # long to train

BETAS = (1.0, 1.2)
CORRELATIONS = np.array([0.95, 0.8, 0.5])  # critical betas are their squares: 0.90, 0.64, 0.25


def trained(make_model, batch, betas, steps, learning_rate, **recipe):
    tx = optimizers.make(decay_rate=0.5, decay_steps=steps // 8)
    sweep = create(make_model, Lagrangian(), tx, [0], betas, learning_rate=learning_rate, **recipe)
    return train_until(sweep, batch, steps)


def test_a_linear_encoder_reaches_the_gaussian_frontier():
    """Within 0.02 nats of Lagrangian, betas on both sides of each critical one; no rate beyond the last.

    X and Y are mixed, so that the decoder needs a full covariance; 30,000 test points leave an error of 0.007.
    """
    mix = np.random.default_rng(0).normal(size=(2, 3, 3)) + 2 * np.eye(3)
    covariance = np.block([[np.eye(3), np.diag(CORRELATIONS)], [np.diag(CORRELATIONS), np.eye(3)]])
    both = np.block([[mix[0], np.zeros((3, 3))], [np.zeros((3, 3)), mix[1]]])
    covariance = both @ covariance @ both.T
    gaussian = data.load("gaussian", covariance=covariance, dim_x=3, samples_train=40_000, samples_test=30_000)
    train, test = (
        Batch(x, y, y) for x, y in ((gaussian.x_train, gaussian.y_train), (gaussian.x_test, gaussian.y_test))
    )
    betas = np.array([0.15, 0.35, 0.55, 0.75, 0.85, 0.95])
    make = partial(models.vib, shape=(3,), outputs=3, latent=3, widths=(), std_shift=0.0, likelihood="full_gaussian")
    row = evaluate(trained(make, train, betas, 2500, 0.05, batch_size=500), test, samples=4, chunk=5000)
    curve = exact.gaussian_information_bottleneck(covariance, 3, betas)
    best = data.joint_entropy_y(gaussian.exact) - curve.information + betas * curve.rate
    excess = np.asarray(row["distortion"] + betas * row["rate"])[0] - best
    assert (excess < 0.02).all() and (excess > -0.02).all()
    assert row["rate"][0, -1] < 0.02 < 0.2 < row["rate"][0, -2]


def test_a_table_reaches_blahut_arimoto():
    """q(t|x) with a learned r(t) on 8 x 3 symbols, within 1e-3 nats of the frontier at every beta, summed exactly."""
    counts = np.random.default_rng(3).multinomial(1000, np.random.default_rng(2).dirichlet(np.full(24, 0.6)))
    counts = counts.reshape(8, 3)
    x, y = np.divmod(np.repeat(np.arange(24), counts.ravel()), 3)
    x, y = np.eye(8, dtype=np.float32)[x], y.astype(np.int32)
    betas = np.array([0.05, 0.1, 0.2, 0.3, 0.5])
    make = partial(models.vib, shape=(8,), outputs=3, latent=32, widths=(), code="categorical", marginal="categorical")
    sweep = trained(make, Batch(x, y, y), betas, 2500, 0.05, batch_size=len(x))
    curve = exact.information_bottleneck(counts / counts.sum(), betas)
    best = data.joint_entropy_y(data.Discrete(counts / counts.sum())) - curve.information + betas * curve.rate
    row = evaluate(sweep, Batch(x, y, y), samples=1, chunk=len(x))
    excess = np.asarray(row["distortion"] + betas * row["rate"])[0] - best
    assert (excess > -1e-5).all() and (excess < 1e-3).all()


def probabilistic_pca(eigenvalues, active, beta):
    """The least D + beta R of a linear VAE with so many active units, and the variance of its noise.

    An active direction of variance l keeps log(l / (beta noise)) / 2 nats and leaves beta noise of its variance; at
    beta 1 this is minus the likelihood of Tipping & Bishop 1999, equation 8 (Lucas et al. 2019, section 4).
    """
    kept, lost, size = eigenvalues[:active], eigenvalues[active:], len(eigenvalues)
    noise = lost.sum() / (size - active * beta)
    distortion = size / 2 * np.log(2 * np.pi * noise) + active * beta / 2 + lost.sum() / (2 * noise)
    return distortion + beta / 2 * np.log(kept / (beta * noise)).sum(), noise


def test_a_linear_vae_reaches_probabilistic_pca():
    """Of four latent units one collapses beyond beta 1, where its direction varies less than beta times the noise."""
    eigenvalues = np.array([6.0, 3.0, 1.5, 0.4, 0.4, 0.4])
    random = np.random.default_rng(0)
    root, _ = np.linalg.qr(random.normal(size=(6, 6)))
    white = random.normal(size=(2000, 6))
    white = (white - white.mean(0)) @ np.linalg.inv(np.linalg.cholesky(np.cov(white.T, bias=True))).T
    x = (white * np.sqrt(eigenvalues) @ root.T).astype(np.float32)  # of this very covariance
    batch = Batch(x, np.zeros(len(x)), x)
    make = partial(models.vae, shape=(6,), latent=4, widths=(), decoder_widths=(), likelihood="gaussian", bounded=False)
    sweep = trained(make, batch, BETAS, 3000, 0.05, batch_size=2000)
    row = evaluate(sweep, batch, samples=50, chunk=2000)
    for place, beta in enumerate(BETAS):
        best, noise = probabilistic_pca(eigenvalues, 3, beta)
        assert float((row["distortion"] + beta * row["rate"])[0, place]) == pytest.approx(best, abs=0.02)
        assert beta == 1 or eigenvalues[3] < beta * noise < eigenvalues[2]
    q, _ = member(sweep, 0, 1).encode(x)
    per_unit = (0.5 * (q.std**2 + q.mean**2 - 1) - jnp.log(q.std)).mean(0)
    assert int((per_unit > 0.02).sum()) == 3
