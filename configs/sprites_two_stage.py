r"""Two stages on sprites: an autoencoder compresses images to features, a VAE models the features; and one stage alone.

python -m experiments.sweep --config=configs/sprites_two_stage.py:first
python -m experiments.sweep --config=configs/sprites_two_stage.py:second
python -m experiments.sweep --config=configs/sprites_two_stage.py:one
python -m experiments.latent --workdir=runs/sprites_two_stage_second --against=runs/sprites_two_stage_one
"""

from configs import base, sprites_vae

FEATURES, LATENT = 32, 10


def get_config(preset="second"):
    config = sprites_vae.get_config()
    config.sweep.seeds = (0, 1)
    if preset == "first":
        config.model.kind = "autoencoder"
        config.model.latent = FEATURES
        config.sweep.betas = (1.0,)  # of no effect: there is no rate
        config.sweep.seeds = (0,)
    elif preset == "second":
        config.data = base.get_config().data
        config.data.name = "features"
        config.data.first_workdir = "runs/sprites_two_stage_first"
        config.data.first_beta, config.data.first_seed = 1.0, 0
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
