"""VAE on MNIST, binarised once."""

from configs import base

STEPS_AN_EPOCH = 600


def get_config():
    config = base.get_config()
    config.data.name = "mnist"
    config.data.binarize = True
    config.model.kind = "vae"
    config.model.widths = (512, 512)
    config.model.decoder_widths = (512, 512)
    config.model.latent = 32
    config.model.std_shift = 0.0
    config.sweep.betas = (0.03, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0)
    config.train.steps = 100 * STEPS_AN_EPOCH
    config.evaluate.measurements = 30
    config.evaluate.samples = 1
    config.evaluate.train_examples = 10_000
    config.checkpoint.every = 10 * STEPS_AN_EPOCH
    return config
