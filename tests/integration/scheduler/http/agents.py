"""The other side of the agent protocol, one step at a time."""

import gzip
import hashlib
import itertools
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from mlmon_shared.clients.agent_protocol import PROTOCOL_HEADERS, AgentProtocolClient
from mlmon_shared.clients.transport import Transport
from mlmon_shared.ids import new_id
from mlmon_shared.wire.agent_protocol import (
    Accept,
    AttemptSpec,
    Beat,
    BeatAnswer,
    Grant,
    Held,
    Poll,
    PollAnswer,
    Result,
    ResultAnswer,
    Results,
    Sync,
    SyncAnswer,
    TransferGrant,
    Vector,
)
from mlmon_shared.wire.log_archives import LogRecord, LogUpload, LogUploadAnswer, pack_chunk
from mlmon_shared.wire.registrations import InstanceIdentity, Registered, Registration
from mlmon_shared.wire.runs import ArtifactDocument
from mlmon_shared.wire.states import AttemptState, Cause

HUGE = Vector(cpu_milli=10**6, memory=2**40, gpus=16, disk=2**44)


@dataclass
class Started:
    """An attempt that was accepted."""

    grant: Grant
    spec: AttemptSpec

    @property
    def attempt_id(self) -> str:
        return f"{self.grant.run_id}.{self.grant.attempt}"


class FakeAgent:
    """Speaks the agent protocol as a worker-agent would, and runs nothing.

    Without a bootstrap token it registers by an identity.
    """

    def __init__(self, url: str, bootstrap: str | None, http: httpx.AsyncClient) -> None:
        self._url = url
        self._http = http
        self._bootstrap = bootstrap
        self._poll_seqs = itertools.count(1)
        self._log_ends: dict[tuple[str, str], dict[int, int]] = defaultdict(dict)
        self.registered: Registered
        self.client: AgentProtocolClient

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.registered.token}", **PROTOCOL_HEADERS}

    async def register(
        self,
        *,
        agent_id: str | None = None,
        boot_id: str = "boot-1",
        capacity: Vector = HUGE,
        identity: InstanceIdentity | None = None,
    ) -> "FakeAgent":
        registration = Registration(
            agent_id=agent_id,
            host="host-1",
            boot_id=boot_id,
            capacity=capacity,
            runtime="process",
            agent_version="1",
            identity=identity,
        )
        self.registered = await self._client(self._bootstrap).register(registration)
        self.client = self._client(self.registered.token)
        return self

    async def poll(
        self, *, maximum: int = 1, seconds: float = 10.0, seq: int | None = None
    ) -> PollAnswer:
        poll = Poll(
            session=self.registered.session,
            poll_seq=next(self._poll_seqs) if seq is None else seq,
            free=HUGE,
            maximum=maximum,
            timeout_seconds=seconds,
        )
        return await self.client.poll(poll)

    async def lease(self) -> Grant:
        (grant,) = (await self.poll()).grants
        return grant

    async def accept(self, grant: Grant) -> Started:
        accept = Accept(session=self.registered.session, attempt=grant.attempt, fence=grant.fence)
        return Started(grant, await self.client.accept(grant.run_id, accept))

    async def start(self) -> Started:
        return await self.accept(await self.lease())

    async def upload(self, started: Started, path: str, content: bytes) -> ArtifactDocument:
        (output,) = [item for item in started.spec.outputs if item.output.path == path]
        assert output.upload is not None
        await self.client.upload(output.upload, _pieces(content))
        return ArtifactDocument(
            path=path,
            kind=output.output.kind.value,
            size=len(content),
            sha256=hashlib.sha256(content).hexdigest(),
        )

    async def download(self, grant: TransferGrant) -> bytes:
        return b"".join([piece async for piece in self.client.download(grant)])

    async def report(
        self,
        started: Started,
        state: AttemptState = AttemptState.SUCCEEDED,
        **facts: Any,
    ) -> ResultAnswer:
        return await self.send(result_of(started, state, **facts))

    async def send(self, result: Result) -> ResultAnswer:
        results = Results(session=self.registered.session, results=[result])
        (answer,) = (await self.client.send_results(results)).answers
        return answer

    async def fail(
        self, started: Started, cause: Cause = Cause.USER_ERROR, *, exit_code: int = 1
    ) -> ResultAnswer:
        return await self.report(
            started, AttemptState.FAILED, cause=cause, exit_code=exit_code, reason="It broke."
        )

    async def publish(self, files: Mapping[str, bytes]) -> str:
        """Run the next run to its success and return its id."""
        started = await self.start()
        artifacts = [await self.upload(started, path, data) for path, data in files.items()]
        answer = await self.report(started, artifacts=artifacts)
        assert (answer.status, answer.run_state) == ("accepted", "succeeded"), answer
        return started.grant.run_id

    async def beat(
        self,
        *held: Held,
        is_draining: bool = False,
        gpu_faults: Mapping[str, str] | None = None,
        refusal: str = "",
        update_fault: str = "",
    ) -> BeatAnswer:
        return await self.client.beat(
            Beat(
                session=self.registered.session,
                held=list(held),
                is_draining=is_draining,
                gpu_faults=dict(gpu_faults or {}),
                refusal=refusal,
                update_fault=update_fault,
            )
        )

    async def sync(self, *held: Held, results: Sequence[Result] = ()) -> SyncAnswer:
        sync = Sync(session=self.registered.session, held=list(held), results=list(results))
        return await self.client.sync(sync)

    async def log(
        self,
        started: Started,
        seq: int,
        text: str,
        *,
        stream: str = "stdout",
        offset: int | None = None,
        missing: int = 0,
    ) -> None:
        """Send a chunk, which follows on the one before it unless an offset is given."""
        gzipped = gzip.compress(text.encode())
        ends = self._log_ends[started.attempt_id, stream]
        begin = ends.get(seq, 0) if offset is None else offset
        ends[seq + 1] = begin + (missing or len(text.encode()))
        await self.client.put_log_chunk(
            started.attempt_id,
            stream,
            seq,
            offset=begin,
            gzipped=gzipped,
            missing=missing,
            fence=started.grant.fence,
        )

    async def archive(self, started: Started, seq: int, *records: LogRecord) -> LogUploadAnswer:
        """Put a chunk into the archive, as far as the scheduler lets it."""
        packed = pack_chunk(records)
        upload = LogUpload(
            session=self.registered.session,
            fence=started.grant.fence,
            seq=seq,
            size=len(packed),
            sha256=hashlib.sha256(packed).hexdigest(),
        )
        answer = await self.client.archive_log(started.attempt_id, upload)
        if answer.upload is not None:
            await self.client.upload(answer.upload, _pieces(packed))
        return answer

    def _client(self, token: str | None) -> AgentProtocolClient:
        return AgentProtocolClient(Transport(self._url, token=token, tries=1, http=self._http))


def result_of(
    started: Started, state: AttemptState = AttemptState.SUCCEEDED, **facts: Any
) -> Result:
    if state is AttemptState.SUCCEEDED:
        facts = {"exit_code": 0, **facts}
    return Result(
        run_id=started.grant.run_id,
        attempt=started.grant.attempt,
        fence=started.grant.fence,
        event_id=new_id(),
        state=state,
        **facts,
    )


def held(started: Started, phase: AttemptState = AttemptState.RUNNING, **facts: Any) -> Held:
    return Held(
        run_id=started.grant.run_id,
        attempt=started.grant.attempt,
        fence=started.grant.fence,
        phase=phase,
        **facts,
    )


async def _pieces(content: bytes) -> AsyncIterator[bytes]:
    yield content
