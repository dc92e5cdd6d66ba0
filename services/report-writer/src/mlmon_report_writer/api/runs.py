"""Runs in history."""

from typing import Annotated

from fastapi import APIRouter, Query

from mlmon_report_writer.api.deps import ClockDep, Cursor, HistoryStoreDep, Limit, VisibilityDep
from mlmon_report_writer.application import browse_history
from mlmon_report_writer.application.ports import RunFilters
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.history import HistoryPage
from mlmon_shared.wire.runs import RunDocument
from mlmon_shared.wire.states import RunState

router = APIRouter(
    prefix="/v1/history/runs",
    tags=["history"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)
_Name = Annotated[str | None, Query(max_length=200)]
_Version = Annotated[int | None, Query(ge=1, le=2**31 - 1)]


@router.get("")
async def list_history_runs(
    store: HistoryStoreDep,
    clock: ClockDep,
    visibility: VisibilityDep,
    *,
    batch: _Name = None,
    state: RunState | None = None,
    job: _Name = None,
    client: _Name = None,
    version: _Version = None,
    id: Annotated[list[str] | None, Query(max_length=200)] = None,  # noqa: A002 - the parameter
    cursor: Cursor = None,
    limit: Limit = 50,
) -> HistoryPage:
    """Return a page of runs, newest first, that fit every filter that is given."""
    filters = RunFilters(
        batch=batch,
        state=state,
        job=job,
        client=client,
        version=version,
        ids=id,
        visibility=visibility,
    )
    return await browse_history.list_runs(store, filters, cursor=cursor, limit=limit, clock=clock)


@router.get("/{run_id}", responses=problem_responses(NotFoundError))
async def get_history_run(
    run_id: str, store: HistoryStoreDep, clock: ClockDep, visibility: VisibilityDep
) -> RunDocument:
    """Return a run as history has it, with its attempts."""
    return await browse_history.get_run(store, run_id, clock=clock, visibility=visibility)
