"""What /proc says about a process and its descendants.

Only the standard library, and little of that: the shim stays small.
"""

import os
from typing import Final, NamedTuple

_PAGE: Final = os.sysconf("SC_PAGE_SIZE")
_TICKS: Final = os.sysconf("SC_CLK_TCK")
_BLOCK: Final = 64 * 1024
_KNOWS_CHILDREN: Final = os.path.exists(f"/proc/self/task/{os.getpid()}/children")
"""Whether this kernel lists the children of a process; one without checkpoints does not."""


class ProcessFacts(NamedTuple):
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
    text = _read(f"/proc/{pid}/stat")
    if not text:
        return None
    # The name stands in parentheses and may hold anything, also parentheses.
    fields = text[text.rindex(b")") + 2 :].split()
    return ProcessFacts(
        pid=pid,
        parent=int(fields[1]),
        state=fields[0].decode(),
        start=int(fields[19]),
        memory=int(fields[21]) * _PAGE,
        cpu_seconds=sum(int(ticks) for ticks in fields[11:15]) / _TICKS,
    )


def list_descendants(root: int) -> list[ProcessFacts]:
    """Return every process below the root, which is left out itself.

    Where the kernel lists children, only the tree is looked at, however many processes the
    host has. One may be missing while its sibling ends: look again before relying on it.
    """
    below = _list_children if _KNOWS_CHILDREN else _children_by_parent().get
    found: list[ProcessFacts] = []
    queue = [root]
    while queue:
        for pid in below(queue.pop()) or ():
            if (facts := read_process(pid)) is not None:
                found.append(facts)
                queue.append(pid)
    return found


def read_proportional_memory(pid: int) -> int:
    """Return a process's memory with shared pages divided among their users; 0 if unknown."""
    return _read_kibibytes(f"/proc/{pid}/smaps_rollup", b"\nPss:")


def read_peak_memory(pid: int) -> int:
    """Return the most that a process ever had resident; 0 if unknown."""
    return _read_kibibytes(f"/proc/{pid}/status", b"\nVmHWM:")


def read_disk_bytes(pid: int, *, thread: int | None = None) -> tuple[int, int]:
    """Return what a process read from and wrote to block devices; zeros if unknown.

    What it has waited for is part of it, but of no thread of it.
    """
    folder = f"/proc/{pid}" if thread is None else f"/proc/{pid}/task/{thread}"
    fields = dict(line.split(b": ", 1) for line in _read(f"{folder}/io").splitlines())
    return int(fields.get(b"read_bytes", 0)), int(fields.get(b"write_bytes", 0))


def list_marked(markers: frozenset[bytes]) -> list[int]:
    """Return the processes whose environment holds all of these `NAME=value` entries."""
    return [
        pid
        for pid in _list_all()
        if pid != os.getpid() and markers <= set(_read(f"/proc/{pid}/environ").split(b"\0"))
    ]


def _list_children(pid: int) -> list[int]:
    try:
        threads = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    # A child belongs to the thread that started it.
    return [
        int(child)
        for thread in threads
        for child in _read(f"/proc/{pid}/task/{thread}/children").split()
    ]


def _children_by_parent() -> dict[int, list[int]]:
    children: dict[int, list[int]] = {}
    for pid in _list_all():
        if (facts := read_process(pid)) is not None:
            children.setdefault(facts.parent, []).append(pid)
    return children


def _list_all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdecimal()]


def _read_kibibytes(path: str, name: bytes) -> int:
    text = _read(path)
    at = text.find(name)
    return int(text[at + len(name) :].split(None, 1)[0]) * 1024 if at >= 0 else 0


def _read(path: str) -> bytes:
    """Return what a file of /proc says; nothing when its process is gone or not ours to read."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        blocks = []
        while block := os.read(descriptor, _BLOCK):
            blocks.append(block)
    except OSError:
        # Gone while it was read.
        return b""
    finally:
        os.close(descriptor)
    return b"".join(blocks)
