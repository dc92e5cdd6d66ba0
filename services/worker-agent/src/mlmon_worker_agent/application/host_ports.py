"""What the use cases need of the machine; the adapters implement it."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from mlmon_worker_agent.domain.gpus import Gpu, GpuLoad
from mlmon_worker_agent.domain.host_notices import HostNotice


class GpuDriver(Protocol):
    """The driver of the host's GPUs."""

    async def list_gpus(self) -> Sequence[Gpu]:
        """Return every device that attempts could be given; none where there is no driver.

        Raises:
            GpuDriverError: There is one, and it does not work.
        """
        ...

    async def find_faults(self, uuids: Collection[str]) -> Mapping[str, str]:
        """Return what is wrong, by UUID, with those of these devices that are not well.

        Xids are remembered: a device that had one is not well as long as this object lives.
        """
        ...

    def find_loads(self, uuids: Collection[str]) -> Sequence[GpuLoad]:
        """Return what these devices did when their faults were last asked for.

        One that did not tell is left out.
        """
        ...


class NoticeBoard(Protocol):
    """Where a cloud says beforehand what happens to the host."""

    async def find_notice(self) -> HostNotice | None:
        """Return the gravest notice that there is.

        Raises:
            ServerUnreachableError: It cannot be read.
        """


class Host(Protocol):
    """The machine that the agent runs on."""

    def monotonic(self) -> float:
        """Return the seconds of the monotonic clock, which all processes of a boot share."""

    def free_disk(self) -> int:
        """Return how many bytes of scratch space are free."""

    def disk_percent(self) -> float:
        """Return how full the fuller one is of the disks with scratch space and with images."""
