"""What people did: kept once each, for good, and read back page by page."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.action_store import PostgresActionStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.application.browse_actions import ActionQuery, list_actions
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_shared.errors import InvalidRequestError
from mlmon_shared.testing.clocks import START
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.actions import Action, ActionKind, ActionPage

if TYPE_CHECKING:
    from tests.integration.report_writer.conftest import Scheduler

Read = Callable[..., Awaitable[ActionPage]]
pytestmark = pytest.mark.usefixtures("epoch")


async def act(scheduler: "Scheduler", action_id: str, second: int = 1, **fields: str) -> None:
    first = {"by": "ann", "action": "held", "subject_kind": "run", "subject": "r1"}
    first |= {"client": "acme", "job": "train", "before": '{"state": "queued"}', "after": "{}"}
    await scheduler.add("action", action_id, second * 1000, **{**first, **fields})


@pytest.fixture
def read(engine: AsyncEngine) -> Read:
    async def look(cursor: str | None = None, *, limit: int = 50, **wanted: Any) -> ActionPage:
        store, history = PostgresActionStore(engine), PostgresHistoryStore(engine, "s0")
        return await list_actions(store, history, ActionQuery(limit, **wanted), cursor=cursor)

    return look


def ids(page: ActionPage) -> list[str]:
    return [each.id for each in page.items]


async def test_action_is_kept_once_and_the_first_stays(
    drain: EventDrain, scheduler: "Scheduler", read: Read
) -> None:
    await act(scheduler, "x1")
    await act(scheduler, "x2", action="pondered")
    await act(scheduler, "x3")
    done = await drain.drain()
    await act(scheduler, "x1", by="somebody else")
    await drain.drain()
    found = (await read()).items

    assert (done.events, done.dead_letters) == (2, 1)
    assert [(each.id, each.by) for each in found] == [("x3", "ann"), ("x1", "ann")]
    assert (found[0].before, found[0].after) == ({"state": "queued"}, {})


async def test_filters_and_pages_find_the_newest_first(
    drain: EventDrain, scheduler: "Scheduler", read: Read
) -> None:
    await act(scheduler, "x1", 1)
    await act(scheduler, "x2", 2, by="bob", action="cancelled")
    await act(scheduler, "x3", 3, subject_kind="batch", subject="b1")
    await drain.drain()
    first = await read(limit=2)
    rest = await read(first.next_cursor, limit=2)

    assert (ids(first), ids(rest), rest.next_cursor) == (["x3", "x2"], ["x1"], None)
    assert ids(await read(by="bob")) == ["x2"]
    assert ids(await read(action=Action.CANCELLED)) == ["x2"]
    assert ids(await read(kind=ActionKind.BATCH, name="b1")) == ["x3"]
    middle = START + timedelta(seconds=2)
    assert ids(await read(since=middle)) == ["x3", "x2"]
    assert ids(await read(until=middle)) == ["x1"]
    with pytest.raises(InvalidRequestError, match="say the time zone"):
        await read(since=middle.replace(tzinfo=None))


async def test_limits_hide_what_is_not_one_clients_alone_or_of_others(
    drain: EventDrain, scheduler: "Scheduler", read: Read
) -> None:
    await act(scheduler, "x1")
    await act(scheduler, "x2", client="bolt")
    await act(scheduler, "x3", client="")
    await act(scheduler, "x4", job="")
    await drain.drain()
    acme, train = frozenset({"acme"}), frozenset({"train"})

    assert ids(await read(visibility=Visibility(clients=acme))) == ["x4", "x1"]
    assert ids(await read(visibility=Visibility(jobs=train))) == ["x2", "x1"]
    assert ids(await read(visibility=Visibility(acme, frozenset({"score"})))) == []


@pytest.mark.parametrize(
    "statement", ["UPDATE actions SET by = 'nobody'", "DELETE FROM actions", "TRUNCATE actions"]
)
async def test_no_action_can_be_changed(
    drain: EventDrain, scheduler: "Scheduler", read: Read, engine: AsyncEngine, statement: str
) -> None:
    await act(scheduler, "x1")
    await drain.drain()
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(statement))

    assert ids(await read()) == ["x1"]
