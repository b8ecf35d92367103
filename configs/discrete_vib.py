"""A table q(t|x) with a learned r(t) on a joint of 8 x 3 symbols: the discrete bottleneck, trained by gradients.

    python -m experiments.sweep --config=configs/discrete_vib.py

11 betas x 5 seeds: 2.5 minutes of one core, most of it measuring. On the test split, in bits: every point lies within
0.002 of the exact frontier; I(Z;Y) >= 0.466 at a rate of 2.87 +- 0.00 (beta 0.02) and 0.320 at 1.06 +- 0.00 (beta 0.2);
from beta 0.5 on the code keeps nothing.
"""

from configs import base

# How often (x, y) occurs in 1000; rows are x. x 0 to 2 speak for y 0, 3 to 5 for y 1, 6 and 7 for y 2, with doubt.
COUNTS = (
    (120, 10, 10), (90, 30, 5), (70, 30, 30), (10, 110, 15),
    (25, 80, 25), (5, 60, 55), (10, 15, 85), (20, 20, 70),
)  # fmt: skip


def get_config():
    config = base.get_config()
    config.data.name = "discrete"
    config.data.options.joint = tuple(tuple(count / 1000 for count in row) for row in COUNTS)
    config.data.options.samples_train = 50_000
    config.data.options.samples_test = 100_000
    config.model.code = "categorical"
    config.model.marginal = "categorical"
    config.model.latent = 24  # symbols: more than are needed leave no bad optimum
    config.model.widths = ()
    config.sweep.betas = (0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.7, 1.0)
    config.train.batch_size = 1000
    config.train.steps = 3000
    config.train.learning_rate = 0.05
    config.train.decay_rate = 0.5
    config.train.decay_steps = 400
    config.evaluate.measurements = 6
    config.evaluate.train_examples = 20_000
    config.evaluate.samples = 1
    return config
