"""Convolutional VAE of sprites drawn from known factors, 32 x 32 in colour, Gaussian pixels of one learned std.

    python -m experiments.sweep --config=configs/sprites_vae.py
    python -m experiments.latent --workdir=runs/sprites_vae

Beta is large because a Gaussian of small std makes every nat of rate worth many nats of distortion.
"""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "sprites"
    config.data.size = 32
    config.data.samples_train = 10_000
    config.data.samples_test = 2_000
    config.model.kind = "vae"
    config.model.architecture = "conv"
    config.model.channels = (16, 32, 32)
    config.model.widths = (256,)
    config.model.decoder_widths = (256,)
    config.model.latent = 10
    config.model.likelihood = "gaussian"
    config.model.std_shift = 0.0
    config.sweep.betas = (1.0, 3.0, 8.0, 16.0, 30.0, 60.0)
    config.sweep.seeds = (0, 1, 2)
    config.train.steps = 6000
    config.train.batch_size = 64
    config.evaluate.samples = 1
    config.evaluate.measurements = 8
    config.evaluate.train_examples = 2_000
    return config
