"""Grids against PyTorch; plane, frontier and latent space against NumPy and scikit-learn; all interleaved.

    python -m experiments.benchmarks.training [--workdir=runs/benchmark] [--rounds=9]

PyTorch is raced only where it is installed (pip install torch); it is no requirement.
"""

import importlib.util
import json
import os
import resource
from functools import partial

from absl import flags

from experiments import cli
from experiments.benchmarks.timing import against, interleave, median, timed, told
from experiments.devices import use_all_cores

WORKDIR = flags.DEFINE_string("workdir", "runs/benchmark", "where to write benchmark.json and benchmark.png")
ROUNDS = flags.DEFINE_integer("rounds", 9, "interleaved rounds", lower_bound=3)
MEMBERS, PRODUCT = 16, 4096
STEPS = {  # a call of each contestant, long enough to be timed
    "digits": {"grid": 200, "alone": 400, "eager": 60, "batched": 100},
    "mnist": {"grid": 12, "alone": 24, "eager": 24, "batched": 12},
}
TITLES = {
    "alone": "same program, one member at a time",
    "eager": "PyTorch, eager, DataLoader, one member",
    "batched": "PyTorch, batched, fused Adam, compiled",
}


def main(_):
    use_all_cores()
    os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # waiting OpenMP threads would take the cores from the others
    from experiments import saving
    from experiments.benchmarks import exact as benchmark_exact
    from experiments.benchmarks import latent as benchmark_latent
    from experiments.benchmarks import plane as benchmark_plane
    from vib import files

    workdir = files.make_folder(WORKDIR.value)
    setups = {net: configured(net) for net in STEPS}
    if not importlib.util.find_spec("torch"):
        print("PyTorch is not installed, so it is not raced: pip install torch")
    report = {net: race(net, setup, ROUNDS.value) for net, setup in setups.items()}
    report["plane"] = benchmark_plane.race(ROUNDS.value)
    report["exact"] = benchmark_exact.race(ROUNDS.value)
    report["latent"] = benchmark_latent.race(ROUNDS.value)
    files.save(workdir / "benchmark.json", json.dumps(report, indent=1).encode())
    saving.figure(draw(report), workdir / "benchmark.png", dpi=150)
    print(f"wrote {workdir}/benchmark.json and {workdir}/benchmark.png")


def configured(net):
    """The setup of a net: one seed, and no moving average, which PyTorch would have to be taught."""
    from configs import digits_vib, mnist_vib
    from vib import api

    return api.check({"digits": digits_vib, "mnist": mnist_vib}[net].get_config(), seeds=1, ema_decay=0.0)


def race(net, setup, rounds):
    """Times every contestant once a round; ratios of the grid's speed to theirs, per member-step."""
    betas = [10 ** (-4 + i / 4) for i in range(MEMBERS)]
    members = {"grid": MEMBERS, "alone": 1, "product": 1}
    runs = {"grid": grid(setup, betas)}
    compile_seconds = timed(runs["grid"], STEPS[net]["grid"])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # MiB, before PyTorch comes in
    runs |= {"alone": grid(setup, betas[:1]), "product": product()}
    if importlib.util.find_spec("torch"):
        from experiments.benchmarks import torch_baselines

        options = torch_options(setup, betas)
        runs |= {"eager": torch_baselines.eager(**options), "batched": torch_baselines.batched(**options)}
        members |= {"eager": 1, "batched": MEMBERS}
    steps = STEPS[net] | {"product": 3}
    for name in [name for name in runs if name != "grid"]:
        timed(runs[name], steps[name])
    timings = interleave({name: partial(run, steps[name]) for name, run in runs.items()}, rounds, warm=False)
    seconds = {name: [second / steps[name] / members[name] for second in row] for name, row in timings.items()}
    compile_seconds -= median(seconds["grid"]) * steps["grid"] * MEMBERS
    print(f"{net}: {MEMBERS} members, {1 / median(seconds['grid']):,.0f} member-steps a second, ", end="")
    print(f"compiled in {compile_seconds:.1f} s, peak memory of the process {peak:.0f} MiB")
    ratios = {name: against(seconds["grid"], seconds[name]) for name in TITLES if name in runs}
    for name, values in ratios.items():
        print(f"  {told(values)}  {TITLES[name]}")
    work = operations(setup) / (2 * PRODUCT**3)
    share = [work * value for value in against(seconds["grid"], seconds["product"])]
    print(f"  {median(share):6.0%} ({min(share):.0%} to {max(share):.0%}) of the speed of one large matrix product")
    return {
        "seconds_a_member_step": seconds, "compile_seconds": compile_seconds, "peak_memory_mib": peak,
        "ratios": ratios, "of_matrix_product": share,
    }  # fmt: skip


