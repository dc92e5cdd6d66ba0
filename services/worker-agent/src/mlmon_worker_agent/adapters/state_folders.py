"""The folder where an agent keeps what makes it the same agent after a restart."""

import fcntl
import os
import secrets
from pathlib import Path
from typing import Self

from mlmon_worker_agent.adapters.last_contacts import JOURNAL
from mlmon_worker_agent.domain.errors import StateFolderInUseError


class StateFolder:
    """A locked state folder; the lock goes with the process.

    Args:
        path: Created when it does not exist.
        scratch: For attempts; created when it does not exist.

    Raises:
        StateFolderInUseError: On entering, when another agent has it.
    """

    def __init__(self, path: Path, scratch: Path) -> None:
        self._path = path
        self._scratch = scratch
        self._lock: int | None = None

    def __enter__(self) -> Self:
        """Make and lock the folder."""
        try:
            for folder in (self._path, self._scratch):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            lock = os.open(self._path / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StateFolderInUseError(
                f"cannot use {error.filename}: {error.strerror}; "
                "set MLMON_AGENT_STATE_FOLDER to a folder that the agent may write"
            ) from error
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            pid = os.read(lock, 20).decode(errors="replace").strip()
            os.close(lock)
            raise StateFolderInUseError(
                f"another agent (pid {pid or 'unknown'}) uses {self._path}; "
                "give each agent its own MLMON_AGENT_STATE_FOLDER"
            ) from error
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the folder."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    @property
    def journal(self) -> Path:
        """Where the journal is."""
        return self._path / JOURNAL

    @property
    def inputs(self) -> Path:
        """Where inputs are kept for later attempts."""
        return self._path / "inputs"

    def read_nonce(self) -> str:
        """Return what chance made for this agent when it was first asked for.

        Raises:
            StateFolderInUseError: It cannot be kept.
        """
        path = self._path / "nonce"
        try:
            if path.exists() and (kept := path.read_text().strip()):
                return kept
            made = secrets.token_urlsafe(32)
            temporary = path.with_name("nonce.tmp")
            temporary.unlink(missing_ok=True)
            temporary.touch(mode=0o600, exist_ok=False)
            with temporary.open("w") as file:
                file.write(made + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except OSError as error:
            raise StateFolderInUseError(f"cannot use {path}: {error.strerror}") from error
        return made

    def find_agent_id(self) -> str | None:
        """Return the id that this agent was given before."""
        path = self._path / "agent-id"
        return path.read_text().strip() or None if path.exists() else None

    def keep_agent_id(self, agent_id: str) -> None:
        """Remember the id for the next start."""
        path = self._path / "agent-id"
        if self.find_agent_id() != agent_id:
            temporary = path.with_name("agent-id.tmp")
            temporary.write_text(agent_id + "\n")
            temporary.replace(path)
