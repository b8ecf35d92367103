"""The information plane of a noisy 12-10-7-5-4-3-2 tanh network on the 12-bit task (Goldfeld et al. 2019).

python -m experiments.sweep --config=configs/noisy_plane.py
"""

from configs import szt_plane


def get_config():
    config = szt_plane.get_config("tanh")
    config.model.noise_std = 0.1
    config.sweep.seeds = tuple(range(10))
    config.train.steps = 4000 * 12  # epochs of 3276 patterns
    config.evaluate.measurements = 25
    config.plane.estimators = ("noisy",)
    config.plane.seeds = 5
    config.plane.every = 1
    return config
