"""The benchmarks take minutes; that they import is seen here."""

import importlib
import importlib.util
import pkgutil

import pytest

from experiments import benchmarks

NAMES = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]


@pytest.mark.parametrize("name", NAMES)
def test_a_benchmark_imports(name):
    if name == "torch_baselines" and importlib.util.find_spec("torch") is None:
        pytest.skip("torch is not installed")
    importlib.import_module(f"experiments.benchmarks.{name}")
