"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Query, Request, Security

from mlmon_report_writer.application import browse_history
from mlmon_report_writer.application.browse_actions import ActionStore
from mlmon_report_writer.application.ports import EpochStore, HistoryStore, RecoveryStore
from mlmon_shared.clocks import Clock
from mlmon_shared.http.auth import RequiredScope
from mlmon_shared.principals import Principal
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.catalog import TOKEN_LIMITS_LIMIT
from mlmon_shared.wire.states import Scope


def _history(request: Request) -> HistoryStore:
    store: HistoryStore = request.app.state.history
    return store


def _actions(request: Request) -> ActionStore:
    store: ActionStore = request.app.state.actions
    return store


def _epochs(request: Request) -> EpochStore:
    store: EpochStore = request.app.state.epochs
    return store


def _recovery(request: Request) -> RecoveryStore:
    store: RecoveryStore = request.app.state.recovery
    return store


def _shard(request: Request) -> str:
    shard: str = request.app.state.shard
    return shard


def _clock(request: Request) -> Clock:
    clock: Clock = request.app.state.clock
    return clock


HistoryStoreDep = Annotated[HistoryStore, Depends(_history)]
ActionStoreDep = Annotated[ActionStore, Depends(_actions)]
EpochStoreDep = Annotated[EpochStore, Depends(_epochs)]
RecoveryStoreDep = Annotated[RecoveryStore, Depends(_recovery)]
ShardDep = Annotated[str, Depends(_shard)]
ClockDep = Annotated[Clock, Depends(_clock)]


async def _guard(request: Request, principal: Principal) -> None:
    """Hide the run or batch that the path names from a token that does not see it."""
    store, named = _history(request), request.path_params
    if (run_id := named.get("run_id")) is not None:
        await browse_history.get_run(
            store, run_id, clock=_clock(request), visibility=principal.visibility
        )
    if (batch_id := named.get("batch_id")) is not None:
        await browse_history.get_batch(store, batch_id, visibility=principal.visibility)


_Within = Annotated[list[str] | None, Query(max_length=TOKEN_LIMITS_LIMIT)]
AnyReader = Annotated[Principal, Security(RequiredScope(Scope.READER, guard=_guard))]


def _visibility(
    principal: AnyReader,
    within_clients: Annotated[
        _Within, Query(description="Show nothing of other clients than these.")
    ] = None,
    within_jobs: Annotated[_Within, Query(description="Nor of other jobs.")] = None,
) -> Visibility:
    """Return what the token sees, and who asks on behalf of another with its limits."""
    asked = Visibility(
        frozenset(within_clients) if within_clients is not None else None,
        frozenset(within_jobs) if within_jobs is not None else None,
    )
    return principal.visibility.narrowed(asked)


VisibilityDep = Annotated[Visibility, Depends(_visibility)]
Operator = Annotated[Principal, Security(RequiredScope(Scope.OPERATOR))]
Service = Annotated[Principal, Security(RequiredScope(Scope.SERVICE))]
Cursor = Annotated[
    str | None, Query(max_length=500, description="The next_cursor of the page before.")
]
LargeLimit = Annotated[int, Query(ge=1, le=1000, description="Items of a page at most.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of a page at most.")]
