"""The scheduler, reached over HTTP."""

import gzip
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Self, cast

from mlmon_shared.clients.agent_protocol import AgentProtocolClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import UnauthenticatedError
from mlmon_shared.wire.agent_protocol import (
    Accept,
    AttemptSpec,
    Beat,
    BeatAnswer,
    Held,
    Poll,
    PollAnswer,
    Result,
    Results,
    ResultsAnswer,
    Sync,
    SyncAnswer,
    TransferGrant,
    Vector,
)
from mlmon_shared.wire.images import MARKS_LIMIT, image_mark
from mlmon_shared.wire.log_archives import LogUpload
from mlmon_shared.wire.registrations import Registered, Registration
from mlmon_shared.wire.uploads import (
    FilePart,
    FileUpload,
    PartsUpload,
    UploadCompletion,
    UploadedPart,
    UploadPlan,
)
from mlmon_worker_agent.adapters.instance_identities import InstanceIdentities, explain_refusal
from mlmon_worker_agent.domain.attempts import AttemptRef, ChunkPosition

_FASTEST = 1  # a live tail is worth little processor time


class HttpScheduler:
    """Implements `Scheduler` with the client of the agent protocol.

    Args:
        server_url: Of the scheduler, or of the proxy before it.
        credential: Only registers: a bootstrap token, or what is shown in place of one.
        registration: What this agent says of itself.
    """

    def __init__(
        self, server_url: str, credential: str | InstanceIdentities, registration: Registration
    ) -> None:
        token = credential if isinstance(credential, str) else None
        self._identities = credential if not isinstance(credential, str) else None
        self._registration = registration
        self._bootstrap_transport = Transport(server_url, token=token)
        self._transport = Transport(server_url)
        # Grants carry their own right; our token must not reach an artifact store.
        self._files_transport = Transport(server_url)
        self._bootstrap = AgentProtocolClient(self._bootstrap_transport)
        self._client = AgentProtocolClient(self._transport)
        self._files = AgentProtocolClient(self._files_transport)

    async def __aenter__(self) -> Self:
        """Return the scheduler itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        for transport in (self._bootstrap_transport, self._transport, self._files_transport):
            await transport.aclose()

    def use(self, token: str) -> None:
        """Send this token with the calls to come."""
        self._transport.token = token

    async def register(self, *, agent_id: str | None) -> Registered:
        """Begin a session."""
        more: dict[str, object] = {"agent_id": agent_id} if agent_id is not None else {}
        if self._identities is None:
            return await self._bootstrap.register(_with(self._registration, more))
        more["identity"] = await self._identities.read()
        try:
            return await self._bootstrap.register(_with(self._registration, more))
        except UnauthenticatedError as error:
            raise explain_refusal(error) from error

    async def poll(
        self,
        session: str,
        *,
        seq: int,
        free: Vector,
        maximum: int,
        timeout_seconds: float,
        images: Sequence[str],
    ) -> PollAnswer:
        """Wait for grants or directives; `images` are names of those on the host."""
        return await self._client.poll(
            Poll(
                session=session,
                poll_seq=seq,
                free=free,
                maximum=maximum,
                timeout_seconds=timeout_seconds,
                images=[image_mark(name) for name in images[:MARKS_LIMIT]],
            )
        )

    async def beat(self, beat: Beat) -> BeatAnswer:
        """Say what is held."""
        return await self._client.beat(beat)

    async def accept(self, session: str, ref: AttemptRef) -> AttemptSpec:
        """Accept a grant, or fetch its spec with fresh transfer grants."""
        return await self._client.accept(
            ref.run_id, Accept(session=session, attempt=ref.number, fence=ref.fence)
        )

    async def send_results(self, session: str, results: Sequence[Result]) -> ResultsAnswer:
        """Report how attempts ended."""
        return await self._client.send_results(Results(session=session, results=list(results)))

    async def sync(
        self, session: str, held: Sequence[Held], results: Sequence[Result]
    ) -> SyncAnswer:
        """Say everything held and journaled."""
        return await self._client.sync(
            Sync(session=session, held=list(held), results=list(results))
        )

    async def put_log_chunk(
        self, ref: AttemptRef, stream: str, position: ChunkPosition, content: bytes
    ) -> None:
        """Send one chunk of the live log."""
        await self._client.put_log_chunk(
            ref.attempt_id,
            stream,
            position.seq,
            offset=position.offset,
            gzipped=gzip.compress(content, _FASTEST),
            # What does not have the length of its place says what is missing there.
            missing=position.length if len(content) != position.length else 0,
            fence=ref.fence,
        )

    async def archive_log(self, session: str, ref: AttemptRef, seq: int, packed: bytes) -> None:
        """Store one chunk of the log in the archive; tried once."""
        size, digest = len(packed), hashlib.sha256(packed).hexdigest()
        answer = await self._client.archive_log(
            ref.attempt_id,
            LogUpload(session=session, fence=ref.fence, seq=seq, size=size, sha256=digest),
        )
        if answer.upload is not None:
            await self.upload(answer.upload, _once(packed), size=size, sha256=digest)

    async def drain(self, session: str) -> None:
        """Say that no new attempt is taken."""
        await self._client.drain(session)

    async def deregister(self, session: str) -> None:
        """End the session."""
        await self._client.deregister(session)

    async def begin_upload(
        self, session: str, ref: AttemptRef, path: str, *, size: int, sha256: str
    ) -> UploadPlan:
        """Ask how an output gets into the store."""
        return await self._client.begin_upload(
            ref.run_id,
            FileUpload(
                session=session,
                attempt=ref.number,
                fence=ref.fence,
                path=path,
                size=size,
                sha256=sha256,
            ),
        )

    async def grant_parts(
        self, session: str, ref: AttemptRef, path: str, upload_id: str, parts: Sequence[FilePart]
    ) -> list[TransferGrant]:
        """Ask for the right to upload some parts of an output."""
        answer = await self._client.grant_parts(
            ref.run_id,
            PartsUpload(
                session=session,
                attempt=ref.number,
                fence=ref.fence,
                path=path,
                upload_id=upload_id,
                parts=list(parts),
            ),
        )
        return answer.grants

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
        """Have the parts of an output put together."""
        await self._client.complete_upload(
            ref.run_id,
            UploadCompletion(
                session=session,
                attempt=ref.number,
                fence=ref.fence,
                path=path,
                upload_id=upload_id,
                size=size,
                sha256=sha256,
                parts=list(parts),
            ),
        )

    async def upload(
        self, grant: TransferGrant, content: AsyncIterator[bytes], *, size: int, sha256: str
    ) -> str:
        """Send a file or a part, tried once; return the ETag that was answered, if any."""
        # S3 refuses a body whose length it does not know beforehand.
        extra: Mapping[str, str] = {"Content-Length": str(size), "X-Content-SHA256": sha256}
        headers = grant.headers | dict(extra)
        return await self._files.upload(grant.model_copy(update={"headers": headers}), content)

    def download(self, grant: TransferGrant) -> AsyncGenerator[bytes, None]:
        """Receive a file in pieces; tried once."""
        # The client's method is an async generator, which its annotation does not say.
        return cast("AsyncGenerator[bytes, None]", self._files.download(grant))


def _with(registration: Registration, more: Mapping[str, object]) -> Registration:
    said = registration.model_dump(exclude_unset=True) | dict(more)
    return Registration.model_validate(said)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
