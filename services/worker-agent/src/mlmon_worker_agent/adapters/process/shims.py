"""The shims of this host: which are alive, waiting for one to end, killing one."""

import asyncio
import os
import signal
from pathlib import Path
from typing import Final

import structlog

from mlmon_worker_agent.adapters.process import files, trees

log = structlog.get_logger(__name__)

_POLL_SECONDS: Final = 0.05
_KILL_SECONDS: Final = 30.0


class Shims:
    """Finds the shim of an attempt's folder, be it a child of this process or of an earlier one.

    A shim is alive while it holds the lock in its folder; a pid alone proves nothing.
    """

    def __init__(self) -> None:
        self._children: dict[Path, int] = {}

    def adopt(self, root: Path, pid: int) -> None:
        """Note that this process has started the folder's shim, so that it waits for it."""
        self._children[root] = pid

    def forget(self, root: Path) -> None:
        """Let go of a folder whose shim is dead."""
        self._reap(root)
        self._children.pop(root, None)

    def is_alive(self, root: Path) -> bool:
        """Tell whether the shim lives, or may still begin to."""
        if root in self._children:
            return not self._reap(root)
        try:
            lock = files.take_lock(root)
        except OSError:
            return False
        if lock is None:
            return True
        os.close(lock)
        return False

    async def wait(self, root: Path) -> None:
        """Wait until the shim is dead."""
        pidfd = self._open_pidfd(root)
        if pidfd is not None:
            try:
                await _until_readable(pidfd)
            finally:
                os.close(pidfd)
        while self.is_alive(root):  # noqa: ASYNC110 - a lock of another process gives no event
            await asyncio.sleep(_POLL_SECONDS)

    async def kill(self, root: Path) -> None:
        """Kill the shim; the kernel then kills the command that it started."""
        if not self.is_alive(root):
            return
        pidfd = self._open_pidfd(root)
        if pidfd is not None:
            try:
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)
            except ProcessLookupError:
                log.debug("shim is gone already", folder=root.name)
            finally:
                os.close(pidfd)
        async with asyncio.timeout(_KILL_SECONDS):
            await self.wait(root)

    def _reap(self, root: Path) -> bool:
        """Tell whether the shim that this process started is dead; leave no zombie."""
        pid = self._children.get(root)
        if pid is None:
            return True
        try:
            found, _ = os.waitpid(pid, os.WNOHANG)
        except ChildProcessError:
            found = pid
        if found == 0:
            return False
        self._children.pop(root)
        return True

    def _open_pidfd(self, root: Path) -> int | None:
        """Return a descriptor of the very shim; None if it is dead or cannot be told."""
        pid, start = self._children.get(root), None
        if pid is None:
            status = files.read_json(root / files.STATUS) or {}
            pid, start = status.get("shim_pid"), status.get("shim_start")
        if pid is None:
            return None
        try:
            pidfd = os.pidfd_open(pid)
        except OSError:
            return None
        facts = trees.read_process(pid)
        # Checked after opening: the descriptor cannot change its process any more.
        if start is not None and (facts is None or facts.start != start):
            os.close(pidfd)
            return None
        return pidfd


async def _until_readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ended = loop.create_future()

    def note() -> None:
        if not ended.done():
            ended.set_result(None)

    loop.add_reader(descriptor, note)
    try:
        await ended
    finally:
        loop.remove_reader(descriptor)
