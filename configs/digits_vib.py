"""VIB classifier on scikit-learn's handwritten digits: the main job."""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "digits"
    config.sweep.betas = (1e-4, 1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 1.0, 10.0)
    config.train.steps = 3000
    config.train.learning_rate = 3e-3
    config.train.decay_rate = 0.8
    config.train.decay_steps = 250
    return config
