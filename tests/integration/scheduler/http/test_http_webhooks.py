"""From a saved webhook to its receiver, over all services."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
import pytest_asyncio

import mlmon
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.errors import NotFoundError
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.webhooks import DeliveryState, Webhook, WebhookResult
from tests.integration.report_writer.receivers import Receiver, open_receiver
from tests.integration.scheduler.http.services import ADMIN, Services

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(loop_scope="session")
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


@pytest_asyncio.fixture(loop_scope="session")
async def webhook(services: Services, receiver: Receiver) -> AsyncIterator[WebhookResult]:
    """One that hears how runs end, once report-writer knows it: a ping asks for the newest."""
    wanted = Webhook.model_validate(
        {"name": "chat", "url": receiver.url, "events": ["run.finished"]}
    )
    yield await services.config_api.put_webhook(wanted)
    await services.config_api.delete_webhook("chat")


@pytest.fixture
def history(services: Services) -> ReportWriterClient:
    return ReportWriterClient(services.transport("report-writer", ADMIN))


async def test_end_of_a_run_reaches_the_receiver_of_a_webhook_that_was_just_saved(
    services: Services, webhook: WebhookResult, history: ReportWriterClient, receiver: Receiver
):
    ping = await history.ping_webhook("chat")
    run = await services.submit()
    await services.scheduler.cancel_run(run.id)

    await eventually(lambda: len(receiver.received) == 2)
    secret = webhook.secret or ""
    messages = [mlmon.verify_webhook(sent.headers, sent.body, secret) for sent in receiver.received]

    assert (ping.is_delivered, ping.status, ping.id) == (True, 204, receiver.received[0].id)
    assert [message.type for message in messages] == ["ping", "run.cancelled"]
    assert (messages[1].data["id"], messages[1].data["state"]) == (run.id, "cancelled")

    async def delivered() -> bool:
        page = await history.list_webhook_deliveries(webhook="chat", state=DeliveryState.DELIVERED)
        return [item.subject for item in page.items] == [run.id]

    await eventually(delivered)


async def test_failed_delivery_is_shown_and_sent_again_when_asked_for(
    services: Services, webhook: WebhookResult, history: ReportWriterClient, receiver: Receiver
):
    receiver.statuses = [204, 410]
    await history.ping_webhook("chat")
    run = await services.submit()
    await services.scheduler.cancel_run(run.id)

    async def given_up() -> str:
        page = await history.list_webhook_deliveries(state=DeliveryState.GIVEN_UP, limit=1)
        return page.items[0].id if page.items else ""

    delivery_id = await eventually(given_up)
    asked = await history.retry_webhook_delivery(delivery_id)
    await eventually(lambda: len(receiver.received) == 3)

    assert (asked.subject, asked.last_status, asked.tries) == (run.id, 410, 1)
    assert asked.next_try_at is not None
    assert asked.next_try_at <= datetime.now(UTC)
    assert receiver.received[1].id == receiver.received[2].id == delivery_id


async def test_ping_of_a_removed_webhook_is_refused(
    services: Services, history: ReportWriterClient
):
    with pytest.raises(NotFoundError, match='no webhook is named "chat"'):
        await history.ping_webhook("chat")
    with pytest.raises(NotFoundError, match="no delivery"):
        await history.retry_webhook_delivery("unknown")
