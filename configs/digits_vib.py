"""VIB classifier on handwritten digits."""

import numpy as np

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "digits"
    config.sweep.betas = tuple(float(f"{beta:.3g}") for beta in np.geomspace(1e-4, 2, 14))
    config.train.steps = 2000
    return config
