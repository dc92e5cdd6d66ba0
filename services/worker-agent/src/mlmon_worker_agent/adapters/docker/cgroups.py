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

_CGROUPS: Final = Path("/sys/fs/cgroup")
_PROC: Final = Path("/proc")
_INTERVAL_SECONDS: Final = 0.05
_LARGEST_SHARE: Final = 20  # looking takes at most a 20th of one core
_NANO: Final = 1e9
_MICRO: Final = 1e6


@dataclass(frozen=True)
class Reading:
    """Bytes of memory in use now, and seconds of processor time so far."""

    memory: int
    cpu_seconds: float


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
        return Reading(max(current - cache, 0), cpu["usage_usec"] / _MICRO)

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


class UsageWatch:
    """Looks at all running containers, in a thread that exists while there are any."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._watched: dict[AttemptRef, ControlGroup] = {}
        self._seen: dict[AttemptRef, Usage] = {}
        self._is_looking = False

    def watch(self, ref: AttemptRef, pid: int) -> None:
        """Look at the container whose first process this is, until it ends."""
        group = find_control_group(pid)
        if group is None:
            return
        with self._lock:
            self._watched[ref] = group
            self._note(ref, group)
            if not self._is_looking:
                self._is_looking = True
                threading.Thread(target=self._look, name="docker-usage", daemon=True).start()

    def find(self, ref: AttemptRef) -> Usage | None:
        """Return what was seen last; None when nothing was."""
        with self._lock:
            return self._seen.get(ref)

    def forget(self, ref: AttemptRef) -> None:
        """Look no more, and forget what was seen."""
        with self._lock:
            self._watched.pop(ref, None)
            self._seen.pop(ref, None)

    def _look(self) -> None:
        pause = _INTERVAL_SECONDS
        while True:
            time.sleep(pause)
            begun = time.monotonic()
            with self._lock:
                for ref, group in list(self._watched.items()):
                    self._note(ref, group)
                if not self._watched:
                    self._is_looking = False
                    return
            pause = max(_INTERVAL_SECONDS, (time.monotonic() - begun) * _LARGEST_SHARE)

    def _note(self, ref: AttemptRef, group: ControlGroup) -> None:
        reading = group.read()
        if reading is None:
            self._watched.pop(ref, None)
            return
        seen = self._seen.get(ref, Usage())
        self._seen[ref] = Usage(
            peak_memory=max(seen.peak_memory or 0, reading.memory),
            cpu_seconds=round(max(seen.cpu_seconds or 0.0, reading.cpu_seconds), 3),
        )


def _read_table(path: Path) -> dict[str, int]:
    table = {}
    for line in path.read_text().splitlines():
        name, _, value = line.partition(" ")
        table[name] = int(value)
    return table
