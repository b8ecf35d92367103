"""The information plane of 12-10-7-5-4-3-2 networks on the 12-bit task, measured on all 4096 patterns.

    python -m experiments.sweep --config=configs/szt_plane.py         Shwartz-Ziv & Tishby 2017: tanh, 30 bins
    python -m experiments.sweep --config=configs/szt_plane.py:tanh    Saxe et al. 2018: bins of 0.07, KDE; also :relu,
                                                                      :softsign, :softplus

20 seeds, about 90 measured steps: TIMES on two CPU cores, of which the measurement TIMES. Fall of I(X;T) from its
peak to the end, bits, mean and 95 % interval over the seeds, and the verdict (+ compresses, - does not, ? cannot tell):

FALLS

H(Y) is 0.999 bits; I(T;Y) of the 3-unit layer h5 ends at IY. h1 and h2 keep 12 and at least 11.7 bits throughout. With
the upper KDE bound (noise variance 0.001, 5 seeds) h5 falls by KDE. Relu's hidden layers lose nothing much in cells of
fixed width; forced into bins over [-1, 1], as :relu also measures on purpose, h3 to h5 fall by 2.1 to 2.7 bits, and
with 30 bins over the layer's own range, which grows as it learns, h4 and h5 still by 1.1 and 1.3.
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
