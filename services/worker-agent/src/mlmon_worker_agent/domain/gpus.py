"""GPUs of the host: what names one, which to give to an attempt, and what a fault of one means."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# What a command does to itself, and what the driver only notes: the device is well, so the
# attempt is judged by its exit code. The first six are those that NVIDIA's own device plugin
# for Kubernetes takes no device out of service for.
_HARMLESS_XIDS: Final = frozenset({13, 31, 43, 45, 68, 109, 63, 92, 137})
_XIDS: Final[Mapping[int, str]] = {
    48: "a memory error that could not be corrected",
    62: "its power controller stopped",
    64: "a memory error that could not be worked around",
    74: "a fault of its link to other GPUs",
    79: "it has fallen off the bus",
    94: "a memory error that could not be corrected",
    95: "a memory error that could not be corrected nor contained",
    119: "its own processor does not answer",
    120: "its own processor failed",
}


@dataclass(frozen=True)
class Gpu:
    """One GPU that attempts can be given.

    Attributes:
        index: As NVML counts it: the number changes when devices come and go, the UUID does not.
        uuid: Names it for ever, such as `GPU-8a5c…`.
        model: Such as `NVIDIA A100-SXM4-40GB`.
        memory: Bytes.
        driver: Version of the host's driver.
    """

    index: int
    uuid: str
    model: str
    memory: int
    driver: str

    @property
    def title(self) -> str:
        """What people call it."""
        return f"GPU {self.index} ({self.model}, {self.uuid})"


@dataclass(frozen=True)
class GpuLoad:
    """What one device does at a moment.

    Attributes:
        busy: Share of the last moments in which it computed, 0 to 1.
        memory: Bytes in use.
    """

    busy: float
    memory: int


class GpuMeter:
    """Puts looks at the devices of one attempt together."""

    def __init__(self) -> None:
        self._looks = 0
        self._busy = 0.0
        self._peak_memory = 0

    def add(self, loads: Collection[GpuLoad]) -> None:
        """Take what all devices of the attempt do; nothing if nobody can tell."""
        if loads:
            self._looks += 1
            self._busy += sum(load.busy for load in loads) / len(loads)
            self._peak_memory = max(self._peak_memory, sum(load.memory for load in loads))

    def facts(self) -> dict[str, float | int]:
        """Return what is known, by the names of `mlmon_shared.wire.runs.Usage`."""
        if not self._looks:
            return {}
        return {
            "mean_gpu": round(self._busy / self._looks, 3),
            "peak_gpu_memory": self._peak_memory,
        }


def choose_gpus(devices: Sequence[Gpu], unavailable: Collection[str], count: int) -> list[Gpu]:
    """Return as many devices as are asked for, the first by index; fewer where there are no more.

    Args:
        devices: Of the host.
        unavailable: UUIDs of those that cannot be given.
        count: How many are asked for.
    """
    free = [device for device in devices if device.uuid not in unavailable]
    return sorted(free, key=lambda device: device.index)[:count]


def is_device_fault(xid: int) -> bool:
    """Tell whether an Xid, the number of an error in NVIDIA's driver, speaks of a broken device."""
    return xid not in _HARMLESS_XIDS


def explain_xid(xid: int) -> str:
    """Return what the driver reported, as part of a sentence."""
    meaning = _XIDS.get(xid)
    return f"the driver reported Xid {xid}" + (f": {meaning}" if meaning else "")


def fault_reason(title: str, fault: str) -> str:
    """Return the sentence for whoever's attempt ran on a device that failed."""
    return f"{title} of the host failed ({fault}); that is no fault of the job."
