"""Meshes over devices and chunks over memory: the same grid, however it is cut."""

import jax
import numpy as np
import pytest
from conftest import assert_close, assert_one_line, leaves
from jax.sharding import PartitionSpec as P

from vib.errors import InvalidInput
from vib.training import sharding, sweep

pytestmark = pytest.mark.usefixtures("optimized")


@pytest.mark.parametrize(
    ("seeds", "betas", "shape"),
    [(5, 14, (1, 2)), (1, 2, (1, 2)), (2, 3, (2, 1)), (3, 5, (1, 1)), (1, 1, (1, 1))],
)
def test_mesh_takes_every_device_that_divides_the_grid(seeds, betas, shape):
    mesh = sharding.mesh_of(seeds, betas)
    assert mesh.devices.shape == shape and mesh.axis_names == ("seed", "beta")


class Device:
    """Stands in for a device where more are asked for than there are."""

    platform, device_kind = "cpu", "stand-in"

    def __init__(self, number):
        self.id, self.process_index = number, 0


@pytest.mark.parametrize(
    ("devices", "seeds", "betas", "count"),
    [(8, 5, 14, 7), (8, 5, 16, 8), (64, 5, 14, 35), (64, 5, 12, 60), (8, 2, 12, 8), (3, 2, 2, 2)],
)
def test_mesh_is_the_largest_that_divides(devices, seeds, betas, count):
    """5 x 14 on 64 devices: no divisor of 70 lies above 35; 2 x 12 on 8: 2 along seed, or 4 along beta."""
    mesh = sharding.mesh_of(seeds, betas, [Device(i) for i in range(devices)])
    assert mesh.devices.size == count
    assert seeds % mesh.shape["seed"] == 0 and betas % mesh.shape["beta"] == 0


@pytest.mark.parametrize(
    ("mesh", "seed", "beta", "grid"),
    [((1, 2), P(), P("beta"), P(None, "beta")), ((2, 1), P("seed"), P(), P("seed"))],
)
def test_shardings(tiny, mesh, seed, beta, grid):
    start = tiny.start(mesh)
    assert start.step.sharding.spec == P()
    assert (start.seed.sharding.spec, start.beta.sharding.spec) == (seed, beta)
    assert start.measured_beta.sharding.spec == P()
    for part in (start.finite, start.learning_rate, *jax.tree.leaves((start.model, start.ema, start.opt_state))):
        assert part.sharding.spec == grid


def test_place_takes_the_devices_given(tiny):
    for count in (1, 2):
        placed = sharding.place(tiny.start(), jax.devices()[:count])
        assert len(placed.finite.sharding.device_set) == count


def test_blueprint_is_the_placed_sweep_without_its_memory(tiny):
    def make_sweep(betas):
        return tiny.create(betas=betas)

    plan, placed = sharding.blueprint(make_sweep, tiny.betas), sharding.place(make_sweep(tiny.betas))
    assert jax.tree.structure(plan) == jax.tree.structure(placed)
    for shape, leaf in zip(jax.tree.leaves(plan), jax.tree.leaves(placed), strict=True):
        assert isinstance(shape, jax.ShapeDtypeStruct)
        assert (shape.shape, shape.dtype, shape.sharding) == (leaf.shape, leaf.dtype, leaf.sharding)


THIRTEEN = [0.0, *np.geomspace(1e-3, 1, 12).tolist()]


def test_chunks_hold_every_beta_once_in_order():
    chunks = sharding.chunks_of(THIRTEEN, 4)
    assert [len(betas) for betas, _ in chunks] == [4, 4, 4, 4]
    assert [count for _, count in chunks] == [4, 4, 4, 1]
    assert [beta for betas, count in chunks for beta in betas[:count]] == THIRTEEN


def test_a_chunk_larger_than_the_grid_is_the_grid():
    assert sharding.chunks_of(THIRTEEN, 100) == [(THIRTEEN, 13)]


@pytest.mark.parametrize("size", [0, -4])
def test_bad_chunk(size):
    with pytest.raises(InvalidInput) as error:
        sharding.chunks_of(THIRTEEN, size)
    assert_one_line(error, "sweep.chunk", str(size))


def test_thirteen_betas_in_chunks_of_four_are_the_whole_grid_by_one_program(tiny):
    whole = tiny.train(sharding.place(tiny.create((3,), THIRTEEN)), 4)
    programs, parts = sweep.train_until._cache_size(), []
    for betas, count in sharding.chunks_of(THIRTEEN, 4):
        trained = tiny.train(sharding.place(tiny.create((3,), betas)), 2, 4)
        parts.append({path: leaf[:, :count] for path, leaf in leaves(trained.model).items()})
    joined = {path: np.concatenate([part[path] for part in parts], axis=1) for path in parts[0]}
    assert sweep.train_until._cache_size() == programs + 1
    assert_close(joined, leaves(whole.model), 1e-4)  # few steps: see tests of the sweep


def test_chunk_size_keeps_the_state_in_a_sixth_of_the_memory(tiny):
    """Half of the memory for a state and its copies: gradients, and a save in flight."""

    def make_sweep(betas):
        return tiny.create((3,), betas)

    whole = sum(leaf.nbytes for leaf in jax.tree.leaves(make_sweep(THIRTEEN)))
    chosen = [sharding.chunk_size(make_sweep, THIRTEEN, {}, memory) for memory in (1, 2 * whole, 3 * whole, 7 * whole)]
    assert chosen[0] == 1 and chosen[-1] == 13  # never none, never more than there are
    assert 13 / 3 - 1.2 < chosen[1] < 13 / 3 and 13 / 2 - 1.2 < chosen[2] < 13 / 2
    assert sharding.chunk_size(make_sweep, THIRTEEN, {}) == 13  # of this machine's memory
