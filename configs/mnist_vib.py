r"""VIB classifier on MNIST, as in Alemi et al. 2017 (arXiv:1612.00410), section 4.1.

    python -m experiments.sweep --config=configs/mnist_vib.py

784-1024-1024-2K ReLU with K = 256, std = softplus(rho - 5), a linear decoder, Adam 1e-4 with b1 0.5, x0.97 every 2
epochs, batches of 100, 200 epochs, weights averaged with 0.999. All of it, 11 betas x 5 seeds, belongs on a GPU; it has
not been run. First epochs on two CPU cores, 6 members, a little over two minutes for four epochs:

    python -m experiments.sweep --config=configs/mnist_vib.py --config.sweep.betas='(1e-4,1e-3,1e-2)' \
        --config.sweep.seeds='(0,1)' --config.evaluate.measurements=3 --config.train.steps=2400 --workdir=runs/mnist_4

Test error in per cent, averaged weights and 12 draws, mean over 2 seeds (600 steps an epoch; for the 95 % interval of
two seeds see the table of a run):

    epochs    beta 1e-4    1e-3    1e-2
         1         13.0    14.0    21.9
         2          5.0     5.3     6.3
         4          2.7     2.8     3.1

The averaged weights trail by about 1000 steps, hence the first row. At epoch 4 the test distortion is 0.128 +- 0.007,
0.148 +- 0.005 and 0.215 +- 0.023 bits, the rate 455, 221 and 139 bits.
"""

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
