r"""Two stages on sprites: an autoencoder compresses images to features, a VAE models the features; and one stage alone.

    python -m experiments.sweep --config=configs/sprites_two_stage.py:first
    python -m experiments.sweep --config=configs/sprites_two_stage.py:second
    python -m experiments.sweep --config=configs/sprites_two_stage.py:one
    python -m experiments.latent --workdir=runs/sprites_two_stage_one
    python -m experiments.latent --workdir=runs/sprites_two_stage_second --against=runs/sprites_two_stage_one

The autoencoder is a VAE of small beta, whose mean codes are the features, as in latent diffusion (Rombach et al. 2022,
section 3.1). Without any rate (kind 'autoencoder', 32 features) its codes drift far from 0 and it stays at the mean
image: at -1560 bits after 6000 steps. Both stages together have as many weights as the one, within 1 %.

8, 2 and 65 minutes of training, 14 and 14 of the latent report, on two CPU cores that had other work too. Test
images, bits, mean and 95 % interval over the 2 seeds; quality is of draws of the prior:

            beta          rate       distortion       Frechet     precision        recall
one stage      1     52 +- 35    -5953 +- 2324    12   +- 28   0.89 +- 0.01   0.75 +- 0.04
               4   26.1 +- 0.4   -6130 +- 215      4.6 +- 6.0  0.96 +- 0.03   0.82 +- 0.27
             10, 30                 in each, one of the two members has stayed at the mean image
two stages   0.1   60.2 +- 0.9   -8102 +- 2058     3.7 +- 0.1  0.89 +- 0.03   0.92 +- 0.12
             0.3   49.7 +- 0.8   -7902 +- 1540     3.1 +- 1.4  0.90 +- 0.01   0.92 +- 0.20
               1   34.4 +- 2.0   -6110 +- 855      2.6 +- 2.4  0.91 +- 0.04   0.92 +- 0.12
               3    3.9 +- 0.5   52264 +- 11705    3.2 +- 1.3  0.98 +- 0.01   0.82 +- 0.05

At about 50 bits two stages lose less and their prior's samples lie nearer to the test images. The first stage's pixels
have a small std, so that a shape at the wrong place, as beta 3 leaves it, costs more than the mean image would.
"""

from configs import base, sprites_vae
from vib.errors import choose

FEATURES, SMALL_BETA = 24, 0.1


def get_config(preset="second"):
    choose("--config: preset", preset, dict.fromkeys(("first", "second", "one")))
    config = sprites_vae.get_config()
    config.sweep.seeds = (0, 1)
    if preset == "first":
        config.model.latent = FEATURES
        config.sweep.betas = (SMALL_BETA,)
        config.sweep.seeds = (0,)
    elif preset == "second":
        config.data = base.get_config().data
        config.data.name = "features"
        config.data.options.workdir = "runs/sprites_two_stage_first"
        config.data.options.beta, config.data.options.seed = SMALL_BETA, 0
        config.model.architecture = "mlp"
        config.model.widths = config.model.decoder_widths = (256, 256)
        config.sweep.betas = (0.1, 0.3, 1.0, 3.0)
    else:
        # as many weights as both stages have
        config.model.widths = config.model.decoder_widths = (272, 272)
        config.sweep.betas = (1.0, 4.0, 10.0, 30.0)
    return config
