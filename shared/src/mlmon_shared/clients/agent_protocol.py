"""The client of the agent protocol: what a worker-agent says to the scheduler."""

from collections.abc import AsyncIterator
from typing import Final
from urllib.parse import quote

from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.accepting import Accepts, AcceptsAnswer
from mlmon_shared.wire.agent_protocol import (
    PROTOCOL_HEADER,
    PROTOCOL_VERSION,
    Accept,
    AttemptSpec,
    Beat,
    BeatAnswer,
    Poll,
    PollAnswer,
    Results,
    ResultsAnswer,
    SessionRequest,
    Sync,
    SyncAnswer,
    TransferGrant,
)
from mlmon_shared.wire.log_archives import LogUpload, LogUploadAnswer
from mlmon_shared.wire.registrations import Registered, Registration
from mlmon_shared.wire.uploads import (
    FileUpload,
    PartGrants,
    PartsUpload,
    UploadCompletion,
    UploadPlan,
)

_COMPLETE_SECONDS: Final = 120.0
"""S3 may take so long to put thousands of parts together."""
PROTOCOL_HEADERS = {PROTOCOL_HEADER: PROTOCOL_VERSION}


class AgentProtocolClient:
    """Typed calls of the agent protocol; each raises the errors that the scheduler raised.

    Args:
        transport: With the session's token; `register` is called on one with the
            bootstrap token.
    """

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def register(self, registration: Registration) -> Registered:
        """Begin a session."""
        return await self._transport.call(
            Registered,
            "POST",
            "/agent/v1/register",
            json=registration,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def poll(self, poll: Poll) -> PollAnswer:
        """Wait for grants or directives; returns empty when the poll's time is up."""
        return await self._transport.call(
            PollAnswer,
            "POST",
            "/agent/v1/poll",
            json=poll,
            headers=PROTOCOL_HEADERS,
            timeout_seconds=poll.timeout_seconds + 10.0,
        )

    async def beat(self, beat: Beat) -> BeatAnswer:
        """Say what is held; tried once, since the next beat says it again."""
        return await self._transport.call(
            BeatAnswer, "POST", "/agent/v1/beat", json=beat, headers=PROTOCOL_HEADERS
        )

    async def accept(self, run_id: str, accept: Accept) -> AttemptSpec:
        """Accept a grant; nothing may be started before this returns."""
        return await self._transport.call(
            AttemptSpec,
            "POST",
            f"/agent/v1/runs/{quote(run_id, safe='')}/accept",
            json=accept,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def accept_all(self, accepts: Accepts) -> AcceptsAnswer:
        """Accept several grants; only what is answered `accepted` may be started."""
        return await self._transport.call(
            AcceptsAnswer,
            "POST",
            "/agent/v1/accept",
            json=accepts,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def send_results(self, results: Results) -> ResultsAnswer:
        """Report how attempts ended; idempotent."""
        return await self._transport.call(
            ResultsAnswer,
            "POST",
            "/agent/v1/results",
            json=results,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def sync(self, sync: Sync) -> SyncAnswer:
        """Say everything held and journaled."""
        return await self._transport.call(
            SyncAnswer,
            "POST",
            "/agent/v1/sync",
            json=sync,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def put_log_chunk(
        self,
        attempt_id: str,
        stream: str,
        seq: int,
        *,
        offset: int,
        gzipped: bytes,
        missing: int = 0,
        fence: str = "",
    ) -> None:
        """Send one chunk of the live log tail; the same `seq` again changes nothing.

        Args:
            attempt_id: `<run>.<attempt>`.
            stream: `stdout` or `stderr`.
            seq: Of the chunk in its stream.
            offset: Of its first byte.
            gzipped: The chunk.
            missing: How many bytes of output it stands in for; 0 when it is output itself.
            fence: Of the attempt's lease.
        """
        await self._transport.send(
            "PUT",
            f"/agent/v1/logs/{quote(attempt_id, safe='')}/{stream}/{seq}",
            content=gzipped,
            params={"offset": offset, "missing": missing or None, "fence": fence or None},
            headers={"Content-Encoding": "gzip", **PROTOCOL_HEADERS},
        )

    async def archive_log(self, attempt_id: str, upload: LogUpload) -> LogUploadAnswer:
        """Ask where to put a chunk of an attempt's log; nothing is promised by it."""
        return await self._transport.call(
            LogUploadAnswer,
            "POST",
            f"/agent/v1/logs/{quote(attempt_id, safe='')}/archive",
            json=upload,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def drain(self, session: str) -> None:
        """Say that this agent takes no new attempt."""
        await self._transport.send(
            "POST",
            "/agent/v1/drain",
            json=SessionRequest(session=session),
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def deregister(self, session: str) -> None:
        """End the session; what is still held counts as lost."""
        await self._transport.send(
            "POST",
            "/agent/v1/deregister",
            json=SessionRequest(session=session),
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def begin_upload(self, run_id: str, upload: FileUpload) -> UploadPlan:
        """Ask how a file gets into the store."""
        return await self._transport.call(
            UploadPlan,
            "POST",
            f"/agent/v1/runs/{quote(run_id, safe='')}/uploads",
            json=upload,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def grant_parts(self, run_id: str, upload: PartsUpload) -> PartGrants:
        """Ask for the right to upload some parts of a file."""
        return await self._transport.call(
            PartGrants,
            "POST",
            f"/agent/v1/runs/{quote(run_id, safe='')}/uploads/parts",
            json=upload,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
        )

    async def complete_upload(self, run_id: str, upload: UploadCompletion) -> None:
        """Have the parts of a file put together."""
        await self._transport.send(
            "POST",
            f"/agent/v1/runs/{quote(run_id, safe='')}/uploads/complete",
            json=upload,
            headers=PROTOCOL_HEADERS,
            repeatable=True,
            timeout_seconds=_COMPLETE_SECONDS,
        )

    async def upload(self, grant: TransferGrant, content: AsyncIterator[bytes]) -> str:
        """Send a file by an upload grant; tried once, since the content is a stream.

        Returns:
            The ETag that the store answered; empty without one.
        """
        async with self._transport.stream(
            grant.method, grant.url, headers=grant.headers, content=content
        ) as response:
            return str(response.headers.get("ETag", ""))

    async def download(self, grant: TransferGrant) -> AsyncIterator[bytes]:
        """Receive a file by a download grant, in pieces."""
        async with self._transport.stream(
            grant.method, grant.url, headers=grant.headers
        ) as response:
            async for piece in response.aiter_bytes():
                yield piece
