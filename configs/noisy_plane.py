"""The information plane of a noisy 12-10-7-5-4-3-2 tanh network on the 12-bit task (Goldfeld et al. 2019).

    python -m experiments.sweep --config=configs/noisy_plane.py

Gaussian noise of std 0.1 (our choice: enough to resolve I(X;T) on 4096 patterns) is part of every hidden layer, so
that I(X;T) is finite and well defined. 10 seeds, 4000 epochs, measured at 25 steps on the first 5 seeds: 8.5 minutes
on two CPU cores, 7 of them for the measuring; test accuracy 93.5 +- 0.9 % (mean and 95 % interval).

What to expect: information rises while the network fits, to 8.8 bits in h2 and 2.3 in h5, and falls a little at the
end: by 0.55 +- 0.44 bits in h2, 0.93 +- 0.80 in h3, 0.85 +- 0.64 in h4 and 0.43 +- 0.38 in h5, of which five seeds
cannot tell whether it is compression; h1 does not compress (0.05 +- 0.03). The falls of several bits that bins find
in the same network without noise (configs/szt_plane.py) are not there.
"""

from configs import szt_plane


def get_config():
    config = szt_plane.get_config("tanh")
    config.model.noise_std = 0.1
    config.sweep.seeds = tuple(range(10))
    config.train.steps = 4000 * 12  # epochs of 3276 patterns
    config.evaluate.measurements = 25
    config.plane.estimators = {"noisy": {}}
    config.plane.slow_seeds = 5
    config.plane.slow_every = 1
    return config
