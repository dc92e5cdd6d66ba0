"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Header, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from mlmon_scheduler.application.accept_attempts import AttemptAccepter
from mlmon_scheduler.application.cancel_runs import RunCanceller
from mlmon_scheduler.application.complete_attempts import AttemptCompleter
from mlmon_scheduler.application.follow_logs import LogReader
from mlmon_scheduler.application.ports import ArtifactStore, LogTails
from mlmon_scheduler.application.read_runs import RunReader
from mlmon_scheduler.application.serve_agents import AgentServer
from mlmon_scheduler.application.submit_batches import BatchSubmitter
from mlmon_scheduler.application.submit_runs import RunSubmitter
from mlmon_scheduler.domain.signatures import AgentSession, Signer
from mlmon_shared.errors import UnauthenticatedError
from mlmon_shared.http.auth import require
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import Scope

_session_bearer = HTTPBearer(
    auto_error=False, scheme_name="AgentSession", description="The token of a registration."
)


def _current_agent(
    request: Request,
    credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_session_bearer)],
) -> AgentSession:
    signer: Signer = request.app.state.signer
    found = signer.find_session(credentials.credentials) if credentials is not None else None
    if found is None:
        raise UnauthenticatedError("send the session's token; register to get one")
    return found


def _run_submitter(request: Request) -> RunSubmitter:
    return request.app.state.run_submitter  # type: ignore[no-any-return]


def _batch_submitter(request: Request) -> BatchSubmitter:
    return request.app.state.batch_submitter  # type: ignore[no-any-return]


def _run_reader(request: Request) -> RunReader:
    return request.app.state.run_reader  # type: ignore[no-any-return]


def _run_canceller(request: Request) -> RunCanceller:
    return request.app.state.run_canceller  # type: ignore[no-any-return]


def _log_reader(request: Request) -> LogReader:
    return request.app.state.log_reader  # type: ignore[no-any-return]


def _log_tails(request: Request) -> LogTails:
    return request.app.state.log_tails  # type: ignore[no-any-return]


def _agent_server(request: Request) -> AgentServer:
    return request.app.state.agent_server  # type: ignore[no-any-return]


def _accepter(request: Request) -> AttemptAccepter:
    return request.app.state.attempt_accepter  # type: ignore[no-any-return]


def _completer(request: Request) -> AttemptCompleter:
    return request.app.state.attempt_completer  # type: ignore[no-any-return]


def _artifact_store(request: Request) -> ArtifactStore:
    return request.app.state.artifact_store  # type: ignore[no-any-return]


Reader = Annotated[Principal, Depends(require(Scope.READER))]
Submitter = Annotated[Principal, Depends(require(Scope.SUBMITTER))]
BootstrapAgent = Annotated[Principal, Depends(require(Scope.AGENT))]
CurrentAgent = Annotated[AgentSession, Depends(_current_agent)]
RunSubmitterDep = Annotated[RunSubmitter, Depends(_run_submitter)]
BatchSubmitterDep = Annotated[BatchSubmitter, Depends(_batch_submitter)]
RunReaderDep = Annotated[RunReader, Depends(_run_reader)]
RunCancellerDep = Annotated[RunCanceller, Depends(_run_canceller)]
LogReaderDep = Annotated[LogReader, Depends(_log_reader)]
LogTailsDep = Annotated[LogTails, Depends(_log_tails)]
AgentServerDep = Annotated[AgentServer, Depends(_agent_server)]
AccepterDep = Annotated[AttemptAccepter, Depends(_accepter)]
CompleterDep = Annotated[AttemptCompleter, Depends(_completer)]
ArtifactStoreDep = Annotated[ArtifactStore, Depends(_artifact_store)]
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
