"""The files of a process attempt, which its shim and the agent share.

Only the standard library, and little of that: the shim stays small.
"""

import fcntl
import json
import os
from typing import Any, Final

REQUEST: Final = "request.json"
STATUS: Final = "status.json"
USAGE: Final = "usage.json"
STOP: Final = "stop.json"
STOP_REASON: Final = "stop_reason"
RESERVE: Final = "reserve"
LOCK: Final = "shim.lock"
SHIM_LOG: Final = "shim.log"
STREAMS: Final = ("stdout", "stderr")
AnyPath = str | os.PathLike[str]
STATE_RUNNING: Final = "running"
STATE_EXITED: Final = "exited"
STATE_NOT_STARTED: Final = "not-started"


def write_json(
    path: AnyPath,
    document: dict[str, Any],
    *,
    is_durable: bool = True,
    reserve: AnyPath | None = None,
) -> None:
    """Write a JSON file so that a reader sees the old one or the new one, never a part.

    Args:
        path: Its folder must exist.
        document: What to write.
        is_durable: Whether it must survive the host, too.
        reserve: A file of the same folder, large enough, that becomes this one: its space is
            there also when the disk is full, and nobody else can take it.
    """
    temporary = reserve or f"{os.fspath(path)}.tmp"
    with open(temporary, "w" if reserve is None else "r+", encoding="utf-8") as file:
        json.dump(document, file)
        file.truncate()
        file.flush()
        if is_durable:
            os.fsync(file.fileno())
    os.replace(temporary, path)
    if is_durable:
        folder = os.open(os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def read_json(path: AnyPath) -> dict[str, Any] | None:
    """Return what a JSON file holds; None when it is missing or damaged."""
    try:
        with open(path, "rb") as file:
            document = json.load(file)
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def take_lock(folder: AnyPath) -> int | None:
    """Take the lock that a shim holds while it lives; None while another holds it.

    Whoever holds it and finds no status knows that no shim will start any more. The lock
    is let go of when the returned descriptor is closed.
    """
    descriptor = os.open(os.path.join(folder, LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor
