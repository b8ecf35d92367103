"""Every marginal and every u of the family on the digits, over one beta axis, and both ways to train all betas at once.

python -m experiments.family --config=configs/family_digits.py             all of them, compared
python -m experiments.sweep --config=configs/family_digits.py:mixture      one of them
"""

from configs import digits_vib

PRESETS = {
    "vib": "VIB: N(0, I)",
    "learned_normal": "learned normal",
    "mixture": "mixture of 50",
    "vampprior": "VampPrior of 50",
    "class_conditional": "CEB: r(z|y)",
    "pairwise": "NIB: pairwise",
    "squared": "squared: R²",
    "exponential": "convex: exp(R)",
    "conditioned": "beta-conditioned",
    "flexible": "flexible VIB",
}


def get_config(preset="vib"):
    config = digits_vib.get_config()
    config.sweep.betas = (1e-3, 3e-3, 0.01, 0.03, 0.06, 0.1, 0.2, 0.3, 0.4, 0.55, 0.7, 0.9)
    config.model.std_shift = 0.0  # narrow codes are beyond the reach of the pairwise gradient
    config.evaluate.measurements = 10
    if preset in ("learned_normal", "mixture", "vampprior", "class_conditional", "pairwise"):
        config.model.marginal = preset
    if preset in ("squared", "exponential"):
        config.train.u = {"squared": "power"}.get(preset, preset)
    if preset == "conditioned":
        config.model.conditioned = True
    if preset == "flexible":
        config.model.kind = "flexible"
        config.model.latent = 9
    return config
