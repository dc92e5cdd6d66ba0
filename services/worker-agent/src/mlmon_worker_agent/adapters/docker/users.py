"""As whom a container's command runs: never as root."""

import os
from dataclasses import dataclass
from typing import Final

_ROOT: Final = 0


@dataclass(frozen=True)
class ContainerUser:
    """A user and a group by their numbers."""

    uid: int
    gid: int

    def __str__(self) -> str:
        return f"{self.uid}:{self.gid}"


NOBODY: Final = ContainerUser(65534, 65534)


def agent_user() -> ContainerUser | None:
    """Return this process's user; None when it is root.

    Only root can give the output folder to another user, and remove what that user made.
    """
    return None if os.geteuid() == _ROOT else ContainerUser(os.geteuid(), os.getegid())


def resolve_user(configured: str, passwd: str, group: str) -> ContainerUser | None:
    """Return an image's user by numbers; nobody in place of root; None when unknown.

    Args:
        configured: The image's USER: empty, `user` or `user:group`, names or numbers.
        passwd: The image's /etc/passwd.
        group: The image's /etc/group.
    """
    user, _, wanted_group = configured.partition(":")
    if not user:
        return NOBODY
    account = _find(passwd, user, number_at=2)
    if account is None and not user.isdecimal():
        return None
    uid = int(account[2]) if account is not None else int(user)
    if wanted_group:
        entry = _find(group, wanted_group, number_at=2)
        if entry is None and not wanted_group.isdecimal():
            return None
        gid = int(entry[2]) if entry is not None else int(wanted_group)
    else:
        gid = int(account[3]) if account is not None else uid
    return NOBODY if uid == _ROOT else ContainerUser(uid, gid)


def _find(accounts: str, wanted: str, *, number_at: int) -> list[str] | None:
    """Return the fields of the line that names somebody; a name goes before a number."""
    lines = [line.split(":") for line in accounts.splitlines() if line.count(":") >= number_at]
    for position in (0, number_at):
        for fields in lines:
            if fields[position] == wanted and fields[number_at].isdecimal():
                return fields
    return None
