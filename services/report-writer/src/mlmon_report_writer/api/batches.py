"""Batches in history."""

from fastapi import APIRouter

from mlmon_report_writer.api.deps import Cursor, HistoryStoreDep, Limit, VisibilityDep
from mlmon_report_writer.application import browse_history
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.batches import BatchDocument, BatchPage

router = APIRouter(
    prefix="/v1/history/batches",
    tags=["history"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)


@router.get("")
async def list_history_batches(
    store: HistoryStoreDep,
    visibility: VisibilityDep,
    *,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> BatchPage:
    """Return a page of batches, newest first."""
    return await browse_history.list_batches(
        store, visibility=visibility, cursor=cursor, limit=limit
    )


@router.get("/{batch_id}", responses=problem_responses(NotFoundError))
async def get_history_batch(
    batch_id: str, store: HistoryStoreDep, visibility: VisibilityDep
) -> BatchDocument:
    """Return a batch with its runs counted by state."""
    return await browse_history.get_batch(store, batch_id, visibility=visibility)
