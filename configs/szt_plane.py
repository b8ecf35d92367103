"""The information plane of 12-10-7-5-4-3-2 networks on the 12-bit task, measured on all 4096 patterns.

python -m experiments.sweep --config=configs/szt_plane.py              Shwartz-Ziv & Tishby 2017
python -m experiments.sweep --config=configs/szt_plane.py:relu         Saxe et al. 2018; also tanh, softsign, softplus
"""

from configs import base

SAXE = ("tanh", "relu", "softsign", "softplus")


def get_config(preset="shwartz_ziv"):
    if preset not in ("shwartz_ziv", *SAXE):
        raise ValueError(f"--config: no preset '{preset}'; choose shwartz_ziv, {', '.join(SAXE)}")
    config = base.get_config()
    config.data.name = "szt"
    config.data.test_fraction = 0.2
    config.model.kind = "classifier"
    config.model.widths = (10, 7, 5, 4, 3)
    config.model.latent = None
    config.model.activation = "tanh"
    config.model.initialisation = "fan_out_normal"
    config.sweep.betas = (0.0,)  # weighs nothing: the encoder is deterministic
    config.sweep.seeds = tuple(range(20))
    config.train.learning_rate = 4e-4
    config.train.batch_size = 512
    config.train.steps = 8000 * 6  # epochs of 3276 patterns
    config.evaluate.measurements = 100
    config.evaluate.samples = 1
    config.plane.estimators = ("binned_unit", "kde")
    config.plane.inputs = "all"
    config.plane.seeds = 5  # of kde, which takes most of the time
    config.plane.every = 5
    config.checkpoint.every = 12000
    if preset in SAXE:
        config.model.activation = preset
        config.train.batch_size = 256
        config.train.steps = 10000 * 12
        config.plane.estimators = ("binned_width", "kde")
    if preset == "relu":
        config.plane.estimators += ("binned_layer", "binned_unit")  # the last one on purpose: see below
    return config
