"""Measurements in a latent space against scikit-learn: nearest neighbours, and the mutual information gap.

Run by experiments.benchmarks.training.
"""

from functools import partial

import numpy as np

from experiments.benchmarks.timing import against, interleave, told

CODES, LATENT, K = 60_000, 64, 10
SEARCH_ROUNDS = 3  # a search takes seconds
SAMPLES, DIMENSIONS, VALUES, BINS = 10_000, 10, (3, 6, 40, 32, 32), 20  # of the factors of dSprites


def race(rounds):
    """Times the search among all codes and the MIG; prints and returns seconds, ratios and memory."""
    return {"nearest": search(min(rounds, SEARCH_ROUNDS)), "mig": gap(rounds)}


def search(rounds):
    """The k nearest of every one of the codes among all."""
    from sklearn.neighbors import NearestNeighbors

    from vib.latent.neighbours import nearest

    codes = np.random.default_rng(0).normal(size=(CODES, LATENT)).astype(np.float32)
    found = {}

    def ours(z=codes):
        found["ours"] = nearest(z, z, K, exclude_self=True).index

    def usual(algorithm, z=codes):
        method = NearestNeighbors(n_neighbors=K, algorithm=algorithm, n_jobs=-1).fit(z)
        found[algorithm] = method.kneighbors()[1]  # without the codes themselves

    runs = {"ours": ours, "brute": partial(usual, "brute"), "auto": partial(usual, "auto")}
    memory = {}
    for name, run in runs.items():
        run(z=codes[:1000])  # imports and threads; the first full call is measured, ours with its compiler
        memory[name] = peak(run)
    seconds = interleave(runs, rounds, warm=False)
    ratios = {name: against(seconds["ours"], seconds[name]) for name in ("brute", "auto")}
    same = float((found["ours"] == found["brute"]).mean())
    for name, title in {"brute": "brute force", "auto": "left to choose"}.items():
        print(f"  {told(ratios[name])}  scikit-learn, {title}, {K} nearest of {CODES:,} codes of {LATENT}; ", end="")
        print(f"{min(seconds['ours']):.1f} s and {memory['ours']} MiB more against {memory[name]}")
    print(f"  {same:.3%} of the neighbours are the same")
    return {"seconds": seconds, "ratios": ratios, "peak_memory_mib": memory, "same": same}


def gap(rounds):
    """The mutual information gap of codes that mix the factors with noise."""
    from vib.latent.disentanglement import mig

    random = np.random.default_rng(0)
    factors = np.stack([random.integers(0, values, SAMPLES) for values in VALUES], axis=1)
    z = factors / np.array(VALUES) @ random.normal(size=(len(VALUES), DIMENSIONS))
    z = (z + 0.1 * random.normal(size=z.shape)).astype(np.float32)
    found = {}
    runs = {
        "ours": lambda: found.update(ours=float(mig(z, factors).score)),
        "loop": lambda: found.update(loop=usual_gap(z, factors)),
    }
    seconds = interleave(runs, rounds)
    ratios = against(seconds["ours"], seconds["loop"])
    print(f"  {told(ratios)}  scikit-learn, one code and factor after the other, MIG of {SAMPLES:,} codes; ", end="")
    print(f"{1e3 * min(seconds['ours']):.0f} ms, {found['ours']:.4f} against {found['loop']:.4f}")
    return {"seconds": seconds, "ratios": ratios, "value": found}


def usual_gap(z, factors):
    """The mean difference of the two largest informations of every factor over its entropy, as usual."""
    from sklearn.metrics import mutual_info_score

    cells = [np.digitize(code, np.histogram(code, BINS)[1][1:-1]) for code in z.T]
    gaps = []
    for factor in factors.T:
        information = sorted(mutual_info_score(factor, cell) for cell in cells)
        gaps.append((information[-1] - information[-2]) / mutual_info_score(factor, factor))
    return float(np.mean(gaps))


def peak(run):
    """Whole MiB by which the process grows at most while it runs; None where the system does not tell."""

    def told(field):
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(field)) / 1024

    try:
        with open("/proc/self/clear_refs", "w") as reset:
            reset.write("5")  # Linux: forgets the peak so far
        before = told("VmRSS")
        run()
        return round(told("VmHWM") - before)
    except OSError:
        return None
