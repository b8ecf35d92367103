"""VIB on jointly Gaussian X and Y, where the exact frontier is known."""

from configs import base

CORRELATIONS = (0.95, 0.8, 0.5)


def get_config():
    config = base.get_config()
    config.data.name = "gaussian"
    size = len(CORRELATIONS)
    config.data.covariance = tuple(
        tuple(1.0 if i == j else CORRELATIONS[i % size] if i % size == j % size else 0.0 for j in range(2 * size))
        for i in range(2 * size)
    )
    config.data.dim_x = size
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
