"""VIB classifier on MNIST, as in Alemi et al. 2017 (arXiv:1612.00410), section 4.1."""

from configs import base

STEPS_AN_EPOCH = 600


def get_config():
    config = base.get_config()
    config.data.name = "mnist"
    config.model.widths = (1024, 1024)
    config.model.latent = 256
    config.sweep.betas = (1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3, 1.0)
    config.train.steps = 200 * STEPS_AN_EPOCH
    config.train.learning_rate = 1e-4
    config.train.b1 = 0.5
    config.train.decay_rate = 0.97
    config.train.decay_steps = 2 * STEPS_AN_EPOCH
    config.train.ema_decay = 0.999
    config.evaluate.measurements = 40
    config.evaluate.train_examples = 10_000
    config.checkpoint.every = 10 * STEPS_AN_EPOCH
    return config
