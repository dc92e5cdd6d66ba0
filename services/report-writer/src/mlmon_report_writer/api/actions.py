"""What people did to runs and hosts, in history."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query

from mlmon_report_writer.api.deps import (
    ActionStoreDep,
    Cursor,
    HistoryStoreDep,
    Limit,
    VisibilityDep,
)
from mlmon_report_writer.application import browse_actions
from mlmon_report_writer.application.browse_actions import ActionQuery
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.actions import Action, ActionKind, ActionPage

router = APIRouter(
    prefix="/v1/history/actions",
    tags=["history"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)
_Name = Annotated[str | None, Query(max_length=300)]


@router.get("")
async def list_actions(
    store: ActionStoreDep,
    history: HistoryStoreDep,
    visibility: VisibilityDep,
    *,
    by: _Name = None,
    action: Action | None = None,
    kind: Annotated[ActionKind | None, Query(description="Of the thing.")] = None,
    name: Annotated[str | None, Query(max_length=300, description="Id of the thing.")] = None,
    since: Annotated[datetime | None, Query(description="Not before this time.")] = None,
    until: Annotated[datetime | None, Query(description="Before this time.")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> ActionPage:
    """Return a page of what people did to runs, batches, agents, breakers and backfills."""
    query = ActionQuery(
        limit=limit,
        by=by,
        action=action,
        kind=kind,
        name=name,
        since=since,
        until=until,
        visibility=visibility,
    )
    return await browse_actions.list_actions(store, history, query, cursor=cursor)
