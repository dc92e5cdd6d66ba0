"""The machine that the agent runs on."""

import os
import shutil
import time
from pathlib import Path

import psutil

from mlmon_shared.wire.agent_protocol import Vector


class LocalHost:
    """Implements `Host`.

    Args:
        scratch: Where attempts keep their files.
    """

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    def monotonic(self) -> float:
        """Return the seconds of the monotonic clock, which all processes of a boot share."""
        return time.monotonic()

    def free_disk(self) -> int:
        """Return how many bytes of scratch space are free."""
        return shutil.disk_usage(self._scratch).free


def measure_capacity(scratch: Path) -> Vector:
    """Return what this host has: the cores that we may use, all memory, the free disk.

    Its GPUs are found by the driver, not here.
    """
    return Vector(
        cpu_milli=1000 * len(os.sched_getaffinity(0)),
        memory=int(psutil.virtual_memory().total),
        disk=int(psutil.disk_usage(str(scratch)).free),
    )
