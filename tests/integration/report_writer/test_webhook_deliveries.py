from typing import TYPE_CHECKING

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.delivery_store import PostgresDeliveryStore
from mlmon_report_writer.application.browse_deliveries import list_deliveries
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_shared.wire.webhooks import DeliveryState

from .conftest import START_MS
from .receivers import a_webhook

if TYPE_CHECKING:
    from .conftest import Scheduler

pytestmark = pytest.mark.usefixtures("epoch")


async def test_deliveries_are_listed_page_by_page_those_of_the_newest_outcomes_first(
    drain: EventDrain, scheduler: "Scheduler", engine: AsyncEngine
) -> None:
    store, url = PostgresDeliveryStore(engine), "http://127.0.0.1:1/"
    await store.save_listeners([a_webhook(url), a_webhook(url, "other")])
    ended = []
    for seconds in (1, 2, 3):
        run_id = await scheduler.submit()
        finished_at = str(START_MS + seconds * 1000)
        await scheduler.add("run", run_id, 2, state="skipped", finished_at=finished_at)
        ended.append(run_id)
    await drain.drain()

    seen: list[str] = []
    cursor = None
    while True:
        page = await list_deliveries(
            store, webhook="other", state=DeliveryState.PENDING, cursor=cursor, limit=2
        )
        seen += [item.subject for item in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break

    assert seen == ended[::-1]
