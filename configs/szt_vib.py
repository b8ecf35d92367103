"""VIB on the 12-bit task of Shwartz-Ziv and Tishby."""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "szt"
    config.data.test_fraction = 0.0
    config.model.latent = 4
    config.sweep.betas = (1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.1)
    config.train.steps = 2000
    config.train.learning_rate = 3e-3
    config.train.decay_rate = 0.8
    config.train.decay_steps = 200
    return config
