"""Which system user runs a server that refuses root, and which folders it can enter."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from mlmon_shared.embedded.errors import EmbeddedServerError

UNPRIVILEGED_USERS = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A system user, with its one group."""

    name: str
    uid: int
    gid: int

    @classmethod
    def of_uid(cls, uid: int) -> Self:
        """Return the account with a user id; one without an entry is named by its number."""
        try:
            entry = pwd.getpwuid(uid)
        except KeyError:
            return cls(name=str(uid), uid=uid, gid=uid)
        return cls(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)


def unprivileged_account() -> Account:
    """Return the account that stands in for root: `postgres`, else `nobody`.

    Raises:
        EmbeddedServerError: The system has neither.
    """
    for name in UNPRIVILEGED_USERS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name=entry.pw_name, uid=entry.pw_uid, gid=entry.pw_gid)
    raise EmbeddedServerError(
        "PostgreSQL refuses to run as root and this system has neither a user postgres nor "
        "nobody: create one (useradd --system postgres) or start MLMon as an ordinary user"
    )


def unreachable_parent(path: Path, uid: int, gid: int) -> Path | None:
    """Return the outermost folder on the way to a path that a user cannot enter.

    The path itself counts when it is a folder. What does not exist yet is taken as
    reachable, since whoever creates it decides. Access control lists are not read.

    Args:
        path: Where the user wants to go.
        uid: The user; root enters everything.
        gid: Its only group.

    Returns:
        The folder that stands in the way, or `None`.
    """
    if uid == 0:
        return None
    resolved = path.resolve()
    for folder in (*reversed(resolved.parents), resolved):
        try:
            status = folder.stat()
        except FileNotFoundError:
            return None
        except PermissionError:
            return folder.parent
        if stat.S_ISDIR(status.st_mode) and not _may_execute(status, uid, gid):
            return folder
    return None


def is_executable_by(file: Path, uid: int, gid: int) -> bool:
    """Tell whether a user can reach a file and run it."""
    if unreachable_parent(file, uid, gid) is not None:
        return False
    return _may_execute(file.stat(), uid, gid)


def _may_execute(status: os.stat_result, uid: int, gid: int) -> bool:
    if uid == 0:
        return True
    if status.st_uid == uid:
        return bool(status.st_mode & stat.S_IXUSR)
    if status.st_gid == gid:
        return bool(status.st_mode & stat.S_IXGRP)
    return bool(status.st_mode & stat.S_IXOTH)
