"""What /proc says about a process and its descendants.

Only the standard library: the shim stays small.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


@dataclass(frozen=True)
class ProcessFacts:
    """One process: who it is, what it uses.

    Attributes:
        start: Kernel ticks since boot; with the pid it names a process for good.
        memory: Resident bytes.
        cpu_seconds: Its own and those of children that it has waited for.
    """

    pid: int
    parent: int
    state: str
    start: int
    memory: int
    cpu_seconds: float


def read_process(pid: int) -> ProcessFacts | None:
    """Return the facts of a process; None when there is none."""
    try:
        text = (_PROC / str(pid) / "stat").read_text(errors="replace")
    except OSError:
        return None
    # The name stands in parentheses and may hold anything, also parentheses.
    fields = text[text.rindex(")") + 2 :].split()
    return ProcessFacts(
        pid=pid,
        parent=int(fields[1]),
        state=fields[0],
        start=int(fields[19]),
        memory=int(fields[21]) * _PAGE,
        cpu_seconds=sum(int(ticks) for ticks in fields[11:15]) / _TICKS,
    )


def list_descendants(root: int) -> list[ProcessFacts]:
    """Return every process below the root, which is left out itself."""
    children: dict[int, list[ProcessFacts]] = {}
    with os.scandir(_PROC) as entries:
        for entry in entries:
            if entry.name.isdecimal() and (facts := read_process(int(entry.name))) is not None:
                children.setdefault(facts.parent, []).append(facts)
    found: list[ProcessFacts] = []
    queue = [root]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += [facts.pid for facts in below]
    return found


def read_proportional_memory(pid: int) -> int:
    """Return a process's memory with shared pages divided among their users; 0 if unknown."""
    try:
        text = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def read_peak_memory(pid: int) -> int:
    """Return the most that a process ever had resident; 0 if unknown."""
    try:
        text = (_PROC / str(pid) / "status").read_text(errors="replace")
    except OSError:
        return 0
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def list_marked(markers: frozenset[bytes]) -> list[int]:
    """Return the processes whose environment holds all of these `NAME=value` entries."""
    found = []
    with os.scandir(_PROC) as entries:
        for entry in entries:
            if not entry.name.isdecimal() or int(entry.name) == os.getpid():
                continue
            try:
                environment = (_PROC / entry.name / "environ").read_bytes()
            except OSError:
                continue
            if markers <= set(environment.split(b"\0")):
                found.append(int(entry.name))
    return found
