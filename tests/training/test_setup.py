"""What a configuration asks for beyond the grid: convex u, target rates, and one model for all betas."""

import jax
import numpy as np
import pytest
from small import compiled, config, prepare, run  # noqa: F401

import vib
from vib import models
from vib.errors import InvalidInput
from vib.objectives import (
    Batch,
    Conditioned,
    Distortion,
    Expansion,
    Exponential,
    Lagrangian,
    Power,
    TotalCorrelation,
    linear,
)
from vib.training.setup import betas_for, examples, with_betas

RANGE = (0.01, 0.1, 0.5)


@pytest.mark.parametrize("u", [Power(1.0), Power(0.5), Exponential(2.0)])
def test_slope_is_the_derivative(u):
    for rate in (0.3, 1.7):
        assert float(u.slope(rate)) == pytest.approx(float(jax.grad(u)(rate)), rel=1e-5)


@pytest.mark.parametrize("u", [Power(1.0), Power(0.5), Exponential(2.0)])
def test_a_target_rate_is_the_best_rate_on_a_frontier_of_slope_one(u):
    """D = H(Y) - R where labels are a function of x: D + beta u(R) is least at the target."""
    rates = np.linspace(0, 2.3, 23_001)
    for target in (0.25, 1.0, 2.0):
        (beta,) = betas_for([target], u)
        loss = 2.3 - rates + beta * np.array([u(rate) for rate in rates[::100]]).repeat(100)[: len(rates)]
        best = rates[::100][np.argmin(loss[::100])]
        assert best == pytest.approx(target, abs=0.02)


def test_target_rates_replace_the_betas():
    asked = config(**{"train.u": "power", "sweep.target_rates": (0.5, 1.0)})
    assert with_betas(asked).sweep.betas == (1.0, 0.5)
    assert with_betas(config()).sweep.betas == config().sweep.betas
    assert prepare(**{"train.u": "power", "sweep.target_rates": (0.5, 1.0)}).config.sweep.betas == (1.0, 0.5)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"sweep.target_rates": (0.5,)}, "u is linear"),
        ({"sweep.target_rates": (0.5, -1.0), "train.u": "power"}, "must be numbers > 0"),
        ({"sweep.target_rates": (0.5, 0.5), "train.u": "power"}, "a rate twice"),
        (
            {"sweep.target_rates": (0.5,), "train.u": "power", "model.marginal": "class_conditional"},
            "the rate bounds I.X;Z.Y.",
        ),
        (
            {"model.conditioned": True, "model.code": "categorical", "model.marginal": "categorical"},
            "a code of one beta",
        ),
        ({"train.u": "power", "train.a": 0.0}, "train.a: 0.0"),
        ({"train.u": "cubic"}, "train.u: unknown 'cubic'"),
        ({"train.objective": "elbo"}, "train.objective: unknown 'elbo'; known: lagrangian, total_correlation"),
        ({"model.conditioned": True, "train.u": "power"}, "train.u"),
        ({"model.kind": "classifier", "train.u": "power"}, "train.u: the loss is distortion, .*set 'linear'"),
        ({"model.kind": "flexible", "model.latent": 9, "train.u": "power"}, "train.u: the loss is .*set 'linear'"),
        ({"model.kind": "flexible", "model.latent": 9, "train.samples": 4}, "train.samples: 4; .*set 1"),
        ({"model.conditioned": True, "sweep.betas": (0.0, 0.1)}, "leave 0 out"),
        ({"model.conditioned": True, "sweep.betas": (0.1,)}, "no range"),
        ({"model.conditioned": True, "model.kind": "classifier"}, "model.conditioned"),
        ({"model.conditioned": True, "sweep.chunk": 1}, "sweep.chunk"),
        ({"model.conditioned": True, "plane.estimators": ("kde",)}, "plane.estimators"),
        ({"model.conditioned": True, "model.marginal": "pairwise"}, "one beta at a time"),
        (
            {"model.code": "categorical", "model.marginal": "categorical", "plane.estimators": ("kde",)},
            "categorical code has no information plane",
        ),
        ({"data.name": "gaussian", "model.marginal": "class_conditional"}, "needs class labels"),
    ],
)
def test_what_cannot_work_stops_at_the_door(fields, words):
    if fields.get("data.name") == "gaussian":
        fields |= {"data.options": {"covariance": ((1.0, 0.5), (0.5, 1.0)), "dim_x": 1}}
    with pytest.raises(InvalidInput, match=words):
        prepare(**fields)


