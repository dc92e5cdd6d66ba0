"""Read what people did, page by page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from mlmon_report_writer.application.ports import HistoryStore
from mlmon_shared.cursors import decode_cursor, encode_cursor
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.visibility import EVERYTHING, Visibility
from mlmon_shared.wire.actions import Action, ActionDocument, ActionKind, ActionPage


@dataclass(frozen=True)
class ActionQuery:
    """Which actions are wanted, the newest first; what is None is any.

    Attributes:
        limit: Of a page.
        since: Not before this time.
        until: Before this time.
        before: Only ids below this one.
        visibility: Limits show only what was done to things of one client, and of what they name.
    """

    limit: int
    by: str | None = None
    action: Action | None = None
    kind: ActionKind | None = None
    name: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    before: str | None = None
    visibility: Visibility = EVERYTHING


class ActionStore(Protocol):
    """Actions as they are read."""

    async def list_actions(self, query: ActionQuery) -> Sequence[ActionDocument]:
        """Return actions that fit, newest first.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """


async def list_actions(
    store: ActionStore, history: HistoryStore, query: ActionQuery, *, cursor: str | None
) -> ActionPage:
    """Return a page of actions, newest first.

    Raises:
        InvalidRequestError: A time has no zone, or the cursor is not one of ours.
    """
    for parameter, time in (("since", query.since), ("until", query.until)):
        if time is not None and time.tzinfo is None:
            raise InvalidRequestError.at("", f"query {parameter}: say the time zone, such as Z")
    before = decode_cursor(cursor) if cursor is not None else None
    as_of = await history.get_as_of()
    found = await store.list_actions(replace(query, before=before, limit=query.limit + 1))
    items = list(found[: query.limit])
    next_cursor = encode_cursor(items[-1].id) if len(found) > query.limit else None
    return ActionPage(items=items, next_cursor=next_cursor, as_of=as_of.isoformat())
