"""Descent directions by name. The learning rate is no part of them: each member of a sweep scales its own."""

import optax

from vib.errors import choose, require


def make(optimizer="adam", *, b1=0.9, b2=0.999, clip=None, decay_rate=1.0, decay_steps=1):
    """An optax transformation to a direction of descent, its length shaped by a staircase exponential decay.

    optimizer: 'adam' | 'sgd' (with momentum b1); clip: largest global gradient norm, or None; the direction is
    multiplied by decay_rate every decay_steps steps. Raises InvalidInput.
    """
    known = {
        "adam": lambda: optax.scale_by_adam(b1=b1, b2=b2),
        "sgd": lambda: optax.trace(decay=b1) if b1 else optax.identity(),
    }
    direction = choose("train.optimizer", optimizer, known)()
    require(0 <= b1 < 1, f"train.b1: {b1} is outside [0, 1)")
    require(0 <= b2 < 1, f"train.b2: {b2} is outside [0, 1)")
    require(clip is None or clip > 0, f"train.clip: {clip} must be > 0, or None for no clipping")
    require(decay_rate > 0, f"train.decay_rate: {decay_rate} must be > 0; 1 means no decay")
    require(decay_steps >= 1, f"train.decay_steps: {decay_steps} is below 1; give the updates between two decays")
    steps = [optax.clip_by_global_norm(clip)] if clip is not None else []
    steps.append(direction)
    if decay_rate != 1:
        staircase = optax.exponential_decay(-1.0, decay_steps, decay_rate, staircase=True)
        return optax.chain(*steps, optax.scale_by_schedule(staircase))
    return optax.chain(*steps, optax.scale(-1.0))
