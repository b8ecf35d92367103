"""A VIB sweep on scikit-learn's digits with the information plane of every layer, the stochastic code included.

    python -m experiments.sweep --config=configs/digits_plane.py

5 betas x 5 seeds, 30 measured steps on 1000 digits: 59 s on two CPU cores. I(X;T) in bits at the end, mean over the
seeds, of at most 9.97, and the fall from its peak with its 95 % interval:

    beta                                        0.001    0.1      1
    h1, noise of variance 1 added, upper         9.01   7.52   5.10    a fall of 0.3 +- 0.1, 1.0 +- 0.2, 3.2 +- 0.7
    h2, noise of variance 1 added, upper         8.12   4.56   0.88    a fall of 1.2 +- 0.2, 2.7 +- 0.3, 5.3 +- 0.3
    z, InfoNCE with the true q(z|x), lower       7.09   3.58   0.02
    z, leave-one-out, upper                      8.49   3.60   0.02
    rate, which bounds I(X;Z) from above        22.42   6.34   0.03

At the start q(z|x) is so narrow that InfoNCE reads its ceiling, and is flagged unresolved, and leave-one-out 4000 bits.
"""

from configs import digits_vib


def get_config():
    config = digits_vib.get_config()
    config.sweep.betas = (1e-3, 0.01, 0.1, 0.4, 1.0)
    config.evaluate.measurements = 30
    # bins would put every digit into a cell of its own
    config.plane.estimators = {"kde": {"noise_variance": 1.0}, "encoder": {}}
    config.plane.inputs = "all"
    config.plane.examples = 1000
    return config