def grid(setup, betas):
    """run(steps) of a grid of the first seed, made from the setup of a config."""
    import jax

    from vib.training import sharding
    from vib.training.sweep import train_until

    state = {"sweep": sharding.place(setup.make_sweep(betas)), "step": 0}
    batch = sharding.replicate(setup.batches["train"], state["sweep"])

    def run(steps):
        state["step"] += steps
        state["sweep"] = jax.block_until_ready(train_until(state["sweep"], batch, state["step"]))

    return run


def product():
    """run(steps) of a large matrix product."""
    import jax
    import jax.numpy as jnp

    a, multiply = jnp.ones((PRODUCT, PRODUCT)), jax.jit(jnp.matmul)
    return lambda steps: [jax.block_until_ready(multiply(a, a)) for _ in range(steps)]


def torch_options(setup, betas):
    """The same net, data and optimiser as arguments of experiments.benchmarks.torch_baselines."""
    import numpy as np

    x, y = (np.asarray(part) for part in setup.batches["train"][:2])
    x = x.reshape(len(x), -1)
    model, train = setup.config.model, setup.config.train
    return {
        "x": x, "y": y, "sizes": (x.shape[1], *model.widths), "latent": model.latent,
        "classes": setup.dataset.classes, "shift": model.std_shift, "learning_rate": train.learning_rate,
        "b1": train.b1, "batch_size": train.batch_size, "betas": betas,
    }  # fmt: skip


def operations(setup):
    """Floating-point operations of the products of one step of one member."""
    import jax

    from vib.training.checkpoint import flatten

    leaves = flatten(jax.eval_shape(lambda: setup.make_sweep([1.0]).model))
    kernels = {path: leaf.size for path, leaf in leaves.items() if "kernel" in path}
    # forward, and backward to the weights and to the inputs, which the first layer does without
    products = 3 * sum(kernels.values()) - kernels["encoder/mlp/layers/0/kernel/value"]
    return 2 * products * setup.config.train.batch_size


def draw(report):
    """Ratios per contestant and net, medians and ranges, on a logarithmic axis."""
    from matplotlib.figure import Figure

    nets = [net for net in STEPS if net in report]
    figure = Figure((8.4, 2.4), layout="constrained")
    columns = figure.subplots(1, len(nets), sharex=True, sharey=True, squeeze=False)[0]
    for axes, net in zip(columns, nets, strict=True):
        for place, ratios in enumerate(report[net]["ratios"].values()):
            middle, low, high = median(ratios), min(ratios), max(ratios)
            axes.barh(place, middle - 1, left=1, color="#0072B2", height=0.6)
            axes.errorbar(middle, place, xerr=[[middle - low], [high - middle]], color="black", capsize=3)
            axes.annotate(f"{middle:.2g}", (high, place), (5, 0), textcoords="offset points", va="center")
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set(xscale="log", title=f"{net}, {MEMBERS} members")
        axes.set_xlim(0.7, 1.6 * max(max(ratios) for net in nets for ratios in report[net]["ratios"].values()))
        ticks = [tick for tick in (1, 2, 5, 10, 20, 50, 100) if tick <= axes.get_xlim()[1]]
        axes.set_xticks(ticks, ticks)
        axes.minorticks_off()
    columns[0].set_yticks(range(len(report[nets[0]]["ratios"])), [TITLES[name] for name in report[nets[0]]["ratios"]])
    columns[0].invert_yaxis()
    figure.supxlabel("times as fast as this, per member-step (median and range)", fontsize=10)
    return figure


if __name__ == "__main__":
    cli.run(main)
