"""The benchmarks take minutes; that they import is seen here."""

import importlib.util
import pkgutil
import subprocess
import sys

from experiments import benchmarks


def test_every_benchmark_imports():
    """In a process of their own: they define flags that others define, too."""
    names = [module.name for module in pkgutil.iter_modules(benchmarks.__path__)]
    if importlib.util.find_spec("torch") is None:
        names.remove("torch_baselines")
    code = "; ".join(f"import experiments.benchmarks.{name}" for name in names)
    subprocess.run([sys.executable, "-c", code], check=True)
