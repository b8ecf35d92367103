"""VIB classifier on scikit-learn's handwritten digits: the main job."""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "digits"
    config.sweep.betas = (1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1.0, 1.5, 2.5)
    config.train.steps = 1000
    return config
