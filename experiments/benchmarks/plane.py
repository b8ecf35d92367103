"""The information plane against what is usual: NumPy estimators member by member, and PyTorch training of one network.

Run by experiments.benchmarks.training.
"""

import importlib.util
import tracemalloc

import numpy as np

from experiments.benchmarks.timing import against, interleave, told

MEMBERS, BINS, NOISE_VARIANCE, STEPS = 16, 30, 1e-3, 300
SEEDS = 50  # trained at once


def race(rounds):
    """Times the plane of 6 layers at N = 4096 and the training of its network; prints and returns ratios."""
    import jax

    from vib.evaluation import plane, standard
    from vib.training import sharding
    from vib.training.sweep import train_until

    setup = configured(MEMBERS)
    inputs = standard.plane_inputs(setup)
    grid = sharding.place(setup.make_sweep([0.0]))
    grid = train_until(grid, sharding.replicate(setup.batches["train"], grid), 1000)
    x, y = sharding.replicate((inputs.x, inputs.y), grid)
    model = jax.tree.map(lambda leaf: leaf[0, 0], grid.model)
    values = [np.asarray(value) for value in activations(model, inputs.x)]
    usual = {"binned_unit": binned, "kde": kde}
    report = {}
    for name, reference in usual.items():
        asked = plane.InformationPlane({name: {}}, inputs, grid, gradient_batches=20).asked
        arguments = (grid.model, grid.seed, grid.beta, x, y)
        compiled = plane.measured.lower(*arguments, asked=asked).compile()
        memory = compiled.memory_analysis().temp_size_in_bytes / 2**20
        runs = {
            "ours": lambda compiled=compiled, arguments=arguments: jax.block_until_ready(compiled(*arguments)),
            "numpy": lambda reference=reference: [reference(value, inputs.y) for value in values],
        }
        tracemalloc.start()
        runs["numpy"]()
        peak = tracemalloc.get_traced_memory()[1] / 2**20
        tracemalloc.stop()
        seconds = interleave(runs, rounds)
        ratios = against([s / MEMBERS for s in seconds["ours"]], seconds["numpy"])
        each = 1e3 * min(seconds["ours"]) / MEMBERS
        print(f"  {told(ratios)}  NumPy, {name} of 6 layers at N = 4096, a member; ", end="")
        print(f"{each:.1f} ms, {memory:.0f} MiB for {MEMBERS} members against {peak:.0f} MiB for one")
        report[name] = {"seconds": seconds, "ratios": ratios, "temporary_mib": memory, "numpy_mib": peak}
    return report | training(rounds)


def configured(seeds):
    """The setup of configs/szt_plane.py with so many seeds."""
    from configs import szt_plane
    from vib import api

    return api.check(szt_plane.get_config(), seeds=seeds)


def activations(model, x):
    """The values of every layer of a model, [N, width] each."""
    import jax

    from vib.evaluation import activations

    return [layer.value for layer in activations.layers(model, x, jax.random.key(0)).values()]


def binned(t, y):
    """I(X;T) and I(T;Y), nats, of a layer binned in [-1, 1]: np.unique over rows, as usual."""

    def entropy(rows):
        counts = np.unique(rows, axis=0, return_counts=True)[1]
        p = counts / counts.sum()
        return -np.sum(p * np.log(p))

    cells = np.digitize(t, np.linspace(-1, 1, BINS + 1))
    whole = entropy(cells)
    return whole, whole - sum(np.mean(y == label) * entropy(cells[y == label]) for label in np.unique(y))


def kde(t, y):
    """Kolchinsky & Tracey's two bounds of I(X;T) and I(T;Y), nats, from full distance matrices, as usual."""

    def entropies(t):
        square = np.sum(t**2, 1)
        distance = square[:, None] + square[None] - 2 * t @ t.T
        return [-np.mean(np.log(np.mean(np.exp(-distance / (s * NOISE_VARIANCE)), 1))) for s in (8, 2)]

    whole = np.array(entropies(t))
    return whole, whole - sum(np.mean(y == label) * np.array(entropies(t[y == label])) for label in np.unique(y))


def training(rounds):
    """Member-steps of SEEDS networks at once against the eager PyTorch loop of one, where PyTorch is installed."""
    if not importlib.util.find_spec("torch"):
        return {}
    import jax

    from experiments.benchmarks import torch_baselines
    from vib.training import sharding
    from vib.training.sweep import train_until

    setup = configured(SEEDS)
    state = {"sweep": sharding.place(setup.make_sweep([0.0])), "step": 0}
    batch = sharding.replicate(setup.batches["train"], state["sweep"])

    def ours():
        state["step"] += STEPS
        state["sweep"] = jax.block_until_ready(train_until(state["sweep"], batch, state["step"]))

    x, y = (np.asarray(part) for part in setup.batches["train"][:2])
    eager = torch_baselines.classifier(x, y, sizes=(12, 10, 7, 5, 4, 3), classes=2, learning_rate=4e-4, batch_size=512)
    seconds = interleave({"ours": ours, "eager": lambda: eager(STEPS)}, rounds)
    ratios = against([s / SEEDS for s in seconds["ours"]], seconds["eager"])
    each = 1e6 * min(seconds["ours"]) / SEEDS / STEPS
    print(f"  {told(ratios)}  PyTorch, eager, 12-10-7-5-4-3-2, {SEEDS} seeds at once; {each:.0f} us a member-step")
    return {"training": {"seconds": seconds, "ratios": ratios}}
