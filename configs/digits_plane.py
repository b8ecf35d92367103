"""A VIB sweep on scikit-learn's digits with the information plane of every layer, the stochastic one included.

python -m experiments.sweep --config=configs/digits_plane.py
"""

from configs import digits_vib


def get_config():
    config = digits_vib.get_config()
    config.sweep.betas = (1e-3, 0.01, 0.1, 0.4, 1.0)
    config.sweep.seeds = tuple(range(5))
    config.evaluate.measurements = 30
    config.plane.estimators = ("kde", "encoder")  # bins would put every digit into a cell of its own
    config.plane.noise_variance = 1.0
    config.plane.inputs = "all"
    config.plane.examples = 1000
    return config
