"""`/v1/audit-events`: who changed what, and how."""

from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path, Query

from mlmon_config_api.api.deps import READ_PROBLEMS, OperatorDep, StoreDep
from mlmon_config_api.api.pages import CursorQuery, LimitQuery, cut_page, decode_number_cursor
from mlmon_config_api.application.ports import AuditQuery
from mlmon_config_api.domain.changes import Kind
from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.catalog import AuditEvent, AuditEventPage

router = APIRouter(prefix="/v1/audit-events", tags=["audit"])

_MAXIMUM_REVISION: Final = 2**63 - 1
_Text = Annotated[str, Query(max_length=100)]


@router.get("", responses=problem_responses(*READ_PROBLEMS))
async def list_audit_events(
    *,
    _principal: OperatorDep,
    store: StoreDep,
    cursor: CursorQuery = None,
    limit: LimitQuery = 50,
    kind: Annotated[Kind | None, Query(description="Only changes of this kind of thing.")] = None,
    name: _Text = "",
    by: _Text = "",
    since: Annotated[datetime | None, Query(description="Not before this time.")] = None,
    until: Annotated[datetime | None, Query(description="Before this time.")] = None,
) -> AuditEventPage:
    """List the changes of the configuration, the newest first."""
    for parameter, time in (("since", since), ("until", until)):
        if time is not None and time.tzinfo is None:
            raise InvalidRequestError.at("", f"query {parameter}: say the time zone, such as Z")
    if "\0" in name + by:
        raise InvalidRequestError.at("", "query name, by: a name holds no NUL")
    query = AuditQuery(
        limit=limit + 1,
        before=decode_number_cursor(cursor, most=_MAXIMUM_REVISION),
        kind=kind,
        name=name,
        by=by,
        since=since,
        until=until,
    )
    async with store.read() as catalog:
        found = await catalog.audit.list_page(query)
    items, next_cursor = cut_page(found, query.limit, lambda event: str(event.revision))
    return AuditEventPage(items=items, next_cursor=next_cursor)


@router.get("/{revision}", responses=problem_responses(*READ_PROBLEMS, NotFoundError))
async def get_audit_event(
    *,
    revision: Annotated[int, Path(ge=1, le=_MAXIMUM_REVISION)],
    _principal: OperatorDep,
    store: StoreDep,
) -> AuditEvent:
    """Return the change of the configuration that is visible since a config revision."""
    async with store.read() as catalog:
        found = await catalog.audit.find(revision)
    if found is None:
        raise NotFoundError(f"no change has config revision {revision}")
    return found
