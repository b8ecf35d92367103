"""Splits the CPU into one device a core, so that a grid is spread over all cores. Import before jax."""

import os


def use_all_cores():
    """Sets XLA's number of host devices to the cores of this process, unless XLA_FLAGS says otherwise."""
    flags = os.environ.get("XLA_FLAGS", "")
    if "xla_force_host_platform_device_count" not in flags:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        os.environ["XLA_FLAGS"] = f"{flags} --xla_force_host_platform_device_count={cores}".strip()
