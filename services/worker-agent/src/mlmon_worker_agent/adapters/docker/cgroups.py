"""What running containers use, read from their control groups a few times a second.

The engine forgets a container's usage when its command ends, and its own statistics take
a second each. The files say it at any time; the last look before the end is what remains.
Memory is what the container cannot give back: file cache that it could is left out.
"""

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mlmon_shared.wire.runs import Usage
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.usage_meters import Look, UsageMeter

_CGROUPS: Final = Path("/sys/fs/cgroup")
_PROC: Final = Path("/proc")
_INTERVAL_SECONDS: Final = 0.05
_LARGEST_SHARE: Final = 20  # looking takes at most a 20th of one core
_NANO: Final = 1e9
_MICRO: Final = 1e6


@dataclass(frozen=True)
class Reading:
    """Bytes of memory in use now, and what was used of the rest so far.

    Attributes:
        disk_read: Bytes from block devices; None in version 1, which does not tell who wrote what
            went through the cache.
        disk_written: Likewise.
    """

    memory: int
    cpu_seconds: float
    disk_read: int | None = None
    disk_written: int | None = None


class ControlGroup:
    """The control group of one container, in the layout of version 1 or 2.

    Args:
        groups: Controller to path below its hierarchy's root; version 2 has the one "".
        root: Where control groups are mounted.
    """

    def __init__(self, groups: dict[str, str], root: Path = _CGROUPS) -> None:
        self._groups = groups
        self._root = root
        self._is_unified = "memory" not in groups

    def read(self) -> Reading | None:
        """Look once; None when the group is gone or cannot be read."""
        try:
            return self._read_unified() if self._is_unified else self._read_separate()
        except (OSError, ValueError, KeyError):
            return None

    def _read_unified(self) -> Reading:
        folder = self._folder("")
        cpu = _read_table(folder / "cpu.stat")
        memory = _read_table(folder / "memory.stat")
        current = int((folder / "memory.current").read_text())
        cache = memory["file"] - memory["shmem"]
        read, written = _read_disk(folder / "io.stat")
        return Reading(max(current - cache, 0), cpu["usage_usec"] / _MICRO, read, written)

    def _read_separate(self) -> Reading:
        folder = self._folder("memory")
        memory = _read_table(folder / "memory.stat")
        current = int((folder / "memory.usage_in_bytes").read_text())
        cache = memory["total_cache"] - memory.get("total_shmem", 0)
        spent = int((self._folder("cpuacct") / "cpuacct.usage").read_text())
        return Reading(max(current - cache, 0), spent / _NANO)

    def _folder(self, controller: str) -> Path:
        return self._root / controller / self._groups[controller].lstrip("/")


def find_control_group(pid: int) -> ControlGroup | None:
    """Return the control group of a process; None when it cannot be told."""
    try:
        lines = (_PROC / str(pid) / "cgroup").read_text().splitlines()
    except OSError:
        return None
    groups = {}
    for line in lines:
        _, controllers, path = line.split(":", 2)
        for controller in controllers.split(","):
            groups[controller] = path
    return ControlGroup(groups)


class NetworkCounters:
    """What a container's network has moved, if it has one of its own.

    Args:
        pid: Of its first process.
        proc: Where processes are listed.
    """

    def __init__(self, pid: int, proc: Path = _PROC) -> None:
        self._devices = proc / str(pid) / "net" / "dev"
        try:
            self._is_own = (proc / str(pid) / "ns" / "net").readlink() != (
                proc / "self" / "ns" / "net"
            ).readlink()
        except OSError:
            self._is_own = False

    def read(self) -> tuple[int | None, int | None]:
        """Return bytes received and sent so far, but for those that it sent to itself."""
        if not self._is_own:
            return None, None
        try:
            lines = self._devices.read_text().splitlines()[2:]
        except OSError:
            return None, None
        counted = [line.split(":", 1)[1].split() for line in lines if _is_outward(line)]
        return sum(int(each[0]) for each in counted), sum(int(each[8]) for each in counted)


@dataclass(frozen=True)
class _Watched:
    group: ControlGroup
    network: NetworkCounters


class UsageWatch:
    """Looks at all running containers, in a thread that exists while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[AttemptRef, _Watched] = {}
        self._meters: dict[AttemptRef, UsageMeter] = {}
        self._is_looking = False

    def watch(self, ref: AttemptRef, pid: int) -> None:
        """Look at the container whose first process this is, until it ends."""
        group = find_control_group(pid)
        if group is None:
            return
        with self._lock:
            watched = self._watched[ref] = _Watched(group, NetworkCounters(pid))
            self._meters[ref] = UsageMeter()
            self._note(ref, watched)
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, name="docker-usage", daemon=True).start()

    def find(self, ref: AttemptRef) -> Usage | None:
        """Return what was seen last; None when nothing was."""
        with self._lock:
            meter = self._meters.get(ref)
            return Usage.model_validate(meter.facts()) if meter is not None else None

    def forget(self, ref: AttemptRef) -> None:
        """Look no more, and forget what was seen."""
        with self._lock:
            self._watched.pop(ref, None)
            self._meters.pop(ref, None)

    def _look(self) -> None:
        pause = _INTERVAL_SECONDS
        while True:
            time.sleep(pause)
            begun = time.monotonic()
            with self._lock:
                for ref, watched in list(self._watched.items()):
                    self._note(ref, watched)
                if not self._watched:
                    self._is_looking = False
                    return
            pause = max(_INTERVAL_SECONDS, (time.monotonic() - begun) * _LARGEST_SHARE)

    def _note(self, ref: AttemptRef, watched: _Watched) -> None:
        reading = watched.group.read()
        if reading is None:
            self._watched.pop(ref, None)
            return
        received, sent = watched.network.read()
        self._meters[ref].add(
            Look(
                at=time.monotonic(),
                memory=reading.memory,
                cpu_seconds=reading.cpu_seconds,
                disk_read=reading.disk_read,
                disk_written=reading.disk_written,
                network_received=received,
                network_sent=sent,
            )
        )


def _is_outward(line: str) -> bool:
    return line.split(":", 1)[0].strip() != "lo"


def _read_disk(path: Path) -> tuple[int | None, int | None]:
    """Return bytes read and written of all devices; the controller may be switched off."""
    try:
        lines = path.read_text().splitlines()
    except FileNotFoundError:
        return None, None
    totals = {"rbytes": 0, "wbytes": 0}
    for line in lines:
        for field in line.split()[1:]:
            name, _, value = field.partition("=")
            if name in totals:
                totals[name] += int(value)
    return totals["rbytes"], totals["wbytes"]


def _read_table(path: Path) -> dict[str, int]:
    table = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(" ")
        table[name] = int(value)
    return table
