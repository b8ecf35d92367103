"""The three sweeps of configs/caveats_digits.py on MNIST, in the paper's setting (Kolchinsky, Tracey & Van Kuyk 2019).

    python -m experiments.family --config=configs/caveats_mnist.py

Encoder 784-800-800-2 with noise of variance 1, decoder 800-10, Adam 1e-4, batches of 128. Made for a GPU: on two
CPU cores it was run for 60 updates of one seed only (105 s, most of it measuring).
"""

from configs import caveats_digits
from configs.caveats_digits import PRESETS as PRESETS


def get_config(preset="plain"):
    config = caveats_digits.get_config(preset)
    config.data.name = "mnist"
    config.model.widths = (800, 800)
    config.model.decoder_widths = (800,)
    config.train.learning_rate = 1e-4
    config.train.steps = 60 * 468  # epochs
    config.evaluate.train_examples = 10_000
    return config
