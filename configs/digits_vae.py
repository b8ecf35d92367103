r"""VAE on scikit-learn's handwritten digits, each pixel binarised once.

    python -m experiments.sweep --config=configs/digits_vae.py

12 betas x 5 seeds: 72 s on two CPU cores. On the test split, in bits per digit, mean and 95 % interval over the seeds:
rate 8.6 +- 0.2 and distortion 25.0 +- 0.3 at beta 1; rate 47.3 +- 0.7 and distortion 14.4 +- 0.3 at beta 0.1,
below which it overfits; from beta 5 on the posterior has collapsed: rate 0.01, distortion 38.9 +- 0.1.

Five of the betas and three seeds to look into, one minute and two and a half:

    python -m experiments.sweep --config=configs/digits_vae.py --workdir=runs/digits_vae_15 \
        --config.sweep.betas='(0.1,0.3,1.0,2.0,5.0)' --config.sweep.seeds='(0,1,2)'
    python -m experiments.latent --workdir=runs/digits_vae_15

beta                                        0.1             0.3               1               2               5
log p(x), bits                    -51.1 +- 2.0    -36.5 +- 1.1    -32.7 +- 0.2    -34.4 +- 0.1    -38.8 +- 0.1
KL(q(z) || r(z)), bits             37.9 +- 1.2     18.9 +- 1.7      1.2 +- 0.2     0.07 +- 0.03    0.00 +- 0.00
draws of the prior in holes        0.00 +- 0.01    0.06 +- 0.05    0.04 +- 0.03    0.02 +- 0.02    0.02 +- 0.01
swaps that land in the class       0.62 +- 0.07    0.65 +- 0.09    0.74 +- 0.02    0.62 +- 0.09    0.10 +- 0.03
neighbours of the same class       0.70 +- 0.01    0.71 +- 0.02    0.77 +- 0.01    0.66 +- 0.01    0.59 +- 0.03
AUROC of sprites by reconstruction 0.34 +- 0.04    0.32 +- 0.01    0.59 +- 0.07    0.94 +- 0.02    0.74 +- 0.01
by distance to q(z)                0.95 +- 0.04    0.95 +- 0.11    1.00 +- 0.00    0.18 +- 0.05    0.40 +- 0.19

(neighbours by pixels: 0.72).
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
