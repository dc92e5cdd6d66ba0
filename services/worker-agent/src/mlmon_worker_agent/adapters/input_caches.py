"""Inputs that this host has downloaded, in one folder."""

import asyncio
import errno
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

_READ_ONLY: Final = 0o444
_ETAG: Final = ".etag"
_PART: Final = ".part"


class FolderInputCache:
    """Implements `InputCache`: one file a content, named by its key; its time is its last use.

    Args:
        root: Made when it is not there; nothing else may be in it.
        limit: Bytes of all files; 0 keeps nothing.
        may_link: Whether attempts get hard links, where the file system can: only those that
            cannot write to their inputs may.
    """

    def __init__(self, root: Path, *, limit: int, may_link: bool) -> None:
        self._root = root
        self._limit = limit
        self._may_link = may_link
        self._locks: dict[str, tuple[asyncio.Lock, int]] = {}
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        for left in root.glob(f"*{_PART}"):
            left.unlink(missing_ok=True)
        self._evict(limit)

    @asynccontextmanager
    async def lock(self, key: str) -> AsyncIterator[None]:
        """Let nobody else fetch the same content meanwhile."""
        lock, users = self._locks.get(key, (asyncio.Lock(), 0))
        self._locks[key] = (lock, users + 1)
        try:
            async with lock:
                yield
        finally:
            lock, users = self._locks.pop(key)
            if users > 1:
                self._locks[key] = (lock, users - 1)

    async def find_etag(self, key: str) -> str:
        """Return the ETag that a content was kept with; empty without one."""

        def find() -> str:
            with suppress(FileNotFoundError):
                if (self._root / key).exists():
                    return (self._root / f"{key}{_ETAG}").read_text()
            return ""

        return await asyncio.to_thread(find)

    async def lend(self, key: str, target: Path) -> bool:
        """Put a content into its place, read-only; False if it is not there."""

        def give() -> bool:
            kept = self._root / key
            try:
                os.utime(kept)
                target.unlink(missing_ok=True)
                self._copy(kept, target)
            except FileNotFoundError:
                return False
            target.chmod(_READ_ONLY)
            return True

        return await asyncio.to_thread(give)

    async def keep(self, key: str, source: Path, *, etag: str = "") -> None:
        """Keep the content of a file, which becomes read-only, if it fits."""

        def take() -> None:
            source.chmod(_READ_ONLY)
            size = source.stat().st_size
            if size > self._limit:
                return
            self._evict(self._limit - size)
            part = self._root / f"{key}{_PART}"
            try:
                part.unlink(missing_ok=True)
                self._copy(source, part)
                part.chmod(_READ_ONLY)
                if etag:
                    (self._root / f"{key}{_ETAG}").write_text(etag)
                else:
                    (self._root / f"{key}{_ETAG}").unlink(missing_ok=True)
                os.utime(part)
                part.replace(self._root / key)
            except OSError as error:
                # The attempt has its file: a cache that cannot grow keeps nobody from working.
                log.warning("input not kept for others", error=str(error))
                part.unlink(missing_ok=True)

        await asyncio.to_thread(take)

    async def give_back(self, size: int) -> None:
        """Remove so many bytes of what was not used for longest, or all there is."""
        await asyncio.to_thread(lambda: self._evict(max(self._size() - size, 0)))

    def _copy(self, source: Path, target: Path) -> None:
        if self._may_link:
            try:
                target.hardlink_to(source)
            except OSError as error:
                if error.errno not in {errno.EXDEV, errno.EPERM, errno.EMLINK, errno.EOPNOTSUPP}:
                    raise
            else:
                return
        shutil.copyfile(source, target)

    def _list(self) -> list[tuple[os.stat_result, Path]]:
        own = (file for file in self._root.iterdir() if file.suffix not in {_ETAG, _PART})
        return [(file.stat(), file) for file in own]

    def _size(self) -> int:
        return sum(found.st_size for found, _ in self._list())

    def _evict(self, limit: int) -> None:
        """Remove what was not used for longest, until the rest is within the limit."""
        kept = self._list()
        size = sum(found.st_size for found, _ in kept)
        for found, file in sorted(kept, key=lambda each: each[0].st_mtime_ns):
            if size <= limit:
                break
            file.unlink(missing_ok=True)
            file.with_name(f"{file.name}{_ETAG}").unlink(missing_ok=True)
            size -= found.st_size
