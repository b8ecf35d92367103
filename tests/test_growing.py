"""Each kind of thing that a user adds takes a few lines in a file of the user's own."""

from dataclasses import dataclass

import jax.numpy as jnp
import numpy as np
import pytest
from conftest import assert_one_line
from flax import nnx

import vib
from vib import distributions, models, objectives
from vib.evaluation.estimators import ESTIMATORS, Estimator
from vib.evaluation.evaluator import Evaluator, Variable
from vib.information import Estimate, Information
from vib.models.marginals import Marginal, Pairwise

SMALL = {"betas": (1e-3, 0.1), "seeds": 2, "steps": 20, "widths": (8,), "latent": 2, "measurements": 3}
SMALL |= {"batch_size": 20, "evaluate.samples": 2, "progress": False}


@pytest.fixture(scope="module")
def blobs():
    random, y = np.random.default_rng(0), np.repeat(np.arange(3), 40)
    return vib.data.from_arrays(random.normal(size=(120, 5)) + 2 * y[:, None], y, test_fraction=0.25)


def test_a_marginal(blobs, monkeypatch):
    class Shifted(Marginal):
        """r(z) = N(m, I) with one learned m for all dimensions."""

        def __init__(self, latent):
            self.latent, self.shift = latent, nnx.Param(jnp.zeros(()))

        def rate(self, q, z, y):
            moved = distributions.Gaussian(q.mean - self.shift[...], q.std)
            return distributions.kl_standard_normal(moved)

        def log_prob(self, z):
            return distributions.log_prob(distributions.Gaussian(self.shift[...], jnp.ones(self.latent)), z)

    monkeypatch.setitem(models.MARGINALS, "shifted", Shifted)
    run = vib.train("vib", blobs, marginal="shifted", **SMALL)
    model = run.member(1e-3, 0)
    assert float(model.marginal.shift[...]) != 0 and np.isfinite(run.results.rate).all()
    assert "marginal_kl_lower" in run.results


def test_an_objective(blobs, monkeypatch):
    @dataclass(frozen=True)
    class Squared(objectives.Objective):
        """D + beta E|z|^2: weight decay of the codes."""

        about = "distortion + beta * size"
        variables = {"size": "mean squared norm of z"}

        def extras(self, draws):
            return {"size": (draws.z**2).sum(-1).mean(0)}

        def weigh(self, means, beta):
            return means["distortion"] + beta * means["size"]

    monkeypatch.setitem(objectives.OBJECTIVES, "squared", Squared)
    result = vib.train("vib", blobs, objective="squared", **SMALL).results
    np.testing.assert_allclose(result.loss, result.distortion + result.beta * result["size"], rtol=1e-5)
    assert result["size"].attrs == {"units": "nats", "long_name": "mean squared norm of z"} and "size_error" in result
    assert result.loss.long_name == "loss: distortion + beta * size"


@pytest.mark.parametrize("kind", ["vib", "vae"])
def test_a_marginal_without_a_density(blobs, monkeypatch, kind):
    class Undrawn(Pairwise):
        """The same under another name."""

    monkeypatch.setitem(models.MARGINALS, "undrawn", Undrawn)
    if kind == "vib":
        assert "left_out" not in vib.train(kind, blobs, marginal="undrawn", **SMALL).results.attrs
        return
    with pytest.raises(vib.errors.InvalidInput) as error:
        vib.train(kind, blobs, marginal="undrawn", **SMALL)
    assert_one_line(error, "model.marginal", "'undrawn'", "nothing to draw images from")


def test_an_estimator(blobs, monkeypatch):
    def gaussian(layer, inputs, key, *, noise=1.0):
        """I(X;T) of a Gaussian channel whose input has the covariance of the layer: an upper bound."""
        t = layer.value - layer.value.mean(0)
        covariance = jnp.eye(t.shape[1]) + t.T @ t / len(t) / noise
        value = jnp.linalg.slogdet(covariance)[1] / 2
        return {"gaussian": Information(Estimate(value, jnp.inf, "upper"), None)}

    monkeypatch.setitem(ESTIMATORS, "gaussian", Estimator(gaussian))
    run = vib.train("vib", blobs, estimators={"gaussian": {"noise": 0.1}}, **SMALL)
    found = run.results.information_x.sel(estimator="gaussian")
    assert (found > 0).all() and (run.results.information_x_kind == "upper").all()
    assert (vib.train("vib", blobs, estimators=("gaussian",), **SMALL).results.information_x < found).all()


def test_an_estimator_has_a_default_for_every_option(blobs, monkeypatch):
    monkeypatch.setitem(ESTIMATORS, "mine", Estimator(lambda layer, inputs, key, *, width: None))
    with pytest.raises(vib.errors.InvalidInput) as error:
        vib.train("vib", blobs, estimators=("mine",), **SMALL)
    assert_one_line(error, "plane.estimators.mine", "'width'", "default")


def test_an_evaluator(blobs):
    class Confidence(Evaluator):
        """How sure the mean prediction is, on test examples."""

        name = "confidence"
        variables = {"confidence": Variable(("seed", "beta"), "1", "mean largest probability of a class")}

        def measure(self, sweep, batches, moment):
            def of(seed, beta):
                model = vib.training.sweep.member(sweep, seed, beta)
                logits, _ = model.decode(model.encode(batches["test"].x)[0].mean)
                return nnx.softmax(logits).max(-1).mean()

            seeds, betas = sweep.finite.shape
            return {"confidence": np.array([[of(i, j) for j in range(betas)] for i in range(seeds)])}

    run = vib.train("vib", blobs, evaluators=[Confidence()], **SMALL)
    found = run.results.confidence
    assert found.dims == ("seed", "beta", "step") and ((found > 1 / 3) & (found <= 1)).all()
    assert found.attrs == {"units": "1", "long_name": "mean largest probability of a class"}


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ({"size": np.zeros((2, 3))}, ("size", "(2, 3)", "seed, beta")),
        ({"sise": np.zeros((2, 2))}, ("sise", "variables")),
    ],
)
def test_an_evaluator_that_says_something_else_than_it_measures(blobs, found, words):
    class Wrong(Evaluator):
        name = "wrong"
        variables = {"size": Variable(("seed", "beta"), "1", "a size")}

        def measure(self, sweep, batches, moment):
            assert moment.step == 0  # it is told before anything is trained
            return found

    with pytest.raises(vib.errors.InvalidInput) as error:
        vib.train("vib", blobs, evaluators=[Wrong()], **SMALL)
    assert_one_line(error, "wrong", *words)


def test_an_encoder(blobs):
    class Residual(nnx.Module):
        """Two layers and a way around them."""

        def __init__(self, key):
            rngs = nnx.Rngs(key)
            self.first, self.second = nnx.Linear(5, 5, rngs=rngs), nnx.Linear(5, 5, rngs=rngs)

        def __call__(self, x, key=None):
            h1 = nnx.relu(self.first(x))
            hidden = x + self.second(h1)
            return hidden, {"h1": h1, "hidden": hidden}

    run = vib.train("vib", blobs, encoder=Residual, estimators=("kde",), **SMALL)
    assert run.results.layer.values.tolist() == ["h1", "hidden", "z", "output"]
    assert run.config.model.encoder.endswith("Residual")
