r"""VAE on MNIST, each pixel binarised once.

    python -m experiments.sweep --config=configs/mnist_vae.py

784-512-512-2x32 and back, Bernoulli likelihood, 100 epochs. All of it, 12 betas x 5 seeds, belongs on a GPU; it has not
been run. Two epochs of 6 members on two CPU cores, one minute:

    python -m experiments.sweep --config=configs/mnist_vae.py --config.sweep.betas='(0.3,1.0,3.0)' \
        --config.sweep.seeds='(0,1)' --config.evaluate.measurements=3 --config.train.steps=1200 --workdir=runs/vae_2

Test split, bits per image, mean and 95 % interval over the 2 seeds: rate 28.1 +- 6.2 and distortion 137.0 +- 14.4 at
beta 1, that is a negative ELBO of 165 bits (114 nats); rate 61.7 +- 6.4 and distortion 108.8 +- 3.0 at beta 0.3.
"""

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
