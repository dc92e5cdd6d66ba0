"""One output on its way into the artifact store: whole, or by parts."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol

from mlmon_shared.errors import (
    InvalidRequestError,
    NotFoundError,
    PreconditionFailedError,
)
from mlmon_shared.wire.agent_protocol import TransferGrant
from mlmon_shared.wire.uploads import FilePart, UploadedPart, UploadPlan
from mlmon_worker_agent.application.ports import AttemptScheduler
from mlmon_worker_agent.application.repeat_transfers import EXPIRED
from mlmon_worker_agent.application.run_all import run_all
from mlmon_worker_agent.application.sessions import Session
from mlmon_worker_agent.domain.attempts import AttemptRef
from mlmon_worker_agent.domain.errors import CorruptTransferError, UploadRefusedError

_BLOCK: Final = 1024 * 1024
_PARTS_AT_ONCE: Final = 4
_REFUSALS: Final = (PreconditionFailedError, NotFoundError, InvalidRequestError, *EXPIRED)


@dataclass(frozen=True)
class OutputContent:
    """A file that an attempt left.

    Attributes:
        file: Where it is.
        path: As the definition's `outputs` names it.
        size: Bytes.
        sha256: In hexadecimal.
    """

    file: Path
    path: str
    size: int
    sha256: str


class GrantedUploads(Protocol):
    """Takes files by grants."""

    async def upload(
        self, grant: TransferGrant, content: AsyncIterator[bytes], *, size: int, sha256: str
    ) -> str:
        """Send a file or a part, tried once; return the ETag that was answered, if any."""
        ...


class UploadRights(Protocol):
    """Where to ask for what the spec did not grant; raises as the scheduler's client does."""

    async def begin(self, content: OutputContent) -> UploadPlan:
        """Return how a file gets into the store."""
        ...

    async def grant_parts(
        self, content: OutputContent, upload_id: str, parts: list[FilePart]
    ) -> list[TransferGrant]:
        """Return one grant per part."""
        ...

    async def complete(
        self, content: OutputContent, upload_id: str, parts: list[UploadedPart]
    ) -> None:
        """Have the parts put together."""
        ...


class LeasedRights:
    """Implements `UploadRights` by the lease of an attempt.

    Args:
        session: In which is asked.
        scheduler: Who is asked.
        ref: The attempt.
    """

    def __init__(self, session: Session, scheduler: AttemptScheduler, ref: AttemptRef) -> None:
        self._session = session
        self._scheduler = scheduler
        self._ref = ref

    async def begin(self, content: OutputContent) -> UploadPlan:
        """Return how a file gets into the store."""
        return await self._session.use(
            lambda registered: self._scheduler.begin_upload(
                registered.session,
                self._ref,
                content.path,
                size=content.size,
                sha256=content.sha256,
            )
        )

    async def grant_parts(
        self, content: OutputContent, upload_id: str, parts: list[FilePart]
    ) -> list[TransferGrant]:
        """Return one grant per part."""
        return await self._session.use(
            lambda registered: self._scheduler.grant_parts(
                registered.session, self._ref, content.path, upload_id, parts
            )
        )

    async def complete(
        self, content: OutputContent, upload_id: str, parts: list[UploadedPart]
    ) -> None:
        """Have the parts put together."""
        await self._session.use(
            lambda registered: self._scheduler.complete_upload(
                registered.session,
                self._ref,
                content.path,
                upload_id,
                size=content.size,
                sha256=content.sha256,
                parts=parts,
            )
        )


class OutputUpload:
    """Uploads one file; a try goes on where the one before it broke off.

    Args:
        content: What to upload.
        store: Takes it.
        rights: Asks for what the spec did not grant.
        find_grant: Returns what the spec grants now; None where the store asks to know the
            content first.
    """

    def __init__(
        self,
        content: OutputContent,
        *,
        store: GrantedUploads,
        rights: UploadRights,
        find_grant: Callable[[], TransferGrant | None],
    ) -> None:
        self._content = content
        self._store = store
        self._rights = rights
        self._find_grant = find_grant
        self._plan: UploadPlan | None = None
        self._done: dict[int, UploadedPart] = {}

    async def try_once(self) -> None:
        """Upload what is not there yet.

        Raises:
            UploadRefusedError: The store did not take it; the next try begins anew.
            MlmonError: Another fault, as the scheduler's client raises it.
        """
        if self._plan is None and (granted := self._find_grant()) is not None:
            try:
                await self._send(granted)
            except PreconditionFailedError:
                # Ours from a try whose answer was lost, or left by a lease that was not to be.
                granted = None
            if granted is not None:
                return
        plan = self._plan = self._plan or await self._rights.begin(self._content)
        try:
            if plan.grant is not None:
                await self._send(plan.grant)
            elif not plan.is_stored:
                await self._send_parts(plan)
        except _REFUSALS as error:
            self._plan = None
            self._done.clear()
            raise UploadRefusedError(error.detail) from error

    async def _send(self, grant: TransferGrant) -> None:
        content = self._content
        await self._store.upload(
            grant,
            _read_blocks(content.file, 0, content.size),
            size=content.size,
            sha256=content.sha256,
        )

    async def _send_parts(self, plan: UploadPlan) -> None:
        size = plan.part_size
        count = -(-self._content.size // size)
        todo = [number for number in range(1, count + 1) if number not in self._done]
        for start in range(0, len(todo), _PARTS_AT_ONCE):
            parts = [
                await asyncio.to_thread(_measure_part, self._content, number, size)
                for number in todo[start : start + _PARTS_AT_ONCE]
            ]
            grants = await self._rights.grant_parts(self._content, plan.upload_id, parts)
            await run_all(
                self._send_part(part, grant, size)
                for part, grant in zip(parts, grants, strict=True)
            )
        await self._rights.complete(
            self._content, plan.upload_id, [self._done[number] for number in sorted(self._done)]
        )

    async def _send_part(self, part: FilePart, grant: TransferGrant, part_size: int) -> None:
        blocks = _read_blocks(self._content.file, (part.number - 1) * part_size, part.size)
        etag = await self._store.upload(grant, blocks, size=part.size, sha256=part.sha256)
        if not etag:
            raise CorruptTransferError("the artifact store answered a part without its ETag")
        self._done[part.number] = UploadedPart(number=part.number, etag=etag, sha256=part.sha256)


def _measure_part(content: OutputContent, number: int, part_size: int) -> FilePart:
    begin = (number - 1) * part_size
    left = size = min(part_size, content.size - begin)
    digest = hashlib.sha256()
    with content.file.open("rb") as file:
        file.seek(begin)
        while left and (block := file.read(min(_BLOCK, left))):
            digest.update(block)
            left -= len(block)
    return FilePart(number=number, size=size, sha256=digest.hexdigest())


async def _read_blocks(path: Path, begin: int, size: int) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        file.seek(begin)
        left = size
        while left and (block := await asyncio.to_thread(file.read, min(_BLOCK, left))):
            left -= len(block)
            yield block
