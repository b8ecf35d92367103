"""VIB with a linear encoder on jointly Gaussian X and Y of canonical correlations 0.95, 0.8 and 0.5.

    python -m experiments.sweep --config=configs/gaussian_vib.py

The exact frontier loses one dimension at each of the critical betas, the squared correlations 0.90, 0.64 and 0.25, and
the betas lie on both sides of each; `python -m experiments.critical` with this config finds them. 12 betas x 5 seeds:
17 s on two CPU cores. All points lie within 0.03 bits of the frontier, of which up to 0.026 are the sampling error of
10,000 test points. I(Z;Y) bound against rate, bits, test split, mean and 95 % interval over the seeds: 2.408 +- 0.003
at 6.30 +- 0.39 (beta 0.1), 1.679 +- 0.007 at 2.63 +- 0.01 (beta 0.4), 0.736 +- 0.010 at 0.92 +- 0.02 (beta 0.72), 0
beyond the last critical beta but for that sampling error, -0.025 +- 0.001.
"""

from configs import base

CORRELATIONS = (0.95, 0.8, 0.5)


def get_config():
    config = base.get_config()
    config.data.name = "gaussian"
    size = len(CORRELATIONS)
    config.data.options.covariance = tuple(
        tuple(1.0 if i == j else CORRELATIONS[i % size] if i % size == j % size else 0.0 for j in range(2 * size))
        for i in range(2 * size)
    )
    config.data.options.dim_x = size
    config.model.widths = ()
    config.model.latent = 3
    config.model.std_shift = 0.0
    config.sweep.betas = (0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.55, 0.72, 0.8, 0.87, 1.0)
    config.train.steps = 2000
    config.train.learning_rate = 0.02
    config.train.decay_rate = 0.5
    config.train.decay_steps = 250
    config.evaluate.train_examples = 5000
    return config
