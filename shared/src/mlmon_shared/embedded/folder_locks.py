"""One server per data folder, also across restarts of MLMon.

The lock is a flock on a file in the folder. The server inherits the descriptor and so
do the processes it forks: as long as any of them lives, also one whose parent was
killed, nobody else gets the lock. That matters because Valkey does not guard its
folder at all, and PostgreSQL guards it by process ids, which containers reuse.
"""

import fcntl
import os
import time
from pathlib import Path

from mlmon_shared.embedded.errors import EmbeddedServerError

POLL_SECONDS = 0.02


def lock_folder(folder: Path, *, within_seconds: float) -> int:
    """Return the descriptor that holds a folder's lock, for a server to inherit.

    Waits for the processes of an earlier server that are still ending.

    Args:
        folder: An existing folder.
        within_seconds: How long to wait for an earlier holder.

    Raises:
        EmbeddedServerError: Another server still holds the lock, or the folder cannot
            be written.
    """
    try:
        descriptor = os.open(folder / ".server.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot write in {folder}: {error.strerror}; choose another folder, or start MLMon "
            "as its owner"
        ) from error
    deadline = time.monotonic() + within_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                os.close(descriptor)
                raise EmbeddedServerError(
                    f"another server is using {folder}: stop the other MLMon, or give this one "
                    "a folder of its own"
                ) from error
        else:
            return descriptor
        time.sleep(POLL_SECONDS)
