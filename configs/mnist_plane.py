"""The information plane of a 784-1024-20-20-20-10 tanh network on MNIST (Saxe et al. 2018).

python -m experiments.sweep --config=configs/mnist_plane.py
"""

from configs import base


def get_config():
    config = base.get_config()
    config.data.name = "mnist"
    config.model.kind = "classifier"
    config.model.widths = (1024, 20, 20, 20)
    config.model.latent = None
    config.model.activation = "tanh"
    config.sweep.betas = (0.0,)  # weighs nothing: the encoder is deterministic
    config.sweep.seeds = tuple(range(4))
    config.train.optimizer = "sgd"
    config.train.b1 = 0.0
    config.train.learning_rate = 0.1
    config.train.batch_size = 128
    config.train.steps = 20 * 468  # epochs
    config.evaluate.measurements = 30
    config.evaluate.samples = 1
    config.evaluate.train_examples = 10000
    config.plane.estimators = ("kde", "binned_width")
    config.plane.examples = 2000
    config.checkpoint.every = 4680
    return config
