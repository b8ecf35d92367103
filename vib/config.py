"""Every field of a run, once: its type, its default, what it is, and what values it can have.

A description is what to give, so that an error can end with it. None: chosen from the data or the machine.
"""

import math
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from vib.errors import InvalidInput, guess, require
from vib.plain import plain, storable

PROBLEMS = {  # of pydantic's types of errors
    "greater_than_equal": "is below {ge}",
    "greater_than": "is not above {gt}",
    "less_than": "is not below {lt}",
    "less_than_equal": "is above {le}",
    "finite_number": "is not finite",
    "too_short": "is empty",
    "int_type": "is no integer",
    "float_type": "is no number",
    "bool_type": "is neither True nor False",
    "string_type": "is no string",
}


def whole(default, about, least=1, **options):
    """A field for an integer >= least."""
    return Field(default, ge=least, description=about, **options)


class Section(BaseModel):
    """A group of fields: immutable, strictly typed, without unknown ones."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _of_python(cls, value):
        return plain(value)

    @field_validator("*")
    @classmethod
    def _of_json(cls, value, info):
        return storable(f"{cls.__name__.lower()}.{info.field_name}", value) if isinstance(value, dict) else value


class Data(Section):
    """What is learned from."""

    name: str = Field("digits", description="a source of vib.data, 'features' of another run, or a set of images")
    options: dict[str, Any] = Field({}, description="the options of that source, as in vib.data.load")
    seed: int | None = whole(None, "the seed of the split, the samples and the corruptions", 0)
    held_out: int | str | None = Field(None, description="a class to leave out of both splits, by number or name")
    train_size: int | None = whole(None, "how many training examples to keep")
    label_noise: float | None = Field(None, ge=0, le=1, description="the share of training labels made random")
    binarize: bool | None = Field(None, description="True for one fixed Bernoulli draw of every pixel")
    identity: str | None = Field(None, description="nothing: a run records here which data it was made with")


class Model(Section):
    """The encoder, the code, the marginal and the decoder."""

    kind: str = Field("vib", description="vib, vae, classifier, autoencoder, or flexible: all betas from one training")
    encoder: str | None = Field(None, description="nothing: a run records here the name of an encoder of your own")
    decoder: str | None = Field(None, description="nothing: a run records here the name of a decoder of your own")
    architecture: str = Field("mlp", description="mlp or conv")
    channels: tuple[int, ...] = Field((32, 64), description="channels of conv's encoder, each of stride 2")
    widths: tuple[int, ...] = Field((64, 64), description="hidden units of the encoder")
    decoder_widths: tuple[int, ...] = Field((), description="hidden units of the decoder; () is linear")
    latent: int | None = whole(16, "dimensions or symbols of z; None (classifier, autoencoder): the last hidden layer")
    activation: str = Field("relu", description="an activation of the hidden layers")
    initialisation: str = Field("glorot_uniform", description="an initialisation of the hidden layers of MLPs")
    noise_std: float = Field(0.0, ge=0, description="std of the noise in the hidden layers of a classifier")
    code: str = Field("gaussian", description="gaussian, or categorical: q(t|x) over `latent` symbols")
    std_shift: float = Field(-5.0, description="a shift: std = softplus(rho + std_shift)")
    std: float | None = Field(None, gt=0, description="the std of q(z|x) at every input; None: learned")
    marginal: str = Field("standard_normal", description="a marginal r(z)")
    components: int = whole(50, "Gaussians of a mixture, or pseudo-inputs of a vampprior")
    conditioned: bool = Field(False, description="True for one model of all betas, told log beta")
    likelihood: str | None = Field(None, description="categorical, gaussian, full_gaussian, bernoulli or logistic")
    dtype: str = Field("float32", description="float32, or bfloat16 for the matrix products of accelerators")


class Sweep(Section):
    """The grid."""

    betas: tuple[float, ...] = Field((1e-3, 1e-2, 1e-1), min_length=1, description="weights of the rate, >= 0")
    target_rates: tuple[float, ...] | None = Field(None, description="rates in nats, to choose the betas by")
    seeds: tuple[int, ...] = Field((0, 1, 2, 3, 4), min_length=1, description="seeds, or how many")
    chunk: int | None = whole(None, "how many betas to train at once; None: as many as fit the memory")

    @field_validator("seeds", mode="before")
    @classmethod
    def _how_many(cls, value):
        return tuple(range(value)) if isinstance(value, int) and not isinstance(value, bool) else value


class Train(Section):
    """The objective and its optimisation."""

    steps: int = whole(1000, "the number of updates")
    batch_size: int = whole(100, "examples an update")
    objective: str = Field("lagrangian", description="lagrangian, or total_correlation: beta weighs that of z")
    u: str = Field("linear", description="what beta weighs of a rate R: linear, power R^(1+a), exponential exp(aR)/a")
    a: float = Field(1.0, gt=0, description="the constant of u")
    optimizer: str = Field("adam", description="adam or sgd")
    learning_rate: float = Field(1e-3, gt=0, description="the initial learning rate")
    b1: float = Field(0.9, ge=0, lt=1, description="Adam's first decay, or the momentum of sgd")
    b2: float = Field(0.999, ge=0, lt=1, description="Adam's second decay")
    clip: float | None = Field(None, gt=0, description="the largest global gradient norm; None: no clipping")
    decay_rate: float = Field(1.0, gt=0, description="the factor of the learning rate every decay_steps; 1: none")
    decay_steps: int = whole(1, "updates between two decays")
    warmup: int = whole(0, "updates over which beta rises to its value; 0: none", 0)
    ema_decay: float = Field(0.0, ge=0, lt=1, description="the decay of the weights' moving average; 0: none")
    samples: int = whole(1, "draws of z an update")


class Evaluate(Section):
    """When and on what the sweep is measured."""

    measurements: int = whole(20, "how many log-spaced steps to measure at, the first and the last included", 2)
    samples: int = whole(12, "draws of z to average over")
    train_examples: int | None = whole(None, "how many training examples to measure on; None: all")


class Plane(Section):
    """The information plane."""

    estimators: dict[str, dict[str, Any]] = Field({}, description="estimators with their options, {'kde': {}}")
    inputs: str = Field("test", description="train, test or all")
    examples: int | None = whole(None, "how many inputs to measure on, evenly spaced; None: all", 2)
    gradient_batches: int = whole(20, "minibatches that drift and diffusion are measured on", 2)
    slow_seeds: int | None = whole(None, "how many seeds the estimators other than binned measure; None: all")
    slow_every: int = whole(1, "after how many measurements the estimators other than binned measure again")

    @field_validator("estimators", mode="before")
    @classmethod
    def _names(cls, value):
        if isinstance(value, list | tuple):
            twice = next((name for name in value if list(value).count(name) > 1), None)
            require(twice is None, f"plane.estimators: '{twice}' is given twice; give each once")
        return {name: {} for name in value} if isinstance(value, list | tuple) else value


class Checkpoint(Section):
    """How often a run is saved."""

    every: int = whole(1000, "updates between two checkpoints")


class Config(Section):
    """All of a run."""

    data: Data = Data()
    model: Model = Model()
    sweep: Sweep = Sweep()
    train: Train = Train()
    evaluate: Evaluate = Evaluate()
    plane: Plane = Plane()
    checkpoint: Checkpoint = Checkpoint()

    @model_validator(mode="before")
    @classmethod
    def _unlocked(cls, value):
        return value.to_dict() if hasattr(value, "to_dict") else value


def create(config=None, **overrides):
    """The Config of a kind of model, a nested dict, a ConfigDict or a Config, with fields changed.

    overrides: {'steps': 100} by the last name of a field, where that is unambiguous, or {'train.steps': 100}. Other
    data are free of the identity that a run recorded, and betas replace target_rates. Raises InvalidInput for an
    unknown field or a value that it cannot have.
    """
    if isinstance(config, str):
        config = {"model": {"kind": config}}
    nested = dict_of({} if config is None else Config._unlocked(config))
    remedy = f"config: a {type(nested).__name__} is none; give a kind of model such as 'vib', or a dict"
    require(isinstance(nested, dict), remedy)
    nested = {name: dict_of(part) for name, part in nested.items()}
    for path, value in changes(overrides).items():
        section, field = path.split(".")
        part = nested.setdefault(section, {})
        if isinstance(part, dict):  # another thing is no section, as its validation will say
            part[field] = value
    try:
        return Config.model_validate(nested)
    except ValidationError as error:
        raise InvalidInput(told(error)) from None


def dict_of(section):
    """A Section as a dict, a dict as a copy of it, and anything else as it is."""
    if isinstance(section, Section):
        return section.model_dump()
    return dict(section) if isinstance(section, dict) else section


def changes(overrides):
    """{'train.steps': value} of overrides, with what they undo. Raises InvalidInput."""
    found = {path_of(name): value for name, value in overrides.items()}
    if any(path.startswith("data.") for path in found):
        found = {"data.identity": None} | found
    if "sweep.betas" in found:
        found = {"sweep.target_rates": None} | found
        told = "sweep.betas, sweep.target_rates: target rates choose the betas; give one of the two"
        require(found["sweep.target_rates"] is None, told)
    return found


def fields():
    """{'train.steps': pydantic's FieldInfo} of every field."""
    sections = {name: info.annotation for name, info in Config.model_fields.items()}
    return {f"{name}.{field}": info for name, part in sections.items() for field, info in part.model_fields.items()}


def path_of(name):
    """'train.steps' of 'steps' or 'train.steps'. Raises InvalidInput for what is unknown or ambiguous."""
    known = fields()
    if name in known:
        return name
    found = [path for path in known if path.endswith(f".{name}")]
    last = {path.rpartition(".")[2]: path for path in known}
    require(found, f"{name}: no such field; {guess(name.rpartition('.')[2], last)}")
    require(len(found) == 1, f"{name}: in several sections; give {' or '.join(found)}")
    return found[0]


def told(error):
    """One line about the first of pydantic's errors."""
    first = error.errors()[0]
    path = ".".join(str(part) for part in first["loc"][:2])
    if first["type"] == "value_error":
        return str(first["ctx"]["error"])
    if first["type"] == "extra_forbidden":
        section, _, field = path.partition(".")
        inside = [name.rpartition(".")[2] for name in fields() if name.startswith(f"{section}.")]
        return f"{path}: no such field; {guess(field or section, inside or Config.model_fields)}"
    value, info = first["input"], fields().get(path)
    problem = PROBLEMS.get(first["type"], "is not valid").format(**first.get("ctx", {}))
    problem = "is not finite" if isinstance(value, float) and not math.isfinite(value) else problem
    inside = len(first["loc"]) > 2 and first["loc"][2] not in ("int", "str")  # of a field of two types it names one
    shown = " ".join(repr(value).split())[:80] + " in it" * inside
    return f"{path}: {shown} {problem}; give {info.description if info else 'a dict of fields'}"
