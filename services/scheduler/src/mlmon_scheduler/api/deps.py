"""What routes ask for."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mlmon_scheduler.application.accept_attempts import AttemptAccepter
from mlmon_scheduler.application.adopt_attempts import AttemptAdopter
from mlmon_scheduler.application.archive_logs import LogArchive
from mlmon_scheduler.application.attempt_ports import (
    ArtifactStore,
    GrantedTransfers,
    LogTails,
)
from mlmon_scheduler.application.attempt_rights import AttemptRights
from mlmon_scheduler.application.backfills import BackfillManager
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.explain_runs import RunExplainer
from mlmon_scheduler.application.fire_schedules import FiringReader
from mlmon_scheduler.application.follow_logs import LogReader
from mlmon_scheduler.application.grant_uploads import UploadGranter
from mlmon_scheduler.application.hold_runs import RunHolder
from mlmon_scheduler.application.identify_instances import InstanceIdentifier
from mlmon_scheduler.application.manage_agents import AgentManager
from mlmon_scheduler.application.manage_breakers import BreakerManager
from mlmon_scheduler.application.overview_queues import QueueOverviewer
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.rerun_runs import Rerunner
from mlmon_scheduler.application.serve_agents import AgentServer
from mlmon_scheduler.application.submit_batches import BatchSubmitter
from mlmon_scheduler.application.submit_runs import RunSubmitter
from mlmon_scheduler.application.watch_memory import MemoryWatcher
from mlmon_scheduler.domain.signatures import AgentSession, Signer
from mlmon_shared.errors import InvalidRequestError, NotFoundError, UnauthenticatedError
from mlmon_shared.http.auth import RequiredScope
from mlmon_shared.principals import AttemptIdentity, Principal
from mlmon_shared.wire.agent_protocol import PROTOCOL_HEADER, PROTOCOL_VERSION
from mlmon_shared.wire.registrations import InstanceIdentity
from mlmon_shared.wire.states import Scope
from mlmon_shared.wire.validation import validate

_session_bearer = HTTPBearer(
    auto_error=False, scheme_name="AgentSession", description="The token of a registration."
)


Protocol = Annotated[str, Header(alias=PROTOCOL_HEADER, description="Version of the protocol.")]


def _check_room(request: Request) -> None:
    memory: MemoryWatcher = request.app.state.memory_watcher
    memory.check_room()


NEEDS_ROOM = [Depends(_check_room)]
"""Of routes that create runs."""


def _check_protocol(version: str) -> None:
    """Refuse an agent that speaks another version, or does not say which."""
    if version != PROTOCOL_VERSION:
        raise InvalidRequestError(
            f"header {PROTOCOL_HEADER}: this scheduler speaks version {PROTOCOL_VERSION}, not "
            f'"{version[:20]}"; install an agent that does'
        )


async def _find_instance(request: Request) -> Principal | None:
    """Return the instance whose identity is in the body of the request."""
    try:
        body = await request.json()
    except ValueError:
        return None
    shown = body.get("identity") if isinstance(body, dict) else None
    if shown is None:
        return None
    identity = validate(InstanceIdentity, shown, at="/identity", shows_values=False)
    identifier: InstanceIdentifier = request.app.state.instance_identifier
    return identifier.identify(identity)


async def _bootstrap_agent(
    principal: Annotated[Principal, Depends(RequiredScope(Scope.AGENT, proof=_find_instance))],
    mlmon_protocol: Protocol = "",
) -> Principal:
    _check_protocol(mlmon_protocol)
    return principal


async def _current_agent(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_session_bearer)],
    mlmon_protocol: Protocol = "",
) -> AgentSession:
    signer: Signer = request.app.state.signer
    found = signer.find_session(credentials.credentials) if credentials is not None else None
    if found is None:
        raise UnauthenticatedError("send the session's token; register to get one")
    _check_protocol(mlmon_protocol)
    return found


def _state(name: str) -> Callable[[Request], Coroutine[Any, Any, Any]]:
    """Return a dependency that yields what the app keeps under this name."""

    async def read(request: Request) -> Any:  # noqa: ANN401 - the alias below says what it is
        return getattr(request.app.state, name)

    return read


async def _granted_transfers(request: Request) -> GrantedTransfers:
    found: GrantedTransfers | None = request.app.state.granted_transfers
    if found is None:
        raise NotFoundError("artifacts are in S3 here, and moved by what S3 has signed")
    return found


async def _guard(request: Request, principal: Principal) -> None:
    """Hide the run or batch that the path names from a token that does not see it."""
    reader: RunReader = request.app.state.run_reader
    named = request.path_params
    if (run_id := named.get("run_id")) is not None:
        await reader.get_run(run_id, principal.visibility)
    if (batch_id := named.get("batch_id")) is not None:
        await reader.get_batch(batch_id, principal.visibility)


async def _guard_own_run(request: Request, principal: Principal) -> None:
    """Let an attempt see its own run, and others what they see."""
    if principal.attempt is None:
        return await _guard(request, principal)
    rights: AttemptRights = request.app.state.attempt_rights
    return await rights.check_run(principal.attempt, request.path_params["run_id"])


async def _guard_input(request: Request, principal: Principal) -> None:
    """Let an attempt have the files of its inputs, and others what they see."""
    if principal.attempt is None:
        return await _guard(request, principal)
    rights: AttemptRights = request.app.state.attempt_rights
    named = request.path_params
    return await rights.check_input(principal.attempt, named["run_id"], named["path"])


async def _current_attempt(
    principal: Annotated[
        Principal, Depends(RequiredScope(guard=_guard_own_run, takes_attempts=True))
    ],
) -> AttemptIdentity:
    if principal.attempt is None:
        raise UnauthenticatedError("send the token of the attempt: MLMON_TOKEN in its environment")
    return principal.attempt


# Of tokens with and without limits; the other aliases refuse those with limits.
AnyReader = Annotated[Principal, Depends(RequiredScope(Scope.READER, guard=_guard))]
AnySubmitter = Annotated[Principal, Depends(RequiredScope(Scope.SUBMITTER, guard=_guard))]
AnyReaderOrAttempt = Annotated[
    Principal, Depends(RequiredScope(Scope.READER, guard=_guard_own_run, takes_attempts=True))
]
AnyReaderOrInput = Annotated[
    Principal, Depends(RequiredScope(Scope.READER, guard=_guard_input, takes_attempts=True))
]
CurrentAttempt = Annotated[AttemptIdentity, Depends(_current_attempt)]
Reader = Annotated[Principal, Depends(RequiredScope(Scope.READER))]
Operator = Annotated[Principal, Depends(RequiredScope(Scope.OPERATOR))]
Submitter = Annotated[Principal, Depends(RequiredScope(Scope.SUBMITTER))]
BootstrapAgent = Annotated[Principal, Depends(_bootstrap_agent)]
CurrentAgent = Annotated[AgentSession, Depends(_current_agent)]
RunSubmitterDep = Annotated[RunSubmitter, Depends(_state("run_submitter"))]
BatchSubmitterDep = Annotated[BatchSubmitter, Depends(_state("batch_submitter"))]
RunReaderDep = Annotated[RunReader, Depends(_state("run_reader"))]
RunCancellerDep = Annotated[RunCanceller, Depends(_state("run_canceller"))]
RunExplainerDep = Annotated[RunExplainer, Depends(_state("run_explainer"))]
RerunnerDep = Annotated[Rerunner, Depends(_state("rerunner"))]
RunHolderDep = Annotated[RunHolder, Depends(_state("run_holder"))]
LogReaderDep = Annotated[LogReader, Depends(_state("log_reader"))]
LogArchiveDep = Annotated[LogArchive, Depends(_state("log_archive"))]
LogTailsDep = Annotated[LogTails, Depends(_state("log_tails"))]
AgentServerDep = Annotated[AgentServer, Depends(_state("agent_server"))]
AgentManagerDep = Annotated[AgentManager, Depends(_state("agent_manager"))]
BreakerManagerDep = Annotated[BreakerManager, Depends(_state("breaker_manager"))]
QueueOverviewerDep = Annotated[QueueOverviewer, Depends(_state("queue_overviewer"))]
FiringReaderDep = Annotated[FiringReader, Depends(_state("firing_reader"))]
BackfillManagerDep = Annotated[BackfillManager, Depends(_state("backfill_manager"))]
AccepterDep = Annotated[AttemptAccepter, Depends(_state("attempt_accepter"))]
AdopterDep = Annotated[AttemptAdopter, Depends(_state("attempt_adopter"))]
AttemptRightsDep = Annotated[AttemptRights, Depends(_state("attempt_rights"))]
ArtifactStoreDep = Annotated[ArtifactStore, Depends(_state("artifact_store"))]
GrantedTransfersDep = Annotated[GrantedTransfers, Depends(_granted_transfers)]
UploadGranterDep = Annotated[UploadGranter, Depends(_state("upload_granter"))]
Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items a page.")]
IdempotencyKey = Annotated[
    str | None,
    Header(max_length=200, description="The same key again returns what it made, for 7 days."),
]
ConfigRevision = Annotated[
    int | None,
    Header(
        alias="MLMon-Config-Revision",
        ge=0,
        description="The newest revision that config-api answered; the scheduler catches up first.",
    ),
]
