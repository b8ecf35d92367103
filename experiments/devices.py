"""How XLA uses the CPU. Call before jax is imported."""

import os

IN_PLACE = "--xla_cpu_copy_insertion_use_region_analysis=true"  # else the loop copies weights and moments every step


def use_all_cores():
    """Makes every core a device, so that a grid is spread over them, unless XLA_FLAGS already says how many."""
    flags = os.environ.get("XLA_FLAGS", "").split()
    if not any("xla_force_host_platform_device_count" in flag for flag in flags):
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        flags.append(f"--xla_force_host_platform_device_count={cores}")
    os.environ["XLA_FLAGS"] = " ".join([*flags, IN_PLACE])
