"""What the plain Lagrangian cannot trace where labels are a function of the input (Kolchinsky, Tracey & Van Kuyk 2019).

python -m experiments.family --config=configs/caveats_digits.py             all three, side by side
python -m experiments.sweep --config=configs/caveats_digits.py:convex       one of them
"""

from configs import base

RATES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.25, 3.0, 5.0, 8.0)  # nats; the map to beta ends at H(Y) = 2.30
PRESETS = {"plain": "R, pairwise", "convex": "R², pairwise", "normal": "R, N(0, I)"}


def get_config(preset="plain"):
    config = base.get_config()
    config.data.name = "digits"
    config.model.widths = (128, 128)
    config.model.latent = 2
    config.model.std = 1.0
    config.model.decoder_widths = (128,)
    config.model.marginal = "standard_normal" if preset == "normal" else "pairwise"
    config.sweep.betas = (0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1)
    if preset == "convex":
        config.train.u = "power"
        config.train.a = 1.0
        config.sweep.target_rates = RATES
    config.train.batch_size = 128
    config.train.steps = 6000
    config.evaluate.measurements = 10
    return config
