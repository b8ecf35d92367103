"""Two host devices for every test, and one tiny grid whose compiled program the tests share."""

import os

from experiments.devices import use_all_cores

# Before jax is imported: XLA reads its flags once.
os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} --xla_force_host_platform_device_count=2".strip()
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"  # here and in child processes: compiling takes most of the time
use_all_cores()

from functools import partial

import hints

hints.check()  # before vib is imported

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from compiling import optimized, programs_forgotten  # noqa: F401
from slow import (  # noqa: F401
    pytest_addoption,
    pytest_collection_modifyitems,
    pytest_runtest_logreport,
    pytest_sessionfinish,
)
from whole import undisturbed, whole  # noqa: F401

from vib import models
from vib.objectives import Batch, Lagrangian
from vib.training import optimizers, sharding, sweep

MESHES = [None, (1, 2), (2, 1)]  # (seed, beta); None: no mesh at all, one device


class Tiny:
    """A VIB of 6 inputs and 3 classes, trained on 22 examples in batches of 5, hence 4 steps an epoch."""

    seeds, betas = (0, 7), (0.01, 0.3)

    def __init__(self):
        self.recipe = {"batch_size": 5, "warmup": 8, "ema_decay": 0.9}
        self.objective = Lagrangian(samples=2)
        random = np.random.default_rng(0)
        y = random.integers(0, 3, 22).astype(np.int32)
        x = (random.normal(size=(22, 6)) + y[:, None]).astype(np.float32)
        self.data = Batch(x, y, y)
        self.tx = optimizers.make(clip=1.0, decay_rate=0.9, decay_steps=10)
        self.make_model = partial(models.vib, shape=(6,), outputs=3, latent=2, widths=(8,), std_shift=-1.0)
        self._host = jax.device_get(self.create())

    def create(self, seeds=seeds, betas=betas, learning_rate=0.01):
        return sweep.create(self.make_model, self.objective, self.tx, seeds, betas, learning_rate, **self.recipe)

    def start(self, mesh=None, **changes):
        """The grid at step 0, on one device or laid over a mesh of the given shape."""
        fresh = self._host.replace(**changes)
        if mesh is None:
            return jax.tree.map(jnp.asarray, fresh)
        mesh = jax.sharding.Mesh(np.reshape(jax.devices(), mesh), ("seed", "beta"))
        return jax.device_put(fresh, sharding.shardings(fresh, mesh))

    def train(self, grid, *stops):
        for stop in stops:
            grid = sweep.train_until(grid, self.data, stop)
        return grid


@pytest.fixture(scope="session")
def tiny():
    return Tiny()


def leaves(tree):
    """{path: numpy array} of a pytree."""
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)}


def assert_bitwise(one, other):
    """Every leaf of two pytrees has the same type and the same bytes (so that NaN equals NaN)."""
    one, other = leaves(one), leaves(other)
    assert one.keys() == other.keys()
    raw = {path: [(leaf.dtype, leaf.tobytes()) for leaf in (one[path], other[path])] for path in one}
    assert not [path for path, (a, b) in raw.items() if a != b]


def assert_close(one, other, tolerance):
    """Every leaf of two pytrees agrees to an absolute tolerance, relative for numbers above one."""
    one, other = leaves(one), leaves(other)
    assert one.keys() == other.keys()
    for path in one:
        np.testing.assert_allclose(one[path], other[path], rtol=tolerance, atol=tolerance, err_msg=path)


def assert_one_line(error, *words):
    """The message of an InvalidInput is one line and holds the words: the field, the value, the remedy."""
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in words), message
