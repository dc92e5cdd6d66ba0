"""`/agent/v1`: what worker-agents say (see docs/agent-protocol.md)."""

import asyncio
import zlib
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Header, Query, Request, status

from mlmon_scheduler.api.deps import (
    AccepterDep,
    AdopterDep,
    AgentServerDep,
    BootstrapAgent,
    CurrentAgent,
    LogArchiveDep,
    LogTailsDep,
)
from mlmon_shared.errors import (
    ConflictError,
    ForbiddenError,
    InvalidRequestError,
    PayloadTooLargeError,
    StaleFenceError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.accepting import Accepts, AcceptsAnswer, GrantRef
from mlmon_shared.wire.agent_protocol import (
    Accept,
    AttemptSpec,
    Beat,
    BeatAnswer,
    Poll,
    PollAnswer,
    Results,
    ResultsAnswer,
    Sync,
    SyncAnswer,
)
from mlmon_shared.wire.log_archives import LogUpload, LogUploadAnswer
from mlmon_shared.wire.registrations import Registered, Registration

LOG_CHUNK_LIMIT: Final = 2**20

_ALWAYS = (UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError)
router = APIRouter(prefix="/agent/v1", tags=["agent"], responses=problem_responses(*_ALWAYS))


@router.post(
    "/register", responses=problem_responses(ConflictError), openapi_extra={"security": [{}]}
)
async def register_agent(
    registration: Registration, agents: AgentServerDep, principal: BootstrapAgent
) -> Registered:
    """Begin a session, with a bootstrap token of scope `agent`, or without by an `identity`."""
    return await agents.register_agent(registration, principal)


@router.post("/poll")
async def poll_work(
    poll: Poll, request: Request, agents: AgentServerDep, agent: CurrentAgent
) -> PollAnswer:
    """Wait for grants or directives."""
    disconnected = asyncio.create_task(_disconnection(request))
    try:
        return await agents.poll(agent, poll, disconnected)
    finally:
        disconnected.cancel()


@router.post("/beat")
async def beat_agent(beat: Beat, agents: AgentServerDep, agent: CurrentAgent) -> BeatAnswer:
    """Take a sign of life with all that the agent holds."""
    return await agents.beat(agent, beat)


@router.post("/runs/{run_id}/accept", responses=problem_responses(StaleFenceError))
async def accept_attempt(
    run_id: str, accept: Accept, accepter: AccepterDep, agent: CurrentAgent
) -> AttemptSpec:
    """Accept a grant; the agent starts nothing before this was answered."""
    grant = GrantRef(run_id=run_id, attempt=accept.attempt, fence=accept.fence)
    return await accepter.accept_attempt(agent.agent_id, grant, pool=agent.pool)


@router.post("/accept")
async def accept_attempts(
    accepts: Accepts, accepter: AccepterDep, agent: CurrentAgent
) -> AcceptsAnswer:
    """Accept several grants at once; each is answered for itself."""
    answers = await accepter.accept_attempts(agent.agent_id, accepts.grants, pool=agent.pool)
    return AcceptsAnswer(answers=answers)


@router.post("/results")
async def complete_attempts(
    results: Results, request: Request, adopter: AdopterDep, agent: CurrentAgent
) -> ResultsAnswer:
    """Take how attempts ended; idempotent."""
    answer = await adopter.complete_attempts(results.results, agent)
    request.app.state.wake_fan_out()
    return answer


@router.post("/sync")
async def sync_agent(
    sync: Sync, request: Request, agents: AgentServerDep, agent: CurrentAgent
) -> SyncAnswer:
    """Take all that an agent holds and has finished, after a restart or in a new epoch."""
    answer = await agents.sync(agent, sync)
    request.app.state.wake_fan_out()
    return answer


@router.post("/drain", status_code=status.HTTP_204_NO_CONTENT)
async def drain_agent(agents: AgentServerDep, agent: CurrentAgent) -> None:
    """Grant this agent nothing more."""
    await agents.drain(agent)


@router.post("/deregister", status_code=status.HTTP_204_NO_CONTENT)
async def deregister_agent(agents: AgentServerDep, agent: CurrentAgent) -> None:
    """End the session."""
    await agents.deregister(agent)


@router.put(
    "/logs/{attempt_id}/{stream}/{seq}",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problem_responses(PayloadTooLargeError, StaleFenceError),
)
async def append_log(
    attempt_id: str,
    stream: Literal["stdout", "stderr"],
    seq: int,
    request: Request,
    tails: LogTailsDep,
    agents: AgentServerDep,
    agent: CurrentAgent,
    offset: Annotated[int, Query(ge=0)] = 0,
    missing: Annotated[int, Query(ge=0, description="Bytes that it stands in for.")] = 0,
    fence: Annotated[str, Query(max_length=100, description="Of the attempt's lease.")] = "",
    content_encoding: Annotated[str | None, Header()] = None,
) -> None:
    """Append one chunk to an attempt's live tail; the same `seq` again changes nothing."""
    body = await request.body()
    data = _gunzip(body) if content_encoding == "gzip" else body
    if len(data) > LOG_CHUNK_LIMIT:
        raise PayloadTooLargeError(
            f"a log chunk may have {LOG_CHUNK_LIMIT} bytes", limit=LOG_CHUNK_LIMIT
        )
    await agents.check_holder(agent, attempt_id)
    await tails.append(
        attempt_id, stream, seq, offset=offset, data=data, missing=missing, fence=fence
    )


@router.post("/logs/{attempt_id}/archive", responses=problem_responses(StaleFenceError))
async def archive_log(
    attempt_id: str,
    upload: LogUpload,
    archive: LogArchiveDep,
    agents: AgentServerDep,
    agent: CurrentAgent,
) -> LogUploadAnswer:
    """Return the right to put a chunk of an attempt's log into the artifact store."""
    await agents.check_holder(agent, attempt_id)
    return await archive.begin_upload(attempt_id, upload)


async def _disconnection(request: Request) -> None:
    """Return when the caller has gone; the body was read already."""
    while (await request.receive())["type"] != "http.disconnect":
        continue


def _gunzip(body: bytes) -> bytes:
    """Return the unpacked chunk, or the limit and one byte of one that is too large."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, LOG_CHUNK_LIMIT + 1)
    except zlib.error as error:
        raise InvalidRequestError("the chunk is not gzip, as its Content-Encoding says") from error
    if not unpacker.eof and len(data) <= LOG_CHUNK_LIMIT:
        raise InvalidRequestError("the chunk is cut off: its gzip has no end")
    return data
