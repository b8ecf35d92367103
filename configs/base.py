"""The config of vib.config as an ml_collections one; the other configs start from here and say what differs.

Every field, with what it is: python -m experiments.catalogue. Any can be set on the command line:
--config.model.latent=32 --config.sweep.betas='(1e-3,1e-2)' --config.plane.estimators.kde.noise_variance=1.0
"""

from types import NoneType
from typing import get_args, get_origin

from ml_collections import ConfigDict
from ml_collections.config_dict import placeholder

from vib.config import Config


def get_config():
    """A ConfigDict of all sections and fields at their defaults."""
    sections = {name: info.annotation.model_fields for name, info in Config.model_fields.items()}
    return ConfigDict({name: {field: start(info) for field, info in part.items()} for name, part in sections.items()})


def start(info):
    """The default of a field; where that is None, a placeholder of its type."""
    if info.default is not None:
        return info.default
    types = [kind for kind in get_args(info.annotation) if kind is not NoneType]
    return placeholder((get_origin(types[0]) or types[0]) if len(types) == 1 else object)
