"""From rows of numbers to the result: an xarray.Dataset whose axes and variables say what they are, in nats."""

import json

import numpy as np
import xarray as xr

from vib.errors import choose, require

DIMS = ("split", "seed", "beta", "step")
SPLITS = ("train", "test")

COORDINATES = {
    "split": {"long_name": "part of the data that the numbers were measured on"},
    "seed": {"long_name": "seed of every random number of a member"},
    "beta": {"units": "1", "long_name": "multiplier of the rate in the loss"},
    "step": {"units": "1", "long_name": "optimiser updates made before the measurement"},
}
VARIABLES = {
    "rate": {"units": "nats", "long_name": "rate: mean of log q(z|x) / r(z)"},
    "distortion": {"units": "nats", "long_name": "distortion: mean of -log q(target|z)"},
    "loss": {"units": "nats", "long_name": "loss: distortion + beta * u(rate)"},
    "accuracy": {"units": "1", "long_name": "accuracy of the prediction from one noise sample"},
    "accuracy_averaged": {
        "units": "1",
        "long_name": "accuracy of the mean of several predictive distributions",
    },
    "information_x_bound": {
        "units": "nats",
        "long_name": "bound of I(X;Z) from codes and marginal, where the rate is none",
        "bounds": "I(X;Z) from above",
    },
    "total_correlation": {"units": "nats", "long_name": "total correlation of z, by the mixture over a batch"},
    "information_y_bound": {
        "units": "nats",
        "long_name": "H(Y) - distortion; its standard error is distortion_error",
        "bounds": "I(Z;Y) from below",
    },
    "looseness_lower": {
        "units": "nats",
        "long_name": "rate - leave-one-out bound of I(X;Z), less 2 standard errors, >= 0",
        "bounds": "KL(q(z) || r(z)) from below, in 95 % of repeats",
    },
    "looseness_upper": {
        "units": "nats",
        "long_name": "rate - InfoNCE bound of I(X;Z), and 2 standard errors, >= 0",
        "bounds": "KL(q(z) || r(z)) from above, in 95 % of repeats",
    },
    "looseness_lower_error": {"units": "nats", "long_name": "standard error of rate - leave-one-out bound of I(X;Z)"},
    "looseness_upper_error": {"units": "nats", "long_name": "standard error of rate - InfoNCE bound of I(X;Z)"},
    "looseness_resolved": {
        "units": "1",
        "long_name": "whether InfoNCE is below its ceiling, and the standard errors below 5 % of the rate or 0.01 nats",
    },
    "target_rate": {"units": "nats", "long_name": "rate that beta was chosen for"},
    "frontier_beta": {"units": "1", "long_name": "beta that the exact frontier was solved for"},
    "frontier_rate": {"units": "nats", "long_name": "I(X;T) of the exact frontier"},
    "frontier_information": {"units": "nats", "long_name": "I(T;Y) of the exact frontier"},
    "frontier_gap": {"units": "nats", "long_name": "at most so far the Lagrangian of the frontier is from the optimum"},
    "below_frontier": {
        "units": "nats",
        "long_name": "information on the exact frontier at this rate - information_y_bound by the exact H(Y)",
    },
    "finite": {"units": "1", "long_name": "whether the member stayed finite; the others are NaN throughout"},
    "learning_rate": {"units": "1", "long_name": "initial learning rate"},
    "layer": {"long_name": "layer, in the order of the network"},
    "estimator": {"long_name": "estimator of mutual information, a bound each where it has two"},
    "information_x": {"units": "nats", "long_name": "I(X;T) of a layer"},
    "information_y": {"units": "nats", "long_name": "I(T;Y) of a layer"},
    "gradient_mean": {
        "units": "nats per weight",
        "long_name": "norm of the mean gradient of a kernel over minibatches",
    },
    "gradient_std": {"units": "nats per weight", "long_name": "norm of its standard deviation"},
    "gradient_ratio": {"units": "1", "long_name": "signal-to-noise ratio of the gradient: mean / standard deviation"},
    "weight_norm": {"units": "1", "long_name": "norm of a kernel"},
    "saturated": {"units": "1", "long_name": "share of values within 1 % of the activation's range from its ends"},
    "dead": {"units": "1", "long_name": "share of units with one value for all inputs"},
    "input": {"units": "1", "long_name": "test images, pixels in [0, 1]"},
    "reconstruction": {"units": "1", "long_name": "the same from the mean of q(z|x), first seed"},
    "prior_sample": {"units": "1", "long_name": "images decoded from draws of r(z), first seed"},
}
PARTS = {
    "_flag": {"units": "1", "long_name": "code of what is wrong with"},
    "_kind": {"long_name": "lower or upper bound, estimate or exact:"},
    "_ceiling": {"units": "nats", "long_name": "largest value that the estimator could report for"},
    "_error": {"units": "nats", "long_name": "standard error over the examples of"},
}
DETERMINISTIC = (
    "NaN: the encoder has no density q(z|x). If deterministic, its rate is H(X) or infinite; with noise in its layers "
    "it has no closed form. It adds 0 to the loss"
)


