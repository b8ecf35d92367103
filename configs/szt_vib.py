"""VIB on the 12-bit task of Shwartz-Ziv and Tishby 2017 (arXiv:1703.00810).

    python -m experiments.sweep --config=configs/szt_vib.py

Trained and measured on all 4096 patterns (test_fraction 0), which are the whole population: train and test agree, and
expectations over x are exact. 12 betas x 5 seeds: 25 s on two CPU cores. H(Y) is 0.9992 bits; mean and 95 % interval
over the seeds: I(Z;Y) >= 0.995 +- 0.001 bits at a rate of 2.93 +- 0.36 (beta 0.01), 0.899 +- 0.020 bits at 1.19 +- 0.05
(beta 0.3); both are 0 from beta 0.8 on.
"""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "szt"
    config.data.options.test_fraction = 0.0
    config.model.latent = 4
    config.sweep.betas = (1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.1)
    config.train.steps = 6000
    config.train.learning_rate = 3e-3
    config.train.decay_rate = 0.8
    config.train.decay_steps = 600
    return config
