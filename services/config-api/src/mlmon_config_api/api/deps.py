"""What routes ask for: the store, the clock, who is asking."""

from typing import Annotated, Final

from fastapi import Depends, Request

from mlmon_config_api.application.estimate_costs import RunHistory
from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.signing_secrets import SigningSecrets
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    PreconditionFailedError,
    StoreUnavailableError,
    UnauthenticatedError,
    UnsupportedMediaTypeError,
)
from mlmon_shared.http.auth import RequiredScope
from mlmon_shared.ids import NewId
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import Scope

READ_PROBLEMS: Final = (
    UnauthenticatedError,
    ForbiddenError,
    InvalidRequestError,
    StoreUnavailableError,
)
WRITE_PROBLEMS: Final = (*READ_PROBLEMS, PayloadTooLargeError, UnsupportedMediaTypeError)
SAVE_PROBLEMS: Final = (*WRITE_PROBLEMS, PreconditionFailedError)
DEED_PROBLEMS: Final = (*READ_PROBLEMS, PreconditionFailedError)
"""Of a change that needs no body."""


async def _pass(_request: Request, _principal: Principal) -> None:
    """Let a limited token in where nothing is of any client or job."""


async def _guard_client(request: Request, principal: Principal) -> None:
    """Hide the client that the path names from a token that does not see it."""
    name = request.path_params.get("name")
    if name is not None and not principal.visibility.sees_client(name):
        raise NotFoundError(f'no client is named "{name}"')


async def _guard_job(request: Request, principal: Principal) -> None:
    """Hide the job that the path names from a token that does not see it."""
    name = request.path_params.get("name", request.path_params.get("job"))
    if name is not None and not principal.visibility.sees_job(name):
        raise NotFoundError(f'no job definition is named "{name}"')


AnyReaderDep = Annotated[Principal, Depends(RequiredScope(Scope.READER, guard=_pass))]
ClientReaderDep = Annotated[Principal, Depends(RequiredScope(Scope.READER, guard=_guard_client))]
JobReaderDep = Annotated[Principal, Depends(RequiredScope(Scope.READER, guard=_guard_job))]
ReaderDep = Annotated[Principal, Depends(RequiredScope(Scope.READER))]
AuthorDep = Annotated[Principal, Depends(RequiredScope(Scope.AUTHOR))]
OperatorDep = Annotated[Principal, Depends(RequiredScope(Scope.OPERATOR))]
SaverDep = Annotated[Principal, Depends(RequiredScope(Scope.AUTHOR, Scope.OPERATOR))]
"""Of one of the two: the route asks for the other by what is saved."""
AdminDep = Annotated[Principal, Depends(RequiredScope(Scope.ADMIN))]
ServiceDep = Annotated[Principal, Depends(RequiredScope(Scope.SERVICE))]


def _store(request: Request) -> CatalogStore:
    store: CatalogStore = request.app.state.catalog_store
    return store


def _snapshot_store(request: Request) -> CatalogStore:
    store: CatalogStore = request.app.state.snapshot_store
    return store


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


def _new_id(request: Request) -> NewId:
    new_id: NewId = request.app.state.new_id
    return new_id


def _history(request: Request) -> RunHistory | None:
    history: RunHistory | None = request.app.state.run_history
    return history


def _signing_secrets(request: Request) -> SigningSecrets:
    secrets: SigningSecrets = request.app.state.signing_secrets
    return secrets


RunHistoryDep = Annotated[RunHistory | None, Depends(_history)]
SigningSecretsDep = Annotated[SigningSecrets, Depends(_signing_secrets)]
StoreDep = Annotated[CatalogStore, Depends(_store)]
SnapshotStoreDep = Annotated[CatalogStore, Depends(_snapshot_store)]
"""Never a copy: services have one of their own, and go on from that."""
ClockDep = Annotated[Clock, Depends(_clock)]
NewIdDep = Annotated[NewId, Depends(_new_id)]
