"""How XLA uses the CPU. Call before jax is imported."""

import os

IN_PLACE = "--xla_cpu_copy_insertion_use_region_analysis=true"  # else the loop copies weights and moments every step


def use_all_cores():
    """Makes every core a device, so that a grid is spread over them; what XLA_FLAGS already says stays as it is."""
    flags = os.environ.get("XLA_FLAGS", "").split()
    given = {flag.split("=")[0] for flag in flags}
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    wanted = (f"--xla_force_host_platform_device_count={cores}", IN_PLACE)
    os.environ["XLA_FLAGS"] = " ".join([*flags, *(flag for flag in wanted if flag.split("=")[0] not in given)])
