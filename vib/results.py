"""The result of a sweep: one xarray.Dataset with named axes, and its file. Arrays only."""

import contextlib
import hashlib
import io
import json
import math
import os
import platform
import subprocess
from importlib import metadata
from pathlib import Path

import h5py
import numpy as np
import xarray as xr
from scipy.special import stdtrit

from vib.errors import InvalidInput, choose, require

DIMS = ("split", "seed", "beta", "step")
SPLITS = ("train", "test")
CONFIDENCE = 0.95
SEAL = b"sha256"
SOURCE = Path(__file__).resolve().parents[1]

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
    "information_y_bound": {
        "units": "nats",
        "long_name": "H(Y) - distortion",
        "bounds": "I(Z;Y) from below",
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
REBUILD = "delete it and run the same command again: it is written anew from the checkpoints"
PARTS = {
    "_flag": {"units": "1", "long_name": "code of what is wrong with"},
    "_kind": {"long_name": "lower or upper bound, estimate or exact:"},
    "_ceiling": {"units": "nats", "long_name": "largest value that the estimator could report for"},
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
    None is left out, a dict becomes JSON. Raises InvalidInput for an unknown name or a wrong shape.
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
        {name: (dims, values, _describe(name) | dict(*attrs)) for name, (dims, values, *attrs) in variables.items()},
        {
            "split": ("split", list(SPLITS), COORDINATES["split"]),
            "seed": ("seed", np.asarray(seeds, np.int64), COORDINATES["seed"]),
            "beta": ("beta", np.asarray(betas, np.float64), COORDINATES["beta"]),
            "step": ("step", np.asarray(steps, np.int64), COORDINATES["step"]),
        },
        {name: _attribute(value) for name, value in attrs.items() if value is not None},
    )
    for name in {"rate", "rate_ema"} & set(rows):
        dataset[name].attrs["bounds"] = "I(X;Z) from above"
        if dataset.attrs.get("kind") in ("classifier", "autoencoder"):
            dataset[name].attrs |= {"bounds": "nothing", "note": DETERMINISTIC}
    dataset.attrs["units"] = "each variable names its own; information in nats"
    if not finite.all():
        dataset.attrs["diverged"] = "; ".join(f"seed {seeds[i]}, beta {betas[j]:g}" for i, j in np.argwhere(~finite))
    return dataset


def save(dataset, path):
    """Writes the netCDF file whole or not at all: what was at `path` stays until the new one is on disk.

    A checksum behind the end lets `load` see any damage. Raises InvalidInput where it cannot be written.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.partial")
    numbers = [name for name, variable in dataset.variables.items() if variable.dtype.kind in "biuf"]
    encoding = {name: {"_FillValue": None} for name in numbers}
    content = bytes(dataset.drop_encoding().to_netcdf(engine="h5netcdf", encoding=encoding))
    try:
        with open(partial, "wb") as file:
            file.write(content + _seal(content))
            file.flush()
            os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        remedy = "free some space or give a folder that exists and is yours to write"
        raise InvalidInput(f"result: cannot write '{path}' ({error.strerror}); {remedy}") from error
    finally:
        with contextlib.suppress(OSError):
            partial.unlink()
    _sync_folder(path.parent)


def load(path):
    """The Dataset at `path`, read whole and closed; raises InvalidInput if missing, truncated or corrupt."""
    path = Path(path)
    require(path.is_file(), f"result: no file '{path}'; run the sweep first, or name the folder that it wrote")
    try:
        whole = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"result: cannot read '{path}' ({error.strerror}); ask its owner") from error
    content, seal = whole[: -len(_seal(b""))], whole[-len(_seal(b"")) :]
    # a file without a seal was written by another program
    damaged = seal.startswith(SEAL) and seal != _seal(content)
    require(not damaged, f"result: '{path}' does not match its own checksum; {REBUILD}")
    try:
        # h5py refuses a truncated file cleanly; h5netcdf would print a traceback of its own
        h5py.File(io.BytesIO(whole)).close()
        with xr.open_dataset(io.BytesIO(whole), engine="h5netcdf") as file:
            dataset = file.load()
    except Exception as error:  # broken HDF5 raises OSError, KeyError, RuntimeError, UnicodeDecodeError, ...
        raise InvalidInput(f"result: '{path}' is truncated or corrupt; {REBUILD}") from error
    missing = [name for name in DIMS if name not in dataset.coords]
    require(not missing, f"result: '{path}' has no axis '{', '.join(missing)}'; give a results.nc of a sweep")
    return dataset


def summary(dataset, split="test", step=-1):
    """Mean over the finite seeds, and the 95 % Student-t half-width of that mean, of everything measured.

    split: a label or a list of labels; step: a position on the step axis (-1 the last) or a slice. Gives a
    Dataset [split?, beta, step?], float64: `name`, `name_half_width` (NaN below two seeds), `members` [beta].
    """
    measured = [
        name
        for name, values in dataset.data_vars.items()
        if {"seed", "step"} <= set(values.dims) and not name.endswith("_flag")
    ]
    picked = dataset[measured].sel(split=split).isel(step=step).astype(np.float64)
    count = picked.notnull().sum("seed")
    several = picked.where(count > 1)
    critical = xr.apply_ufunc(lambda n: stdtrit(np.maximum(n - 1, 1), (1 + CONFIDENCE) / 2), count)
    half_width = critical * several.std("seed", ddof=1) / np.sqrt(count.where(count > 1))
    mean = picked.mean("seed", keep_attrs=True)
    for name in measured:
        text = f"95 % half-width of: {mean[name].attrs['long_name']}"
        mean[f"{name}_half_width"] = half_width[name].assign_attrs(units=mean[name].attrs["units"], long_name=text)
    mean["members"] = dataset.finite.sum("seed").assign_attrs(units="1", long_name="finite seeds")
    return mean.assign_attrs(dataset.attrs)


def bits(dataset):
    """The same in bits: whatever was in nats (variables, and attributes entropy_*) gets the suffix _bits."""
    converted = dataset.copy()
    for name, values in dataset.data_vars.items():
        if values.attrs.get("units") == "nats":
            in_bits = (values / math.log(2)).assign_attrs(values.attrs, units="bits")
            quantity, half, _ = name.partition("_half_width")
            converted = converted.drop_vars(name).assign({f"{quantity}_bits{half}": in_bits})
    entropies = [name for name in dataset.attrs if name.startswith("entropy_")]
    converted.attrs = {name: value for name, value in dataset.attrs.items() if name not in entropies}
    return converted.assign_attrs({f"{name}_bits": dataset.attrs[name] / math.log(2) for name in entropies})


def versions():
    """{library: version} of what the numbers depend on, this code included."""
    libraries = ("jax", "jaxlib", "flax", "optax", "orbax-checkpoint", "numpy", "scipy", "xarray", "vib")
    return {"python": platform.python_version()} | {name: _version(name) for name in libraries}


def commit():
    """The git commit of this source, '+dirty' where vib, configs or experiments differ from it; or None."""
    if _git("ls-files", "--error-unmatch", Path(__file__).resolve()) is None:
        return None
    head = _git("rev-parse", "--verify", "HEAD")
    changes = _git("status", "--porcelain", "--", "vib", "configs", "experiments")
    return head and head + ("+dirty" if changes else "")


def finite_members(rows, finite):
    """Whether each member [seed, beta] stayed finite, by the sweep and by every loss and distortion in the rows."""
    for name in {"loss", "distortion"} & set(rows):
        finite = finite & np.isfinite(rows[name]).all(axis=(0, 1))
    return finite


def _describe(name):
    if name.startswith("seconds_"):
        return {"units": "s", "long_name": f"wall time: {name.removeprefix('seconds_')}"}
    for suffix, part in PARTS.items():
        if name.endswith(suffix):
            about = choose("result", name.removesuffix(suffix), VARIABLES)
            return part | {"long_name": f"{part['long_name']} {about['long_name']}"}
    described = dict(choose("result", name.removesuffix("_ema"), VARIABLES))
    if name.endswith("_ema"):
        described["long_name"] += "; weights averaged over steps"
    return described


def _attribute(value):
    if isinstance(value, dict):
        return json.dumps(value)
    return int(value) if isinstance(value, bool) else value


def _seal(content):
    # HDF5 readers stop where the file says it ends, and do not see what follows
    return SEAL + hashlib.sha256(content).digest()


def _version(library):
    try:
        return metadata.version(library)
    except metadata.PackageNotFoundError:
        return "not installed"


def _git(*arguments):
    # no optional locks: `status` must not stand in the way of the user's own git
    command = ["git", "--no-optional-locks", "-C", SOURCE, *arguments]
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=10, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None


def _sync_folder(folder):
    # the rename itself must survive a power cut; some network file systems refuse this
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
