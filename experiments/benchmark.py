"""Member-steps per second of the grid against one member at a time and against PyTorch, interleaved in one run.

    python -m experiments.benchmark [--workdir=runs/benchmark] [--rounds=9]

PyTorch is raced only where it is installed (pip install torch); it is no requirement.
"""

import importlib.util
import json
import os
import resource
import time
from pathlib import Path

from absl import flags

from experiments import cli
from experiments.devices import use_all_cores

WORKDIR = flags.DEFINE_string("workdir", "runs/benchmark", "where to write benchmark.json and benchmark.png")
ROUNDS = flags.DEFINE_integer("rounds", 9, "interleaved rounds", lower_bound=3)
MEMBERS = 16
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
    workdir = Path(WORKDIR.value)
    workdir.mkdir(parents=True, exist_ok=True)
    report = {net: race(net, ROUNDS.value) for net in STEPS}
    report["peak_memory_mib"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (workdir / "benchmark.json").write_text(json.dumps(report, indent=1))
    draw(report).savefig(workdir / "benchmark.png", dpi=200)
    print(f"peak memory of this process {report['peak_memory_mib']:.0f} MiB; wrote {workdir}")


def race(net, rounds):
    """Times every contestant once a round; ratios of the grid's speed to theirs, per member-step."""
    from configs import digits_vib, mnist_vib
    from vib.run import prepare

    config = {"digits": digits_vib, "mnist": mnist_vib}[net].get_config().to_dict()
    config["sweep"]["seeds"], config["train"]["ema_decay"] = [0], 0.0
    setup = prepare(config)
    betas = [10 ** (-4 + i / 4) for i in range(MEMBERS)]
    members = {"grid": MEMBERS, "alone": 1}
    runs = {name: grid(setup, betas[:count]) for name, count in members.items()}
    if importlib.util.find_spec("torch"):
        from experiments import torch_baselines

        options = torch_options(config, setup, betas)
        runs |= {"eager": torch_baselines.eager(**options), "batched": torch_baselines.batched(**options)}
        members |= {"eager": 1, "batched": MEMBERS}
    steps = STEPS[net]
    first = {name: timed(run, steps[name]) for name, run in runs.items()}
    seconds = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            seconds[name].append(timed(run, steps[name]) / steps[name] / members[name])
    compile_seconds = first["grid"] - min(seconds["grid"]) * steps["grid"] * MEMBERS
    report = {"seconds_a_member_step": seconds, "compile_seconds": compile_seconds, "ratios": {}}
    print(f"{net}: {MEMBERS} members, {1 / median(seconds['grid']):,.0f} member-steps a second, ", end="")
    print(f"compiled in {compile_seconds:.1f} s")
    for name in [name for name in TITLES if name in runs]:
        ratios = [theirs / ours for theirs, ours in zip(seconds[name], seconds["grid"], strict=True)]
        report["ratios"][name] = ratios
        print(f"  {median(ratios):6.2f} times ({min(ratios):.2f} to {max(ratios):.2f})  {TITLES[name]}")
    report["of_matrix_product"] = of_matrix_product(config, setup, median(seconds["grid"]))
    print(f"  {report['of_matrix_product']:6.0%} of the speed of one large matrix product")
    return report


def grid(setup, betas):
    """run(steps) of a grid of the first seed, made from the setup of a config."""
    import jax

    from vib import layout
    from vib.sweep import train_until

    state = {"sweep": layout.place(setup.make_sweep(betas)), "step": 0}
    batch = layout.replicate(setup.batches["train"], state["sweep"])

    def run(steps):
        state["step"] += steps
        state["sweep"] = jax.block_until_ready(train_until(state["sweep"], batch, state["step"]))

    return run


def torch_options(config, setup, betas):
    """The same net, data and optimiser as arguments of experiments.torch_baselines."""
    import numpy as np

    x, y = (np.asarray(part) for part in setup.batches["train"][:2])
    x = x.reshape(len(x), -1)
    model, train = config["model"], config["train"]
    return {
        "x": x, "y": y, "sizes": (x.shape[1], *model["widths"]), "latent": model["latent"],
        "classes": setup.dataset.classes, "shift": model["std_shift"], "learning_rate": train["learning_rate"],
        "b1": train["b1"], "batch_size": train["batch_size"], "betas": betas,
    }  # fmt: skip


def of_matrix_product(config, setup, seconds):
    """The floating-point operations of the layers over those of a 4096 x 4096 product in the same time."""
    import jax
    import jax.numpy as jnp

    from vib.checkpoint import flatten

    a = jnp.ones((4096, 4096))
    product = jax.jit(jnp.matmul)
    timed(lambda _: jax.block_until_ready(product(a, a)), 1)
    best = min(timed(lambda _: jax.block_until_ready(product(a, a)), 1) for _ in range(5))
    kernels = {
        path: leaf.size
        for path, leaf in flatten(jax.eval_shape(lambda: setup.make_sweep([1.0]).model)).items()
        if "kernel" in path
    }
    # forward, and backward to the weights and to the inputs, which the first layer does without
    products = 3 * sum(kernels.values()) - kernels["encoder/mlp/layers/0/kernel/value"]
    return 2 * products * config["train"]["batch_size"] / seconds / (2 * 4096**3 / best)


def timed(run, steps):
    """Seconds of run(steps)."""
    began = time.perf_counter()
    run(steps)
    return time.perf_counter() - began


def median(values):
    """The middle one of an odd number of values, or the upper of the middle two."""
    return sorted(values)[len(values) // 2]


def draw(report):
    """Ratios per contestant and net, medians and ranges, on a logarithmic axis."""
    from matplotlib.figure import Figure

    nets = [net for net in STEPS if net in report]
    figure = Figure((6.4, 2.6), layout="constrained")
    for axes, net in zip(figure.subplots(1, len(nets), sharey=True), nets, strict=True):
        for place, ratios in enumerate(report[net]["ratios"].values()):
            middle = median(ratios)
            axes.barh(place, middle, color="#0072B2", height=0.6)
            axes.errorbar(
                middle, place, xerr=[[middle - min(ratios)], [max(ratios) - middle]], color="black", capsize=3
            )
            axes.annotate(f"{middle:.1f}", (max(ratios), place), (4, 0), textcoords="offset points", va="center")
        axes.axvline(1, color="black", linewidth=0.8)
        axes.set(xscale="log", title=f"{net}, {MEMBERS} members", xlabel="times as fast, per member-step")
        axes.set_yticks(range(len(report[net]["ratios"])), [TITLES[name] for name in report[net]["ratios"]])
        axes.invert_yaxis()
        axes.margins(x=0.2)
    return figure


if __name__ == "__main__":
    cli.run(main)
