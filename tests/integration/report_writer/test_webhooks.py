"""What ends is told to webhooks: once into the outbox, and at least once to the receiver."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

import mlmon
from mlmon_report_writer.adapters.http.webhook_sender import HttpWebhookSender
from mlmon_report_writer.adapters.postgres.delivery_store import PostgresDeliveryStore
from mlmon_report_writer.adapters.postgres.history_store import PostgresHistoryStore
from mlmon_report_writer.application.browse_history import get_batch, get_run
from mlmon_report_writer.application.deliver_webhooks import CLAIM, WebhookCourier
from mlmon_report_writer.application.drain_events import EventDrain
from mlmon_report_writer.loops.deliver_webhooks import DELIVERED_KEPT, ForgetDeliveries
from mlmon_shared.errors import StoreUnavailableError
from mlmon_shared.testing.clocks import FakeClock
from mlmon_shared.testing.ids import SequentialIds
from mlmon_shared.testing.polling import eventually
from mlmon_shared.wire.webhooks import DeliveryState, ListeningWebhook

from .receivers import LOOPBACK, SECRET, Names, Receiver, a_webhook, open_receiver

if TYPE_CHECKING:
    from .conftest import Scheduler

pytestmark = pytest.mark.usefixtures("epoch")

ReadRows = Callable[[str], Awaitable[list[tuple[Any, ...]]]]
Tell = Callable[..., Awaitable[None]]
OUTBOX = "SELECT webhook, event, subject, state, tries FROM webhook_deliveries ORDER BY id"


@pytest_asyncio.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with open_receiver() as receiver:
        yield receiver


@pytest.fixture
def deliveries(engine: AsyncEngine) -> PostgresDeliveryStore:
    return PostgresDeliveryStore(engine)


@pytest_asyncio.fixture
async def make_courier(
    engine: AsyncEngine, deliveries: PostgresDeliveryStore, clock: FakeClock, ids: SequentialIds
) -> AsyncIterator[Callable[[], WebhookCourier]]:
    sender = HttpWebhookSender(LOOPBACK, Names("127.0.0.1"))
    history = PostgresHistoryStore(engine, "s0")
    made = []

    def make() -> WebhookCourier:
        courier = WebhookCourier(deliveries, history, sender, clock=clock, new_id=ids)
        made.append(courier)
        return courier

    yield make
    for courier in made:
        await courier.aclose()
    await sender.aclose()


@pytest.fixture
def courier(make_courier: Callable[[], WebhookCourier]) -> WebhookCourier:
    return make_courier()


@pytest.fixture
def listen(courier: WebhookCourier, deliveries: PostgresDeliveryStore) -> Tell:
    async def tell(*webhooks: ListeningWebhook) -> None:
        courier.use(webhooks)
        await deliveries.save_listeners(webhooks)

    return tell


async def end_run(scheduler: "Scheduler", drain: EventDrain, **fields: str) -> str:
    run_id = await scheduler.submit(**fields)
    await scheduler.start(run_id)
    await scheduler.finish(run_id)
    await drain.drain()
    return run_id


async def send_due(courier: WebhookCourier) -> None:
    """Send what is due, and wait until all of it was noted."""
    await courier.dispatch()
    await eventually(lambda: not any(courier._in_flight.values()))


async def test_outcome_is_sent_as_the_api_shows_it_and_signed(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    listen: Tell,
    receiver: Receiver,
    engine: AsyncEngine,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    await listen(a_webhook(receiver.url))
    clock.advance(60)
    run_id = await end_run(scheduler, drain)

    await send_due(courier)

    [sent] = receiver.received
    message = mlmon.verify_webhook(sent.headers, sent.body, SECRET, now=clock.now())
    shown = await get_run(PostgresHistoryStore(engine, "s0"), run_id, clock=clock)
    assert (message.type, message.timestamp) == ("run.succeeded", shown.finished_at)
    assert message.data == shown.model_dump(mode="json")
    assert await rows(OUTBOX) == [("chat", "run.succeeded", run_id, "delivered", 1)]


async def test_batch_is_told_with_its_counts(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    listen: Tell,
    receiver: Receiver,
    engine: AsyncEngine,
    clock: FakeClock,
) -> None:
    await listen(a_webhook(receiver.url, events=["batch.failed"]))
    clock.advance(60)
    await scheduler.add_batch("batch-1", total=1)
    await end_run(scheduler, drain, batch="batch-1")
    await scheduler.add("batch", "batch-1", 2, state="finished", outcome="failed")
    await drain.drain()

    await send_due(courier)

    [sent] = receiver.received
    message = mlmon.verify_webhook(sent.headers, sent.body, SECRET, now=clock.now())
    shown = await get_batch(PostgresHistoryStore(engine, "s0"), "batch-1")
    assert (message.type, message.data) == ("batch.failed", shown.model_dump(mode="json"))
    assert message.data["counts"] == {"succeeded": 1}


async def test_replayed_events_are_told_once(
    *,
    drain: EventDrain,
    make_drain: Callable[..., EventDrain],
    scheduler: "Scheduler",
    listen: Tell,
    engine: AsyncEngine,
    rows: ReadRows,
) -> None:
    await listen(a_webhook("http://127.0.0.1:1/"))
    run_id = await end_run(scheduler, drain)
    before = await rows(OUTBOX)

    async with engine.begin() as connection:
        await connection.exec_driver_sql("UPDATE stream_offsets SET position = '0-0'")
    await make_drain().drain()
    again = await rows(OUTBOX)
    # Also long after it was forgotten.
    async with engine.begin() as connection:
        await connection.exec_driver_sql("DELETE FROM webhook_deliveries")
        await connection.exec_driver_sql("UPDATE stream_offsets SET position = '0-0'")
    await make_drain(batch_limit=2).drain()
    await make_drain().drain()

    assert before == again == [("chat", "run.succeeded", run_id, "pending", 0)]
    assert await rows(OUTBOX) == []


async def test_transaction_that_is_rolled_back_tells_nothing(
    drain: EventDrain,
    scheduler: "Scheduler",
    listen: Tell,
    engine: AsyncEngine,
    rows: ReadRows,
) -> None:
    await listen(a_webhook("http://127.0.0.1:1/"))
    await scheduler.add("run", "malformed", 1, state="no state")
    async with engine.begin() as connection:
        # The last statement of the transaction fails.
        await connection.exec_driver_sql(
            "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '55000'; END $$"
        )
        await connection.exec_driver_sql(
            "CREATE TRIGGER refuse BEFORE INSERT ON dead_letters EXECUTE FUNCTION refuse()"
        )
    try:
        with pytest.raises(StoreUnavailableError):
            await end_run(scheduler, drain)
        rolled_back = await rows(OUTBOX), await rows("SELECT id FROM runs")
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("DROP FUNCTION refuse CASCADE")
    await drain.drain()

    assert rolled_back == ([], [])
    assert [row[1] for row in await rows(OUTBOX)] == ["run.succeeded"]


async def test_receiver_that_fails_gets_the_same_message_again(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    listen: Tell,
    receiver: Receiver,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    receiver.statuses = [500, 503]
    receiver.headers = {"Retry-After": "120"}
    await listen(a_webhook(receiver.url))
    clock.advance(60)
    await end_run(scheduler, drain)

    await send_due(courier)
    await send_due(courier)
    first = len(receiver.received)
    clock.advance(6)
    await send_due(courier)
    clock.advance(100)
    await send_due(courier)
    second = len(receiver.received)
    clock.advance(30)
    await send_due(courier)

    assert (first, second, len(receiver.received)) == (1, 2, 3)
    assert len({sent.id for sent in receiver.received}) == 1
    assert len({sent.body for sent in receiver.received}) == 1
    assert len({sent.headers["webhook-timestamp"] for sent in receiver.received}) == 3
    assert [row[3:] for row in await rows(OUTBOX)] == [("delivered", 3)]


async def test_message_is_given_up_after_a_day_and_can_be_sent_again(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    deliveries: PostgresDeliveryStore,
    listen: Tell,
    receiver: Receiver,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    receiver.statuses = [500] * 100
    await listen(a_webhook(receiver.url))
    clock.advance(60)
    await end_run(scheduler, drain)
    for _ in range(30):
        await send_due(courier)
        clock.advance(3600)
    given_up = await deliveries.list_page(
        webhook="chat", state=DeliveryState.GIVEN_UP, before=None, limit=9
    )
    tries = len(receiver.received)
    receiver.statuses = []

    await deliveries.retry(given_up[0].id, now=clock.now())
    await send_due(courier)

    assert (given_up[0].last_status, given_up[0].last_error) == (500, "the receiver answered 500")
    assert 5 < tries < 12
    assert [row[3:] for row in await rows(OUTBOX)] == [("delivered", tries + 1)]


async def test_message_whose_answer_was_never_noted_is_sent_again_with_the_same_id(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    make_courier: Callable[[], WebhookCourier],
    listen: Tell,
    receiver: Receiver,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    receiver.may_answer.clear()
    webhook = a_webhook(receiver.url)
    await listen(webhook)
    clock.advance(60)
    await end_run(scheduler, drain)
    await courier.dispatch()
    await eventually(lambda: receiver.received)
    await courier.aclose()
    receiver.may_answer.set()

    after = make_courier()
    after.use([webhook])
    await send_due(after)
    too_early = len(receiver.received)
    clock.advance(CLAIM.total_seconds())
    await send_due(after)

    assert (too_early, len(receiver.received)) == (1, 2)
    assert receiver.received[0].id == receiver.received[1].id
    assert [row[3:] for row in await rows(OUTBOX)] == [("delivered", 1)]


async def test_webhook_that_does_not_answer_holds_up_no_other(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    listen: Tell,
    receiver: Receiver,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    async with open_receiver() as silent:
        silent.may_answer.clear()
        await listen(a_webhook(silent.url, "silent"), a_webhook(receiver.url))
        clock.advance(60)
        for _ in range(8):
            await end_run(scheduler, drain)

        async def all_are_told() -> bool:
            await courier.dispatch()
            return len(receiver.received) == 8

        await eventually(all_are_told)

        assert len(silent.received) == 4


async def test_paused_webhook_hears_nothing_and_a_removed_one_is_sent_nothing_more(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    listen: Tell,
    receiver: Receiver,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    clock.advance(60)
    await listen(a_webhook(receiver.url, is_paused=True))
    await end_run(scheduler, drain)
    unheard = await rows(OUTBOX)
    await listen(a_webhook(receiver.url))
    await end_run(scheduler, drain)
    await listen()

    await send_due(courier)

    assert (unheard, receiver.received) == ([], [])
    assert [row[3] for row in await rows(OUTBOX)] == ["given_up"]


async def test_delivered_messages_are_forgotten_after_a_week(
    *,
    drain: EventDrain,
    scheduler: "Scheduler",
    courier: WebhookCourier,
    deliveries: PostgresDeliveryStore,
    listen: Tell,
    receiver: Receiver,
    clock: FakeClock,
    rows: ReadRows,
) -> None:
    await listen(a_webhook(receiver.url))
    clock.advance(60)
    await end_run(scheduler, drain)
    await send_due(courier)
    forgetting = ForgetDeliveries(deliveries, clock)

    clock.advance(DELIVERED_KEPT.total_seconds())
    assert not await forgetting.tick()
    kept = await rows(OUTBOX)
    clock.advance(1)
    assert await forgetting.tick()

    assert (len(kept), await rows(OUTBOX)) == (1, [])
