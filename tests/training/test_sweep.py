"""The compiled grid: what it shares, and that neither stops, devices nor neighbours change it."""

import logging
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import MESHES, assert_bitwise, assert_close, assert_one_line, leaves

from vib import models
from vib.errors import InvalidInput
from vib.evaluation.rate_distortion import evaluate
from vib.objectives import Conditioned
from vib.training import sweep

# Floats summed in another order differ in their last bits, and Adam divides a gradient by its own size: a few steps of
# length 0.01 leave weights within 1e-4 of each other.
FEW, CLOSE = 4, 1e-4
pytestmark = pytest.mark.usefixtures("optimized")


def without(tree, seed, beta):
    """The leaves of a grid but one member: {path: rows}."""
    keep = np.ones((2, 2), bool)
    keep[seed, beta] = False
    return {path: leaf[keep] if leaf.ndim > 1 else leaf for path, leaf in leaves(tree).items()}


@pytest.fixture(scope="module")
def hundred(tiny):
    """The grid after 100 steps in one call: {mesh: sweep}."""
    return {mesh: tiny.train(tiny.start(mesh), 100) for mesh in MESHES}


def test_initial_weights_are_shared_along_beta_and_differ_along_seed(tiny):
    grid = tiny.start()
    assert_bitwise(sweep.member(grid, 0, 0), sweep.member(grid, 0, 1))
    assert_bitwise(grid.model, grid.ema)
    kernel = grid.model.head.linear.kernel[...]
    assert kernel.shape == (2, 2, 4, 8)
    assert not np.any(kernel[0] == kernel[1])


@pytest.mark.parametrize("mesh", MESHES)
@pytest.mark.parametrize("stops", [(60, 100), (1, 2, 7, 99, 100)], ids=["epoch boundary", "inside epochs"])
def test_stops_change_no_bit(tiny, hundred, mesh, stops):
    """4 steps an epoch: 60 begins an epoch; 1, 2, 7 and 99 lie inside one."""
    assert_bitwise(tiny.train(tiny.start(mesh), *stops), hundred[mesh])


def test_a_stop_behind_changes_nothing(tiny):
    assert_bitwise(tiny.train(tiny.start(), 5, 3), tiny.train(tiny.start(), 5))


def test_training_lowers_the_loss(tiny, hundred):
    """Over all examples, at the small beta, whose loss is nearly the distortion: by over 0.1 of log 3 = 1.1 nats."""
    before, after = (evaluate(grid, tiny.data)["loss"][0, :, 0] for grid in (tiny.start(), hundred[None]))
    assert np.all(after < before - 0.1)
    assert hundred[None].step == 100 and hundred[None].finite.all()


def test_compiled_is_plain(tiny):
    """Without jit jax runs the loop operation by operation; step 4 is the first of the second epoch."""
    begun = tiny.train(tiny.start(), 4)
    with jax.disable_jit():
        plain = tiny.train(begun, 5)
    assert_close(plain, tiny.train(tiny.start(), 5), CLOSE)


def test_a_member_in_the_grid_is_the_member_alone(tiny):
    grid = tiny.train(tiny.start(), FEW)
    alone = tiny.train(tiny.create(tiny.seeds[1:], tiny.betas[1:]), FEW)
    assert_close(sweep.member(grid, 1, 1), sweep.member(alone, 0, 0), CLOSE)
    assert_close(sweep.member(grid, 1, 1, ema=True), sweep.member(alone, 0, 0, ema=True), CLOSE)
    moved = leaves(sweep.member(tiny.start(), 1, 1)), leaves(sweep.member(grid, 1, 1))
    assert max(np.abs(a - b).max() for a, b in zip(*(m.values() for m in moved), strict=True)) > 100 * CLOSE


@pytest.mark.parametrize("mesh", MESHES[1:])
def test_sharded_is_unsharded(tiny, mesh):
    sharded = tiny.train(tiny.start(mesh), FEW)
    assert len(sharded.model.head.linear.kernel[...].sharding.device_set) == 2
    assert_close(sharded, tiny.train(tiny.start(), FEW), CLOSE)


@pytest.mark.parametrize("mesh", MESHES)
def test_one_program_for_all_stops_betas_and_learning_rates(tiny, mesh, caplog):
    tiny.train(tiny.start(mesh), 1)
    programs = sweep.train_until._cache_size()
    bold = np.full((2, 2), 0.5, np.float32)
    with jax.log_compiles(), caplog.at_level(logging.WARNING):
        tiny.train(tiny.start(mesh), 1, 3, 10)
        tiny.train(tiny.start(mesh, beta=np.float32([0, 5]), learning_rate=bold), 2)
        jax.jit(lambda x: x + mesh_number(mesh))(1.0)  # a compile that the log must show
    compiled = [record.getMessage() for record in caplog.records if "Finished XLA compilation" in record.getMessage()]
    assert any("lambda" in message for message in compiled)
    assert not any("train_until" in message for message in compiled)
    assert sweep.train_until._cache_size() == programs


def mesh_number(mesh):
    return float(MESHES.index(mesh))


COLLECTIVES = ("all-reduce", "all-gather", "all-to-all", "collective-permute", "reduce-scatter", "collective-broadcast")


@pytest.mark.parametrize("mesh", MESHES[1:])
def test_devices_never_talk(tiny, mesh):
    compiled = sweep.train_until.lower(tiny.start(mesh), tiny.data, 10).compile()
    text = compiled.as_text()
    assert "num_partitions=2" in text
    assert [name for name in COLLECTIVES if name in text] == []


