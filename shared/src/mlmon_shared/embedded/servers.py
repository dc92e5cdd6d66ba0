"""What the embedded servers have in common: prepare, start, wait, stop."""

import asyncio
import os
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import structlog

from mlmon_shared.embedded.accounts import Account
from mlmon_shared.embedded.child_processes import (
    kill_child,
    last_lines,
    start_child,
    stop_child,
)
from mlmon_shared.embedded.errors import EmbeddedServerError
from mlmon_shared.embedded.folder_locks import lock_folder

# sun_path has 108 bytes on Linux and 104 on macOS, and PostgreSQL appends ".lock" to its own.
SOCKET_PATH_LIMIT = 98
POLL_SECONDS = 0.01

log = structlog.get_logger(__name__)


class EmbeddedServer(ABC):
    """A server process that belongs to this one and ends with it.

    `start` forks and must run in a thread that lives as long as the server (the main
    thread, or that of the event loop); `prepare`, `wait_ready` and `stop` may run in any.
    As an async context manager, and through `start_async` and `stop_async`, it keeps
    to that by itself. The same object can be started again after `stop` or `kill`.

    Args:
        name: For log lines, errors and file names.
        data_folder: Belongs to the server; made if missing. One server at a time.
        runtime_folder: Where the socket's own folder goes; the data folder when left out.
            A path that is too long for a socket gives way to a temporary folder.
        ready_within_seconds: How long starting may take, recovery included.
        stop_within_seconds: How long an orderly stop may take before force.
    """

    death_signal: signal.Signals = signal.SIGTERM
    socket_name: str

    def __init__(
        self,
        name: str,
        data_folder: Path,
        *,
        runtime_folder: Path | None = None,
        ready_within_seconds: float = 60.0,
        stop_within_seconds: float = 15.0,
    ) -> None:
        self.name = name
        self.data_folder = data_folder.absolute()
        self.log_path = self.data_folder / f"{name}.log"
        self._wanted_runtime_folder = self._runtime_folder_in(runtime_folder)
        self._temporary_folder: Path | None = None
        self._ready_within_seconds = ready_within_seconds
        self._stop_within_seconds = stop_within_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._log_start = 0

    # What a server says about itself.

    @property
    def pid(self) -> int:
        """The server's process id.

        Raises:
            EmbeddedServerError: It was not started.
        """
        return self._started().pid

    @property
    def is_running(self) -> bool:
        """Whether the process exists; it may not answer yet."""
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """How the process ended by itself, negative for a signal; `None` otherwise."""
        return None if self._process is None else self._process.poll()

    @property
    def runtime_folder(self) -> Path:
        """The folder of the socket, private to the server's user."""
        return self._temporary_folder or self._wanted_runtime_folder

    @property
    def socket_path(self) -> Path:
        """The server's unix socket."""
        return self.runtime_folder / self.socket_name

    # What each server does in its own way.

    @property
    def account(self) -> Account | None:
        """Whom the server runs as; `None` is this process's user."""
        return None

    @abstractmethod
    def is_ready(self) -> bool:
        """Ask the server once whether it serves; False also when it does not answer."""

    @abstractmethod
    def _prepare_data(self) -> None:
        """Make the data folder's contents fit for a start; the lock is held."""

    @abstractmethod
    def _command(self) -> Sequence[str]:
        """Return the program and its arguments."""

    @abstractmethod
    def _stop_steps(self) -> Sequence[tuple[signal.Signals, float]]:
        """Return the signals that stop the server, gentlest first."""

    # Life.

    def prepare(self) -> None:
        """Do what is slow before a start: take the folder's lock and lay out the data.

        Any thread may call it; `start` does when nobody has.

        Raises:
            EmbeddedServerError: The folder is in use or cannot be used.
        """
        if self._lock is not None:
            return
        self._make_data_folder()
        self._lock = lock_folder(self.data_folder, within_seconds=self._stop_within_seconds)
        try:
            self._make_runtime_folder()
            self._prepare_data()
        except BaseException:
            self._clean_up()
            raise

    def start(self) -> None:
        """Start the server without waiting for it; call it from a long-lived thread.

        Raises:
            EmbeddedServerError: It is running already, or `prepare` failed.
        """
        if self.is_running:
            raise EmbeddedServerError(f"{self.name} is running already (process {self.pid})")
        self.prepare()
        self._log_start = self.log_path.stat().st_size if self.log_path.exists() else 0
        try:
            self._process = start_child(
                self._command(),
                log=self.log_path,
                death_signal=self.death_signal,
                account=self.account,
                descriptors=[] if self._lock is None else [self._lock],
            )
        except BaseException:
            self._clean_up()
            raise
        # The server holds it now; a second descriptor of ours would outlive a crash of it.
        self._release_lock()
        log.info("embedded server started", server=self.name, pid=self.pid)

    def wait_ready(self) -> None:
        """Block until the server serves.

        Raises:
            EmbeddedServerError: It ended, or the time is over; its last log lines are
                in the detail.
        """
        deadline = time.monotonic() + self._ready_within_seconds
        while not self._is_ready_by(deadline):
            time.sleep(POLL_SECONDS)

    async def wait_ready_async(self) -> None:
        """Wait until the server serves, as `wait_ready` does."""
        deadline = time.monotonic() + self._ready_within_seconds
        while not self._is_ready_by(deadline):  # noqa: ASYNC110 - another process sets no event
            await asyncio.sleep(POLL_SECONDS)

    def stop(self) -> None:
        """Stop in order, by force when the time is over; no error when not running."""
        if self._process is not None:
            if self.is_running and not stop_child(self._process, self._stop_steps()):
                log.warning("embedded server did not stop in time", server=self.name)
            self._process = None
        self._clean_up()

    def kill(self) -> None:
        """End the server at once, without a chance to save; `start` works afterwards."""
        if self._process is not None:
            kill_child(self._process)
            self._process = None
        self._clean_up()

    async def start_async(self) -> None:
        """Prepare in a thread, start in this one, wait until ready; stop if that fails."""
        preparing = asyncio.create_task(asyncio.to_thread(self.prepare))
        try:
            await asyncio.shield(preparing)
            self.start()
            await self.wait_ready_async()
        except BaseException:
            # A cancelled wait leaves the thread at work; stop only what it has finished.
            await asyncio.wait([preparing])
            await self.stop_async()
            raise

    async def stop_async(self) -> None:
        """Stop, as `stop` does, without blocking the event loop."""
        await asyncio.to_thread(self.stop)

    async def __aenter__(self) -> Self:
        await self.start_async()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.stop_async()

    def __enter__(self) -> Self:
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    # Parts.

    def _runtime_folder_in(self, wanted: Path | None) -> Path:
        return self.data_folder / "run" if wanted is None else wanted.absolute() / self.name

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise EmbeddedServerError(f"{self.name} was not started")
        return self._process

    def _is_ready_by(self, deadline: float) -> bool:
        process = self._started()
        if process.poll() is not None:
            raise self._failure(f"ended with status {process.returncode} before it was ready")
        if self.is_ready():
            return True
        if time.monotonic() >= deadline:
            raise self._failure(f"was not ready within {self._ready_within_seconds:g} s")
        return False

    def _failure(self, what: str) -> EmbeddedServerError:
        tail = last_lines(self.log_path, since_byte=self._log_start)
        return EmbeddedServerError(f"{self.name} {what}; {self.log_path} ends:\n{tail}")

    def _make_data_folder(self) -> None:
        """Make the folder, private to this process's user."""
        try:
            self.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise EmbeddedServerError(
                f"cannot make the folder {self.data_folder}: {error.strerror}"
            ) from error

    def _make_runtime_folder(self) -> None:
        if len(os.fsencode(self.socket_path)) > SOCKET_PATH_LIMIT:
            prefix = f"mlmon-{self.name}-"
            self._temporary_folder = Path(tempfile.mkdtemp(prefix=prefix, dir="/tmp"))
        else:
            self.runtime_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.runtime_folder.chmod(0o700)
            self.socket_path.unlink(missing_ok=True)
        if self.account is not None:
            os.chown(self.runtime_folder, self.account.uid, self.account.gid)

    def _release_lock(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _clean_up(self) -> None:
        self._release_lock()
        if self._temporary_folder is not None:
            shutil.rmtree(self._temporary_folder, ignore_errors=True)
            self._temporary_folder = None