@pytest.mark.parametrize(
    ("fields", "objective"),
    [
        ({}, Lagrangian(linear, samples=3)),
        ({"train.u": "power", "train.a": 2.0}, Lagrangian(Power(2.0), samples=3)),
        ({"train.u": "exponential"}, Lagrangian(Exponential(1.0), samples=3)),
        ({"train.objective": "total_correlation"}, TotalCorrelation(samples=3)),
        ({"model.kind": "classifier"}, Distortion(samples=3)),
        ({"model.kind": "autoencoder"}, Distortion(samples=3)),
        ({"model.conditioned": True}, Conditioned(samples=3, betas=(0.01, 0.5))),
        ({"model.kind": "flexible", "model.latent": 9, "train.samples": 1}, Expansion()),
    ],
)
def test_the_objective_that_is_asked_for_is_trained(fields, objective):
    """Unless there is one for all of them, beta is the same in training and measuring."""
    setup = prepare(**{"sweep.betas": RANGE, "train.samples": 3} | fields)
    start = jax.eval_shape(lambda: setup.make_sweep(RANGE))
    assert start.recipe.objective == objective
    assert len(start.measured_beta) == 3 and len(start.beta) == (1 if start.model.of_all_betas else 3)


@pytest.mark.parametrize("fields", [{"model.conditioned": True}, {"model.kind": "flexible", "model.latent": 9}])
def test_one_model_is_measured_at_every_beta(compiled, tmp_path, fields):  # noqa: F811
    """And handed out for one of them, with the numbers of the table."""
    result = run(tmp_path, **{"sweep.betas": RANGE, "train.steps": 60, "evaluate.samples": 4} | fields)
    assert result.rate.dims == ("split", "seed", "beta", "step") and result.beta.values.tolist() == list(RANGE)
    finished = vib.load(tmp_path)
    batch = examples(finished.data(), "test", "y")
    for beta in RANGE:
        model = finished.member(beta=beta, seed=1)
        q, _ = model.encode(batch.x)
        rate = model.rate(q, None, batch.y).mean()
        assert float(rate) == pytest.approx(float(result.rate.sel(split="test", seed=1, beta=beta)[-1]), rel=1e-4)
    if "model.kind" in fields:
        assert (np.diff(result.rate.isel(step=-1)) < 0).all()


def test_one_model_is_handed_out_from_memory():
    """Of two betas on two devices, between which its copies are divided."""
    finished = vib.train(config(**{"sweep.betas": (0.01, 0.5), "train.steps": 2, "model.conditioned": True}))
    assert "left_out" not in finished.results.attrs
    assert float(finished.member(0.5, 1).beta) == 0.5


def test_a_conditioned_model_weighs_each_rate_with_a_beta_of_its_own():
    """On equal rates R the loss exceeds D by R times the mean of betas that are uniform in the logarithm."""
    options = {"latent": 1, "widths": (), "std_shift": 0.0, "beta_range": (0.01, 1.0)}
    model = jax.jit(lambda key: models.vib(key, (2,), 2, **options))(jax.random.key(0))
    x = np.zeros((50_000, 2), np.float32)
    for layer in (model.head.linear, model.decoder.linear):
        layer.kernel[...] = 0 * layer.kernel[...]  # deaf to log beta: the same q(z|x) and logits everywhere
    batch, mean = Batch(x, np.zeros(len(x), int), np.zeros(len(x), int)), 0.99 / np.log(100)
    loss, measured = Conditioned(betas=(0.01, 1.0)).loss(model, batch, 1.0, jax.random.key(1))
    rate, weighed = float(measured.rate[0]), float(loss - measured.distortion.mean())
    assert rate > 0.01 and weighed / rate == pytest.approx(mean, rel=0.02)
