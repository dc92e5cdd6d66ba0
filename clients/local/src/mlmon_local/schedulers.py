"""What answers an attempt where there is no scheduler: the terminal and folders."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Final

from mlmon_shared.wire.agent_protocol import (
    AttemptSpec,
    Held,
    Result,
    ResultAnswer,
    ResultsAnswer,
    SyncAnswer,
    TransferGrant,
)
from mlmon_shared.wire.registrations import Registered
from mlmon_shared.wire.uploads import FilePart, UploadedPart, UploadPlan
from mlmon_worker_agent.domain.attempts import AttemptRef, ChunkPosition
from mlmon_worker_agent.domain.errors import DiskFullError, TransferError

FOR_EVER_SECONDS: Final = 1e9
KILL_GRACE_SECONDS: Final = 10.0
_EPOCH: Final = 1
_START: Final = "0-0"
_BLOCK: Final = 1024 * 1024


class LocalScheduler:
    """Implements `AttemptScheduler` for one spec on this machine.

    Args:
        spec: Whose grants name files by their paths.
        streams: Get the command's output, by `stdout` and `stderr`.
    """

    def __init__(self, spec: AttemptSpec, streams: Mapping[str, BinaryIO]) -> None:
        self._spec = spec
        self._streams = dict(streams)

    def use(self, token: str) -> None:
        """Take a token; nobody asks for it here."""

    async def register(self, *, agent_id: str | None) -> Registered:
        """Begin a session that never ends by itself."""
        return Registered(
            agent_id=agent_id or "local",
            session="local",
            token="",
            pool="local",
            poll_timeout_seconds=FOR_EVER_SECONDS,
            beat_interval_seconds=FOR_EVER_SECONDS,
            stop_after_seconds=FOR_EVER_SECONDS,
            kill_grace_seconds=KILL_GRACE_SECONDS,
        )

    async def accept(self, session: str, ref: AttemptRef) -> AttemptSpec:
        """Return the spec."""
        return self._spec

    async def send_results(self, session: str, results: Sequence[Result]) -> ResultsAnswer:
        """Accept results."""
        return ResultsAnswer(answers=_accepted(results), epoch=_EPOCH)

    async def sync(
        self, session: str, held: Sequence[Held], results: Sequence[Result]
    ) -> SyncAnswer:
        """Accept results; what is held stays held."""
        return SyncAnswer(answers=_accepted(results), epoch=_EPOCH, durable_watermark=_START)

    async def put_log_chunk(
        self, ref: AttemptRef, stream: str, position: ChunkPosition, content: bytes
    ) -> None:
        """Write output to its stream; whoever stops reading does not stop the command."""
        target = self._streams.get(stream)
        if target is None:
            return
        try:
            target.write(content)
            target.flush()
        except BrokenPipeError:
            del self._streams[stream]

    async def begin_upload(
        self, session: str, ref: AttemptRef, path: str, *, size: int, sha256: str
    ) -> UploadPlan:
        """Refuse, as the two below: the spec grants every upload, and nothing is in its place."""
        raise _no_store(path)

    async def grant_parts(
        self, session: str, ref: AttemptRef, path: str, upload_id: str, parts: Sequence[FilePart]
    ) -> list[TransferGrant]:
        """Refuse."""
        raise _no_store(path)

    async def complete_upload(
        self,
        session: str,
        ref: AttemptRef,
        path: str,
        upload_id: str,
        *,
        size: int,
        sha256: str,
        parts: Sequence[UploadedPart],
    ) -> None:
        """Refuse."""
        raise _no_store(path)

    async def archive_log(self, session: str, ref: AttemptRef, seq: int, packed: bytes) -> None:
        """Keep nothing: what the command wrote was on the terminal."""

    async def upload(
        self, grant: TransferGrant, content: AsyncIterator[bytes], *, size: int, sha256: str
    ) -> str:
        """Copy an output to its place; it appears only once it is complete.

        Raises:
            DiskFullError: It cannot be written.
        """
        target = Path(grant.url)
        part = target.with_name(f".{target.name}.part")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with part.open("wb") as file:
                async for block in content:
                    await asyncio.to_thread(file.write, block)
            part.replace(target)
        except OSError as error:
            raise DiskFullError(
                f"The output {target} could not be written: {error.strerror}."
            ) from error
        return ""

    async def download(self, grant: TransferGrant) -> AsyncGenerator[bytes, None]:
        """Yield the bytes of an input.

        Raises:
            TransferError: It cannot be read.
        """
        source = Path(grant.url)
        try:
            with await asyncio.to_thread(source.open, "rb") as file:
                while block := await asyncio.to_thread(file.read, _BLOCK):
                    yield block
        except OSError as error:
            raise TransferError(
                f"The input {grant.url} could not be read: {error.strerror}."
            ) from error


def _no_store(path: str) -> TransferError:
    return TransferError(f"The output {path} was granted no place to go to.")


def _accepted(results: Sequence[Result]) -> list[ResultAnswer]:
    return [
        ResultAnswer(
            run_id=result.run_id,
            attempt=result.attempt,
            fence=result.fence,
            status="accepted",
            position=_START,
        )
        for result in results
    ]