def build(rows, steps, seeds, betas, attrs, finite=None, others=None):
    """The Dataset of a sweep, on the axes split (train, test), seed, beta, step.

    rows: {name: [step, split, seed, beta]}. finite: [seed, beta], of the sweep; a member whose loss or
    distortion was ever not finite has diverged too: it is NaN at every step and named in attrs['diverged'].
    others: {name: (dims, values)} or (dims, values, attributes), such as learning_rate or seconds_wall. attrs:
    None is left out, a dict becomes JSON; rate_bounds says what the mean rate bounds. Raises InvalidInput for an
    unknown name or a wrong shape.
    """
    shape = (len(steps), len(SPLITS), len(seeds), len(betas))
    for name, values in rows.items():
        require(np.shape(values) == shape, f"result: '{name}' is {np.shape(values)}; expected {shape}")
    finite = finite_members(rows, np.ones(shape[2:], bool) if finite is None else np.asarray(finite, bool))
    variables = {
        name: (DIMS, np.where(finite[..., None], np.moveaxis(np.asarray(values), 0, -1), np.nan))
        for name, values in rows.items()
    }
    variables |= {"finite": (("seed", "beta"), finite)} | (others or {})
    dataset = xr.Dataset(
        _described(variables),
        {
            "split": ("split", list(SPLITS), COORDINATES["split"]),
            "seed": ("seed", np.asarray(seeds, np.int64), COORDINATES["seed"]),
            "beta": ("beta", np.asarray(betas, np.float64), COORDINATES["beta"]),
            "step": ("step", np.asarray(steps, np.int64), COORDINATES["step"]),
        },
        {name: _attribute(value) for name, value in attrs.items() if value is not None},
    )
    bounds = dataset.attrs.pop("rate_bounds", "I(X;Z) from above")
    for name in {"rate", "rate_ema"} & set(rows):
        dataset[name].attrs["bounds"] = bounds
        if dataset.attrs.get("kind") in ("classifier", "autoencoder"):
            dataset[name].attrs |= {"bounds": "nothing", "note": DETERMINISTIC}
    dataset.attrs["units"] = "each variable names its own; information in nats"
    if not finite.all():
        dataset.attrs["diverged"] = "; ".join(f"seed {seeds[i]}, beta {betas[j]:g}" for i, j in np.argwhere(~finite))
    return dataset


def extended(dataset, variables):
    """The dataset with more variables, {name: (dims, values)} or (dims, values, attributes). Raises InvalidInput."""
    return dataset.assign(_described(variables))


def finite_members(rows, finite):
    """Whether each member [seed, beta] stayed finite, by the sweep and by every loss and distortion in the rows."""
    for name in {"loss", "distortion"} & set(rows):
        finite = finite & np.isfinite(rows[name]).all(axis=(0, 1))
    return finite


def _described(variables):
    return {name: (dims, values, _describe(name) | dict(*attrs)) for name, (dims, values, *attrs) in variables.items()}


def _describe(name):
    if name in VARIABLES:
        return dict(VARIABLES[name])
    if name.startswith("seconds_"):
        return {"units": "s", "long_name": f"wall time: {name.removeprefix('seconds_')}"}
    if name.endswith("_ema"):
        plain = _describe(name.removesuffix("_ema"))
        return plain | {"long_name": f"{plain['long_name']}; weights averaged over steps"}
    for suffix, part in PARTS.items():
        if name.endswith(suffix):
            about = choose("result", name.removesuffix(suffix), VARIABLES)
            return part | {"long_name": f"{part['long_name']} {about['long_name']}"}
    return dict(choose("result", name, VARIABLES))


def _attribute(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value
