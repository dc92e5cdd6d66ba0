"""What routes ask for."""

from typing import Annotated

from fastapi import Depends, Query, Request, Security

from mlmon_report_writer.application.ports import EpochStore, HistoryStore, RecoveryStore
from mlmon_shared.clocks import Clock
from mlmon_shared.http.auth import RequiredScope
from mlmon_shared.principals import Principal
from mlmon_shared.wire.states import Scope


def _history(request: Request) -> HistoryStore:
    store: HistoryStore = request.app.state.history
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
EpochStoreDep = Annotated[EpochStore, Depends(_epochs)]
RecoveryStoreDep = Annotated[RecoveryStore, Depends(_recovery)]
ShardDep = Annotated[str, Depends(_shard)]
ClockDep = Annotated[Clock, Depends(_clock)]
Reader = Annotated[Principal, Security(RequiredScope(Scope.READER))]
Operator = Annotated[Principal, Security(RequiredScope(Scope.OPERATOR))]
Service = Annotated[Principal, Security(RequiredScope(Scope.SERVICE))]
Cursor = Annotated[
    str | None, Query(max_length=500, description="The next_cursor of the page before.")
]
LargeLimit = Annotated[int, Query(ge=1, le=1000, description="Items of a page at most.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items of a page at most.")]
