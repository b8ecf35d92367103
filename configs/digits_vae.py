"""VAE on scikit-learn's handwritten digits, each pixel binarised once.

    python -m experiments.sweep --config=configs/digits_vae.py

12 betas x 5 seeds: 72 s on two CPU cores. On the test split, in bits per digit, mean and 95 % interval over the seeds:
rate 8.6 +- 0.2 and distortion 25.0 +- 0.3 at beta 1; rate 47.3 +- 0.7 and distortion 14.4 +- 0.3 at beta 0.1,
below which it overfits; from beta 5 on the posterior has collapsed: rate 0.01, distortion 38.9 +- 0.1.
"""

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
