"""The information plane of 12-10-7-5-4-3-2 networks on the 12-bit task, measured on all 4096 patterns.

    python -m experiments.sweep --config=configs/szt_plane.py         Shwartz-Ziv & Tishby 2017: tanh, 30 bins
    python -m experiments.sweep --config=configs/szt_plane.py:tanh    Saxe et al. 2018: bins of 0.07, KDE; also :relu,
                                                                      :softsign, :softplus

20 seeds, about 90 measured steps: 2 minutes (8000 epochs) to 3 minutes (10,000) on two CPU cores, of which the
measurement takes 21 to 34 s (KDE on 5 seeds and every fifth measurement). Fall of I(X;T) from its peak to the end,
bits, mean and 95 % interval over the seeds, by the bins of the preset:

    preset    h1    h2            h3            h4            h5            output        verdicts h1 .. output
    (none)    0.00  0.02 +- 0.01  0.19 +- 0.10  2.29 +- 0.67  6.22 +- 0.56  2.37 +- 0.08  - - - + + +
    tanh      0.00  0.03 +- 0.01  0.19 +- 0.10  1.69 +- 0.55  5.79 +- 0.57  3.12 +- 0.08  - - - + + +
    relu      0.00  0.02 +- 0.02  0.09 +- 0.07  0.25 +- 0.15  0.35 +- 0.17  2.28 +- 0.34  - - - - ? +
    softsign  0.00  0.02 +- 0.01  0.02 +- 0.03  0.87 +- 0.34  2.04 +- 0.36  2.73 +- 0.07  - - - ? + +
    softplus  0.00  0.00          0.00          0.00          0.28 +- 0.16  2.84 +- 0.27  - - - - - +
    + compresses, - does not, ? cannot tell

H(Y) is 0.999 bits; I(T;Y) of h5 ends at 0.976 (none) and 0.981 (tanh). In tanh networks h1 and h2 keep 12.00 and at
least 11.93 bits. By the upper KDE bound h5 falls by 5.2 +- 1.4 bits (tanh, 5 seeds) and 0.1 +- 0.2 (relu). Relu forced
into bins over [-1, 1], which :relu measures on purpose, seems to compress by 2.1 to 2.7 bits in h3 to h5; 30 bins over
the layer's own range, which grows as it learns, still show 1.1 and 1.3 in h4 and h5.
"""

from configs import base
from vib.errors import choose

SAXE = ("tanh", "relu", "softsign", "softplus")


def get_config(preset="shwartz_ziv"):
    choose("--config: preset", preset, dict.fromkeys(("shwartz_ziv", *SAXE)))
    config = base.get_config()
    config.data.name = "szt"
    config.data.options.test_fraction = 0.2
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
    config.plane.estimators = {"binned_unit": {}, "kde": {}}
    config.plane.inputs = "all"
    config.plane.slow_seeds = 5  # of kde, which takes most of the time
    config.plane.slow_every = 5
    config.checkpoint.every = 12000
    if preset in SAXE:
        config.model.activation = preset
        config.train.batch_size = 256
        config.train.steps = 10000 * 12
        config.plane.estimators = {"binned_width": {}, "kde": {}}
    if preset == "relu":
        config.plane.estimators.update({"binned_layer": {}, "binned_unit": {}})  # the last one on purpose: see above
    return config