def test_the_search_for_collectives_finds_one():
    mesh = jax.sharding.Mesh(jax.devices(), "x")
    place = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
    text = jax.jit(jnp.sum).lower(jax.device_put(np.ones(4), place)).compile().as_text()
    assert any(name in text for name in COLLECTIVES)


@pytest.mark.parametrize("mesh", MESHES)
def test_a_member_that_becomes_nan_disturbs_no_other(tiny, hundred, mesh):
    grid = tiny.train(tiny.start(mesh), 30)
    kernel = grid.model.head.linear.kernel
    kernel[...] = jax.device_put(np.asarray(kernel[...]), kernel[...].sharding).at[0, 1, 0, 0].set(jnp.nan)
    grid = tiny.train(grid, 100)
    np.testing.assert_array_equal(grid.finite, [[True, False], [True, True]])
    np.testing.assert_array_equal(np.isfinite(grid.loss), grid.finite)
    loss_of_others = [np.asarray(s.loss)[np.asarray(grid.finite)] for s in (grid, hundred[mesh])]
    np.testing.assert_array_equal(*loss_of_others)
    for part in ("model", "ema", "opt_state"):
        assert_bitwise(without(getattr(grid, part), 0, 1), without(getattr(hundred[mesh], part), 0, 1))


def test_a_learning_rate_too_bold_disturbs_no_other(tiny, hundred):
    rate = np.full((2, 2), 0.01, np.float32)
    rate[1, 0] = 1e30
    grid = tiny.train(tiny.start(learning_rate=rate), 100)
    np.testing.assert_array_equal(grid.finite, [[True, True], [False, True]])
    assert_bitwise(without(grid.model, 1, 0), without(hundred[None].model, 1, 0))


@pytest.mark.parametrize("size", [0, 23])
def test_batch_has_to_fit_the_data(tiny, size):
    grid = tiny.start()
    grid = grid.replace(recipe=grid.recipe._replace(batch_size=size))
    with pytest.raises(InvalidInput) as error:
        sweep.train_until(grid, tiny.data, 1)
    assert_one_line(error, "train.batch_size", str(size), "22")


@pytest.mark.parametrize(
    ("betas", "value"),
    [
        ([], "empty"),
        ([-1.0], "-1"),
        ([0.1, np.nan], "nan"),
        ([np.inf], "inf"),
        ([1e39], "1e+39"),
        ([0.5, 1, 0.5], "0.5"),
    ],
)
def test_bad_betas(tiny, betas, value):
    with pytest.raises(InvalidInput) as error:
        tiny.create(betas=betas)
    assert_one_line(error, "sweep.betas", value, "give")


@pytest.mark.parametrize(
    ("seeds", "value"), [([], "empty"), ([-1], "-1"), ([2**32], "4294967296"), ([0.5], "0.5"), ([3, 3], "3")]
)
def test_bad_seeds(tiny, seeds, value):
    with pytest.raises(InvalidInput) as error:
        tiny.create(seeds=seeds)
    assert_one_line(error, "sweep.seeds", value, "give")


@pytest.mark.parametrize("rate", [0.0, -1e-3, np.nan, np.inf])
def test_bad_learning_rates(tiny, rate):
    with pytest.raises(InvalidInput) as error:
        tiny.create(learning_rate=rate)
    assert_one_line(error, "train.learning_rate", str(rate))


def one_model(tiny, *measured_betas):
    """One model of all betas for each of two seeds."""
    make = partial(models.vib, shape=(6,), outputs=3, latent=2, widths=(8,), beta_range=(0.01, 1.0))
    grid = {"betas": [1.0], "measured_betas": measured_betas, "batch_size": 5, "ema_decay": 0.9}
    return sweep.create(make, Conditioned(betas=(0.01, 1.0)), tiny.tx, tiny.seeds, **grid)


def test_one_model_is_a_member_at_every_beta_that_it_is_measured_at(tiny):
    trained, betas = tiny.train(one_model(tiny, 0.01, 0.1, 1.0), FEW), np.float32([0.01, 0.1, 1.0])
    grid = sweep.measured(trained)
    assert trained.beta.tolist() == [1.0] and trained.finite.shape == (2, 1)
    np.testing.assert_array_equal(grid.beta, betas)
    assert grid.finite.shape == (2, 3) and grid.model.head.linear.kernel[...].shape == (2, 3, 4, 8)
    for place, beta in enumerate(betas):
        for ema in (False, True):
            one, other = (sweep.member(each, 1, place, ema) for each in (trained, grid))
            assert_bitwise(one, other)
            assert one.beta == beta
    codes = [sweep.member(trained, 1, place).encode(tiny.data.x)[0].mean for place in range(3)]
    assert np.abs(codes[0] - codes[2]).max() > 1e-3


def test_one_model_may_be_measured_at_a_single_beta(tiny):
    """Which is not the one that its sweep is trained at."""
    start = one_model(tiny, 0.1)
    np.testing.assert_array_equal(sweep.measured(start).beta, np.float32([0.1]))
    assert sweep.member(start, 0, 0).beta == sweep.member(sweep.measured(start), 0, 0).beta == np.float32(0.1)


def test_a_grid_is_measured_where_it_is_trained(tiny):
    for start in (tiny.start(), tiny.create(betas=[0.3])):
        assert_bitwise(sweep.measured(start), start)
        np.testing.assert_array_equal(start.measured_beta, start.beta)


@pytest.mark.parametrize(("betas", "value"), [([], "empty"), ([0.1, 0.1], "0.1"), ([-1.0], "-1")])
def test_bad_betas_to_measure_at(tiny, betas, value):
    with pytest.raises(InvalidInput) as error:
        one_model(tiny, *betas)
    assert_one_line(error, "sweep.betas", value, "give")
