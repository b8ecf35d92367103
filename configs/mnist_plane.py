"""The information plane of a 784-1024-20-20-20-10 tanh network on MNIST (Saxe et al. 2018).

    python -m experiments.sweep --config=configs/mnist_plane.py

4 seeds, 20 epochs of plain SGD: 4 minutes on two CPU cores; test accuracy 96.9 +- 0.9 % (mean and 95 % interval).

What to expect: on 2000 test images of continuous pixels every image has a code of its own in every hidden layer, so
I(X;T) of h1 to h4 stays within 0.3 bits of its ceiling log2 2000 = 10.97 from the first step to the last, is marked
unresolved there and drawn hollow, and the verdict is 'cannot tell'. Only the softmax layer falls, by 2.6 +- 0.2 bits
(KDE, lower), 4.3 +- 0.6 (upper) and 4.9 +- 0.7 (bins of width 0.07). The signal-to-noise ratio of the gradient falls
below 1 after some 600 updates in all layers alike, though none of the hidden ones is seen to compress.
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
    config.plane.estimators = {"kde": {}, "binned_width": {}}
    config.plane.examples = 2000
    config.checkpoint.every = 4680
    return config
