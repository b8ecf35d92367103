"""VAE on scikit-learn's handwritten digits."""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "digits"
    config.data.binarize = True
    config.model.kind = "vae"
    config.model.widths = (256,)
    config.model.decoder_widths = (256,)
    config.model.std_shift = 0.0
    config.sweep.betas = (0.01, 0.03, 0.1, 0.3, 0.6, 1.0, 1.5, 2.0, 3.0, 5.0, 8.0, 15.0)
    config.train.steps = 2000
    return config
