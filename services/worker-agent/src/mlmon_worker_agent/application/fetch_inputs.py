"""One input on its way onto the host: from the cache, a store, or the web."""

import asyncio
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from mlmon_shared.errors import GoneError, NotFoundError, PreconditionFailedError
from mlmon_shared.wire.agent_protocol import InputFile, TransferGrant
from mlmon_shared.wire.quantities import readable_size
from mlmon_worker_agent.application.ports import InputCache, WebFiles
from mlmon_worker_agent.domain.errors import (
    CorruptTransferError,
    InputError,
    TransferError,
    WebFileError,
)

_BLOCK: Final = 1024 * 1024


class GrantedDownloads(Protocol):
    """Files by grants."""

    def download(self, grant: TransferGrant) -> AsyncGenerator[bytes, None]:
        """Receive a file in pieces; tried once."""
        ...


@dataclass(frozen=True)
class InputSources:
    """Where inputs come from, and what is asked of those from elsewhere.

    Attributes:
        cache: What this host has already.
        web: Files of others.
        limit: Bytes of one file.
        timeout_seconds: For one try.
    """

    cache: InputCache
    web: WebFiles
    limit: int
    timeout_seconds: float


class InputFetch:
    """Fetches one file.

    Args:
        sources: Where it may be.
        store: Downloads by grants.
        find: Returns what is wanted now, with a grant that is fresh.
        renew: Gets what is wanted anew: the object has changed meanwhile.
        part: Where the file grows; on the same file system as the target.
        target: Its place.
    """

    def __init__(
        self,
        sources: InputSources,
        store: GrantedDownloads,
        *,
        find: Callable[[], InputFile],
        renew: Callable[[], Awaitable[None]],
        part: Path,
        target: Path,
    ) -> None:
        self._sources = sources
        self._store = store
        self._find = find
        self._renew = renew
        self._part = part
        self._target = target

    async def try_once(self) -> None:
        """Put the file into its place.

        Raises:
            InputError: It is not there, may not be read, is too large, or is another.
            CorruptTransferError: It did not come as it was sent.
            TransferError: It took too long.
            MlmonError: Another fault, as the scheduler's client raises it.
        """
        wanted = self._find()
        cache, key = self._sources.cache, _cache_key(wanted)
        self._target.parent.mkdir(parents=True, exist_ok=True)
        async with cache.lock(key):
            if not _must_ask(wanted) and await cache.lend(key, self._target):
                return
            limit = self._sources.timeout_seconds
            try:
                async with asyncio.timeout(limit if wanted.source else None):
                    etag = await self._fetch(wanted, key)
            except TimeoutError as error:
                raise TransferError(
                    f"The input {wanted.target} did not arrive within {limit:.0f} s."
                ) from error
            if etag is None:
                return
            self._part.replace(self._target)
            if etag or not _must_ask(wanted):
                await cache.keep(key, self._target, etag=etag)

    async def _fetch(self, wanted: InputFile, key: str) -> str | None:
        """Download into the part and return its ETag, or use what is kept and return None."""
        if not wanted.is_web:
            self._check_size(wanted, wanted.size)
            try:
                async with aclosing(self._store.download(wanted.download)) as pieces:
                    await self._take(wanted, pieces, wanted.size)
            except (NotFoundError, GoneError) as error:
                if wanted.source:
                    raise InputError(
                        f"The input {wanted.target} is missing: {wanted.source} is not there."
                    ) from error
                raise
            except PreconditionFailedError as error:
                await self._renew()
                raise CorruptTransferError(f"{wanted.source} has changed meanwhile") from error
            return ""
        cache = self._sources.cache
        kept = await cache.find_etag(key) if _must_ask(wanted) else ""
        try:
            async with self._sources.web.open(wanted.download.url, etag=kept) as answer:
                if answer.is_unchanged:
                    if kept and await cache.lend(key, self._target):
                        return None
                    raise CorruptTransferError(f"{wanted.source} sent nothing")
                self._check_size(wanted, answer.size)
                await self._take(wanted, answer.pieces, answer.size)
                return answer.etag
        except WebFileError as error:
            raise InputError(f"The input {wanted.target} cannot be had: {error.detail}.") from error

    async def _take(
        self, wanted: InputFile, pieces: AsyncIterator[bytes], expected: int | None
    ) -> None:
        digest, size = hashlib.sha256(), 0
        with self._part.open("wb") as file:
            async for block in _blocks(pieces):
                size += len(block)
                self._check_size(wanted, size)
                await asyncio.to_thread(_take_block, block, digest.update, file.write)
        found = digest.hexdigest()
        if expected is not None and size != expected:
            raise CorruptTransferError(f"{size} bytes came instead of {expected}")
        if wanted.sha256 is not None and found != wanted.sha256.lower():
            if wanted.source:
                raise InputError(
                    f"The input {wanted.target} is not what the definition says: {wanted.source} "
                    f"has the SHA-256 {found}."
                )
            raise CorruptTransferError(
                f"{size} bytes with another checksum came instead of {wanted.size}"
            )

    def _check_size(self, wanted: InputFile, size: int | None) -> None:
        if wanted.source and size is not None and size > self._sources.limit:
            raise InputError(
                f"The input {wanted.target} is too large: {wanted.source} has more than the "
                f"{readable_size(self._sources.limit)} that this host takes "
                "(MLMON_AGENT_INPUT_LIMIT)."
            )


def _must_ask(wanted: InputFile) -> bool:
    """Tell whether only its server knows if the content is still the same."""
    return wanted.is_web and wanted.sha256 is None


def _cache_key(wanted: InputFile) -> str:
    """Return what names the content on this host.

    A checksum that the definition's author wrote does not name a file by itself: who knows the
    checksum of another client's file would get it. Where it is said to come from goes in, too.
    """
    if not wanted.source:
        # Digested once more: what a manifest says is a word of an agent, and no name of a file.
        return _digest("artifact", wanted.sha256 or "")
    place = wanted.download.url if wanted.is_web else wanted.source
    return _digest(place, wanted.etag, wanted.sha256 or "")


def _digest(*words: str) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()


async def _blocks(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    held = bytearray()
    async for piece in pieces:
        held += piece
        if len(held) >= _BLOCK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _take_block(block: bytes, *takers: Callable[[bytes], object]) -> None:
    for take in takers:
        take(block)
