r"""Two stages on sprites: an autoencoder compresses images to features, a VAE models the features; and one stage alone.

The autoencoder is a VAE of small beta, whose mean codes are the features, as in latent diffusion (Rombach et al. 2022,
section 3.1). Without any rate (kind 'autoencoder') its codes drift far from 0 and it stays at the mean image.

python -m experiments.sweep --config=configs/sprites_two_stage.py:first
python -m experiments.sweep --config=configs/sprites_two_stage.py:second
python -m experiments.sweep --config=configs/sprites_two_stage.py:one
python -m experiments.latent --workdir=runs/sprites_two_stage_second --against=runs/sprites_two_stage_one
"""

from configs import base, sprites_vae

FEATURES, SMALL_BETA = 24, 0.1


def get_config(preset="second"):
    config = sprites_vae.get_config()
    config.sweep.seeds = (0, 1)
    if preset == "first":
        config.model.latent = FEATURES
        config.sweep.betas = (SMALL_BETA,)
        config.sweep.seeds = (0,)
    elif preset == "second":
        config.data = base.get_config().data
        config.data.name = "features"
        config.data.first_workdir = "runs/sprites_two_stage_first"
        config.data.first_beta, config.data.first_seed = SMALL_BETA, 0
        config.model.architecture = "mlp"
        config.model.widths = config.model.decoder_widths = (256, 256)
        config.sweep.betas = (0.1, 0.3, 1.0, 3.0)
    elif preset == "one":
        # as many weights as both stages have
        config.model.widths = config.model.decoder_widths = (272, 272)
        config.sweep.betas = (1.0, 4.0, 10.0, 30.0)
    else:
        raise ValueError(f"--config: no preset '{preset}'; choose first, second or one")
    return config
