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
        storage: Where images are, if that is known.
    """

    def __init__(self, scratch: Path, storage: Path | None = None) -> None:
        self._scratch = scratch
        self._disks = [scratch] if storage is None else [scratch, storage]

    def monotonic(self) -> float:
        """Return the seconds of the monotonic clock, which all processes of a boot share."""
        return time.monotonic()

    def free_disk(self) -> int:
        """Return how many bytes of scratch space are free."""
        return shutil.disk_usage(self._scratch).free

    def disk_percent(self) -> float:
        """Return how full the fuller one is of the disks with scratch space and with images."""
        return max(psutil.disk_usage(str(disk)).percent for disk in self._disks)


def measure_capacity(scratch: Path) -> Vector:
    """Return what this host has: the cores that we may use, all memory, the free disk.

    Its GPUs are found by the driver, not here.
    """
    return Vector(
        cpu_milli=1000 * len(os.sched_getaffinity(0)),
        memory=int(psutil.virtual_memory().total),
        disk=int(psutil.disk_usage(str(scratch)).free),
    )
