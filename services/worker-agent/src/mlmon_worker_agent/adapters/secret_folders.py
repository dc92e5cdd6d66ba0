"""The secrets of attempts, as files in memory that end with their attempt."""

import hashlib
import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Final

import psutil

from mlmon_worker_agent.adapters.scratch_folders import remove_folder
from mlmon_worker_agent.domain.errors import RuntimeFailedError

DEFAULT_FOLDER: Final = Path("/dev/shm")  # noqa: S108 - every agent makes one of its own in it
_IN_MEMORY: Final = frozenset({"tmpfs", "ramfs"})


class SecretFolders:
    """A folder of secrets for each attempt that has some.

    Only the agent's user can enter the folder that they are all in. Inside it everybody may read,
    because a container sees nothing but its own attempt's folder, whoever it runs as.

    Args:
        root: On a file system in memory; several agents may share it.
        owner: Tells this agent's folders from others'.
    """

    def __init__(self, root: Path, owner: str) -> None:
        digest = hashlib.sha256(owner.encode()).hexdigest()[:12]
        self._root = root
        self._folder = root / f"mlmon-{os.geteuid()}-{digest}"

    def path(self, attempt_id: str) -> Path:
        """Return the folder of an attempt's secrets, which exists if it has any."""
        return self._folder / attempt_id

    def write(self, attempt_id: str, secrets: Mapping[str, str]) -> None:
        """Make an attempt's folder anew, if it has secrets.

        Raises:
            RuntimeFailedError: They would be written to a disk, or cannot be written.
        """
        self.remove(attempt_id)
        if not secrets:
            return
        try:
            self._make_private()
            folder = self.path(attempt_id)
            folder.mkdir(mode=0o700)
            for name, value in secrets.items():
                (folder / name).write_text(value)
                (folder / name).chmod(0o444)
            folder.chmod(0o555)
        except OSError as error:
            raise RuntimeFailedError(
                f"The host could not keep the attempt's secrets in memory: {error.strerror}."
            ) from error

    def read(self, attempt_id: str) -> list[str]:
        """Return the values of an attempt's secrets."""
        folder = self.path(attempt_id)
        if not folder.exists():
            return []
        return [file.read_text() for file in sorted(folder.iterdir())]

    def remove(self, attempt_id: str) -> None:
        """Leave nothing of an attempt's secrets."""
        folder = self.path(attempt_id)
        if folder.exists():
            folder.chmod(0o700)
            remove_folder(folder)
        with suppress(OSError):
            self._folder.rmdir()

    def list_attempts(self) -> list[str]:
        """Return the ids of attempts that have secrets here."""
        if not self._folder.exists():
            return []
        return sorted(folder.name for folder in self._folder.iterdir())

    def sweep(self, kept: Collection[str]) -> None:
        """Remove the secrets of all attempts but these."""
        for attempt_id in self.list_attempts():
            if attempt_id not in kept:
                self.remove(attempt_id)

    def _make_private(self) -> None:
        kind = _file_system_of(self._root)
        if kind not in _IN_MEMORY:
            raise RuntimeFailedError(
                f"The host has no memory for secrets: {self._root} is on "
                f"{kind or 'an unknown file system'}; set MLMON_AGENT_SECRETS_FOLDER to a folder "
                "on a tmpfs."
            )
        self._folder.mkdir(mode=0o700, exist_ok=True)
        facts = self._folder.lstat()
        if facts.st_uid != os.geteuid() or facts.st_mode & 0o77 or self._folder.is_symlink():
            raise RuntimeFailedError(f"{self._folder} is not the agent's own; remove it.")


def _file_system_of(path: Path) -> str:
    mounts = {mount.mountpoint: mount.fstype for mount in psutil.disk_partitions(all=True)}
    real = path.resolve()
    return next((mounts[str(part)] for part in (real, *real.parents) if str(part) in mounts), "")
