"""Attempts in history."""

from typing import Annotated

from fastapi import APIRouter, Query

from mlmon_report_writer.api.deps import Cursor, HistoryStoreDep, Limit, VisibilityDep
from mlmon_report_writer.application import browse_history
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.history import AttemptPage

router = APIRouter(
    prefix="/v1/history/attempts",
    tags=["history"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)


@router.get("")
async def list_history_attempts(
    store: HistoryStoreDep,
    visibility: VisibilityDep,
    *,
    run: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AttemptPage:
    """Return a page of attempts, newest first, of one run or of all."""
    return await browse_history.list_attempts(
        store, run, visibility=visibility, cursor=cursor, limit=limit
    )
