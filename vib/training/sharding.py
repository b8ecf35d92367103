"""Where a grid lies: over devices as a mesh, and over memory as chunks of betas."""

import os
from functools import partial
from itertools import count, islice

import jax
import numpy as np
from jax.sharding import NamedSharding
from jax.sharding import PartitionSpec as P

from vib.errors import require


def mesh_of(seeds, betas, devices=None):
    """The mesh ('seed', 'beta') over the largest number of devices that divides the grid."""
    devices = jax.devices() if devices is None else devices
    for used in range(len(devices), 0, -1):
        for along_seed in range(1, used + 1):  # prefer beta: a seed's minibatch and noise then have one home
            if used % along_seed == 0 and seeds % along_seed == 0 and betas % (used // along_seed) == 0:
                grid = np.asarray(devices[:used]).reshape(along_seed, used // along_seed)
                return jax.sharding.Mesh(grid, ("seed", "beta"))
    raise AssertionError("one device divides every grid")


def shardings(sweep, mesh):
    """A Sweep of NamedShardings: P() step, P('seed') seed, P('beta') beta, P('seed', 'beta') the rest."""
    # Axes of size 1 are left out of the spec: otherwise the spec of the output differs and the next call compiles anew.
    seed, beta = (name if mesh.shape[name] > 1 else None for name in ("seed", "beta"))
    place = partial(NamedSharding, mesh)
    grid = P(seed, beta) if beta else P(seed) if seed else P()
    specs = jax.tree.map(lambda _: place(grid), sweep)
    along_seed, along_beta = (place(P(name) if name else P()) for name in (seed, beta))
    return specs.replace(step=place(P()), seed=along_seed, beta=along_beta, measured_beta=place(P()))


def place(sweep, devices=None):
    """The sweep laid over as many devices as divide its grid."""
    mesh = mesh_of(len(sweep.seed), len(sweep.beta), devices)
    return jax.device_put(sweep, shardings(sweep, mesh))


def replicate(batches, sweep):
    """The arrays whole on every device of a placed sweep, so that no call has to move them."""
    return jax.device_put(batches, NamedSharding(sweep.step.sharding.mesh, P()))


def blueprint(make_sweep, betas, devices=None):
    """The shapes, types and shardings of place(make_sweep(betas)), without its memory."""
    shapes = jax.eval_shape(lambda: make_sweep(betas))
    placed = shardings(shapes, mesh_of(len(shapes.seed), len(shapes.beta), devices))
    struct = partial(jax.tree.map, lambda x, s: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=s))
    return struct(shapes, placed)


def chunks_of(betas, size):
    """Cuts betas into chunks of `size`, a list of (betas, how many count), so that all share one compiled program.

    The last chunk is filled up with betas that do not count. Raises InvalidInput unless 1 <= size.
    """
    require(size >= 1, f"sweep.chunk: {size} is below 1; give the number of betas trained at once")
    size = min(size, len(betas))
    cuts = [list(betas[i : i + size]) for i in range(0, len(betas), size)]
    padding = [islice((float(i) for i in count() if i not in cut), size - len(cut)) for cut in cuts]
    return [(cut + list(pad), len(cut)) for cut, pad in zip(cuts, padding, strict=True)]


def chunk_size(make_sweep, betas, batches, memory=None):
    """The largest number of betas at once whose sweep trains in half of the memory that the data leave.

    memory: bytes, by default of this machine. make_sweep(betas) is only traced. Training holds the state, gradients
    and temporaries, and a copy of the state while it is saved: three times the state in all.
    """
    if len(jax.eval_shape(lambda: make_sweep(betas)).beta) == 1:  # one model of all betas
        return len(betas)
    one = jax.eval_shape(lambda: make_sweep(betas[:1]))
    memory = device_memory() if memory is None else memory
    left = memory - len(jax.devices()) * size_of(batches)
    return int(np.clip(left // (2 * 3 * size_of(one)), 1, len(betas)))


def size_of(tree):
    """Bytes of all leaves."""
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))


def device_memory():
    """Bytes of memory of all devices together; of the machine, or its container, where the devices are its cores."""
    stats = [device.memory_stats() for device in jax.devices()]
    if all(stats):
        return sum(stat["bytes_limit"] for stat in stats)
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    try:
        with open("/sys/fs/cgroup/memory.max") as limit:
            return min(machine, int(limit.read()))
    except (OSError, ValueError):  # no container, or one without a limit
        return machine
