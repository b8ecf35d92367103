"""Made-up results of a sweep over betas, seeds and steps."""

import numpy as np

from vib import results
from vib.evaluation.evaluator import Evaluator, Variable
from vib.evaluation.rate_distortion import RateDistortion
from vib.results.dataset import WEIGHTS, Chunk

STEPS = [0, 1, 10, 100]
BETAS = [1e-3, 1e-2, 1e-1, 1.0]


class Made(Evaluator):
    """What is said of made-up numbers."""

    coordinates = {"weights": WEIGHTS}

    def __init__(self, averaged):
        self.variables = dict(RateDistortion(samples=1, averaged=averaged).variables)
        bound = Variable(self.variables["distortion"].dims, "nats", "H(Y) - distortion")
        self.variables["information_y_bound"] = bound


def make(betas=BETAS, seeds=3, steps=STEPS, kind="vib", finite=None, drop=(), averaged=False, **changes):
    """A result of these betas and steps whose rate falls and whose distortion rises; `changes` replace variables."""
    random = np.random.default_rng(0)
    shape = (len(steps), 2, seeds, len(betas))
    compressed = np.linspace(0, 1, len(betas))
    distortion = 0.1 + 2 * compressed + random.uniform(0, 0.1, shape)
    rows = {
        "rate": 30 * (1 - compressed) ** 2 + random.uniform(0, 0.1, shape),
        "distortion": distortion,
        "loss": distortion,
        "accuracy": 1 - distortion / 3,
        "accuracy_averaged": 1 - distortion / 4,
        "information_y_bound": np.log(10) - distortion,
    } | changes
    rows = {name: np.broadcast_to(values, shape) for name, values in rows.items() if name not in drop}
    if averaged:
        rows = {name: np.stack([values, values * 0.9], axis=1) for name, values in rows.items()}
    rows["finite"] = [np.ones(shape[2:], bool) if finite is None else finite]
    attrs = {"kind": kind, "classes": 10, "entropy_y_train": np.log(10), "entropy_y_test": np.log(10)}
    return results.build([Made(averaged)], [Chunk(betas, rows)], list(range(seeds)), steps, attrs)
