"""Sweeps against what is possible: distances, the self-check and critical betas on made-up numbers."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.special import entr

from experiments import critical_search
from vib import data, exact, models, plots, results
from vib.errors import InvalidInput
from vib.evaluation import critical, frontier
from vib.evaluation.rate_distortion import RateDistortion
from vib.objectives import Lagrangian
from vib.results.dataset import Chunk
from vib.training import optimizers
from vib.training.sweep import create

P_XY = np.array([[0.4, 0.1], [0.1, 0.4]])
JOINT = data.Discrete(P_XY)
BETAS = np.array([0.05, 0.2, 0.3, 0.9])


def rows_on_the_frontier(above=0.0, error=0.001):
    """Rows [step, split, seed, beta] of points that lie on the frontier of P_XY, or above it by so many nats."""
    curve = exact.information_bottleneck(P_XY, BETAS)
    shape = (1, 2, 2, 4)
    rows = {
        "rate": curve.rate,
        "distortion": data.joint_entropy_y(JOINT) - curve.information - above,
        "loss": curve.rate,
        "rate_error": np.full(4, error),
        "distortion_error": np.full(4, error),
    }
    return {name: np.broadcast_to(values, shape) for name, values in rows.items()}


def built(rows, joint=JOINT, averaged=False):
    """The result of rows, beside the frontier of a joint."""
    rows = rows | {"finite": np.ones((1, 2, 4), bool)}
    found = results.build([RateDistortion(12, averaged=averaged)], [Chunk(list(BETAS), rows)], [0, 1], [10], {})
    return frontier.Frontier(joint)(found)


def test_points_on_the_frontier_are_none_below_it():
    result = built(rows_on_the_frontier())
    assert result.entropy_y_exact == data.joint_entropy_y(JOINT)
    curve, below = exact.information_bottleneck(P_XY, result.frontier_beta.values), result.below_frontier
    np.testing.assert_allclose(result.frontier_information, curve.information, atol=1e-9)
    assert below.dims == ("split", "seed", "beta", "step") and below.units == "nats"
    assert (below >= -1e-9).all() and (below < 2e-3).all()  # tangents of a hundred betas lie that close to the curve


def test_the_self_check_names_what_lies_above_by_more_than_sampling():
    assert frontier.violations(built(rows_on_the_frontier())) == []
    found = frontier.violations(built(rows_on_the_frontier(above=0.05)))
    assert len(found) == 8 and found[0] == "seed 0, beta 0.05"
    assert frontier.violations(built(rows_on_the_frontier(above=0.05, error=0.05))) == []
    assert frontier.violations(built(rows_on_the_frontier(above=0.05, error=np.nan))) == []  # of one example


def test_the_self_check_tells_which_weights():
    final, averaged = rows_on_the_frontier(), rows_on_the_frontier(above=0.05)
    both = {name: np.stack([final[name], averaged[name]], axis=1) for name in final}
    found = frontier.violations(built(both, averaged=True))
    assert len(found) == 8 and all("averaged weights" in each for each in found)
    assert {"averaged weights", "seed 0", "beta 0.05"} == set(found[0].split(", "))


def test_a_rate_that_is_no_bound_is_not_compared():
    """Of r(z|y) the rate lies below I(X;Z); its own bound is what the frontier is read at."""
    rows = rows_on_the_frontier()
    rows |= {"information_x_bound": rows["rate"], "information_x_bound_error": rows["rate_error"]}
    rows["rate"] = 0.5 * rows["rate"]
    result = built(rows)
    assert (result.below_frontier >= -1e-9).all() and frontier.violations(result) == []


def test_without_a_joint_or_a_rate_there_is_no_frontier():
    rows = rows_on_the_frontier()
    for result in (built(rows, None), built(rows | {"rate": np.full((1, 2, 2, 4), np.nan)})):
        assert "frontier_rate" not in result and "below_frontier" not in result
        assert frontier.violations(result) == []


def test_entropies_are_those_of_y():
    assert data.joint_entropy_y(JOINT) == pytest.approx(entr([0.5, 0.5]).sum())
    gaussian = data.GaussianJoint(np.array([[1.0, 0.5], [0.5, 4.0]]), 1)
    assert data.joint_entropy_y(gaussian) == pytest.approx(0.5 * np.log(2 * np.pi * np.e * 4))


def linear_grid(std, weight, betas=(0.1, 1.0)):
    """Two seeds of z = weight x + N(0, std), x in two dimensions, as a sweep."""

    def make_model(key):
        model = models.vib(key, (2,), 2, latent=2, widths=(), std=std)
        model.head.linear.kernel[...] = weight * jnp.eye(2)
        return model

    return create(make_model, Lagrangian(), optimizers.make(), [0, 1], betas)


def test_unit_rates_are_the_closed_form():
    x = np.random.default_rng(0).normal(size=(500, 2)).astype(np.float32)
    rates = critical.unit_rates(linear_grid(0.7, 1.2), x)
    expected = 0.5 * ((1.2 * x) ** 2 + 0.49 - 1).mean(0) - np.log(0.7)
    np.testing.assert_allclose(rates[1, 0], expected, rtol=1e-4)


def test_critical_betas_are_where_units_die():
    """Two units die near 0.3 and near 0.05, at grid steps that differ from seed to seed; a third never lives."""
    betas = np.geomspace(0.01, 1, 41)
    deaths = np.array([[0.30, 0.05], [0.33, 0.05], [0.30, 0.06]])
    units = (betas < deaths[..., None]).sum(1)
    (found, half) = critical.critical_betas(betas, units)
    assert found.shape == (2,)
    assert (np.abs(found - deaths.mean(0)) < half + 0.02).all() and (half > 0).all()


def test_units_that_never_die_have_no_critical_beta():
    betas = np.geomspace(0.01, 1, 5)
    assert np.isnan(critical.critical_betas(betas, np.full((2, 5), 2))).all()
    half = critical.critical_betas(betas, np.array([[2, 2, 1, 1, 1]] * 2))
    assert np.isnan(half[0, 0]) and half[0, 1] == pytest.approx(np.sqrt(betas[1] * betas[2]))
    assert critical.critical_betas(betas, np.zeros((2, 5), int)).size == 0


def test_refinement_goes_where_the_code_changes():
    betas = np.array([0.01, 0.1, 0.2, 1.0])
    rates = np.array([[3.0, 2.9, 0.1, 0.0]])
    new = critical.refined(betas, rates, np.array([[2, 2, 1, 1]]), 4)
    assert len(new) == 4 and sorted(new) == new
    assert sum(0.1 < beta < 0.2 for beta in new) >= 3


def test_a_search_keeps_every_round_and_reports_each(monkeypatch):
    """No weight moves, so that the betas alone are searched."""
    monkeypatch.setattr(critical_search, "train_until", lambda sweep, data, steps: sweep)
    x = np.ones((4, 2), np.float32)
    prepared = SimpleNamespace(
        make_sweep=lambda betas: linear_grid(0.7, 1.2, betas), batches={"train": x, "test": SimpleNamespace(x=x)}
    )
    told = []
    found = critical_search.search(prepared, [0.1, 1.0], 5, 3, lambda *each: told.append(each))
    assert [number for number, *_ in told] == [1, 2, 3]
    assert sorted(beta for _, betas, _ in told for beta in betas) == found[0].tolist()
    assert found[0].size == 6 and found[0][0] == 0.1 and found[0][-1] == 1.0
    for name, last, whole in zip(("betas", "units", "rates"), told[-1][2], found, strict=True):
        np.testing.assert_array_equal(last, whole, err_msg=name)
    prepared.make_sweep = lambda betas: linear_grid(0.7, 1.2, betas).replace(finite=np.zeros((2, 2), bool))
    with pytest.raises(InvalidInput, match=r"round 1: a member diverged.*learning_rate$"):
        critical_search.search(prepared, [0.1, 1.0], 5, 3, None)


def test_the_figure_of_critical_betas_marks_both():
    betas = np.geomspace(0.01, 1, 9)
    units = (betas < 0.3).astype(int)[None]
    figure = plots.critical(betas, units * 1.0, units, critical.critical_betas(betas, units), np.array([0.31]))
    assert [axes.get_ylabel() for axes in figure.axes] == ["rate (bits)", "active units"]
    assert jax.tree.all([any(line.get_xdata()[0] == 0.31 for line in axes.lines) for axes in figure.axes])
