"""Send webhooks what they are to hear, again and again until they take it."""

import asyncio
import random
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, Final

import structlog

from mlmon_report_writer.application import browse_history
from mlmon_report_writer.application.ports import HistoryStore
from mlmon_report_writer.application.webhook_ports import (
    Delivery,
    DeliveryStore,
    Failure,
    WebhookSender,
)
from mlmon_report_writer.domain.webhook_retries import LONGEST, find_next_try
from mlmon_report_writer.errors import UndeliveredError
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import MlmonError, NotFoundError
from mlmon_shared.ids import NewId
from mlmon_shared.wire.webhooks import (
    PING,
    DeliveryState,
    ListeningWebhook,
    PingResult,
    WebhookMessage,
)

CLAIM: Final = timedelta(seconds=60)
"""A message that is being sent is nobody else's for so long; sending takes much less."""
_AT_ONCE: Final = 64
_AT_ONCE_EACH: Final = 4
_GONE: Final = 410

log = structlog.get_logger(__name__)


class WebhookCourier:
    """Sends what is due, several messages at once.

    A webhook has its own share of what is sent at once, and only one message while its last try
    failed, so that one which does not answer holds up no other.

    Args:
        store: The messages.
        history: What they tell of.
        sender: Sends them.
        clock: Decides what is due.
        new_id: Makes the ids of pings.
        note: Called with `delivered`, `failed` or `given_up` after each try.
    """

    def __init__(
        self,
        store: DeliveryStore,
        history: HistoryStore,
        sender: WebhookSender,
        *,
        clock: Clock,
        new_id: NewId,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._history = history
        self._sender = sender
        self._clock = clock
        self._new_id = new_id
        self._note = note
        self._webhooks: dict[str, ListeningWebhook] = {}
        self._in_flight: dict[str, set[asyncio.Task[None]]] = defaultdict(set)
        self._failing: set[str] = set()
        self.on_done: Callable[[], None] = lambda: None
        """Called when a message was sent: there is room for another."""
        self.refresh: Callable[[], Awaitable[object]] | None = None
        """Asks for the newest webhooks, before a ping."""

    def use(self, webhooks: Sequence[ListeningWebhook]) -> None:
        """Send to these from now on."""
        self._webhooks = {webhook.name: webhook for webhook in webhooks}
        self._failing &= self._webhooks.keys()

    async def dispatch(self) -> int:
        """Begin to send what is due, as far as there is room; return how many messages.

        Raises:
            StoreUnavailableError: PostgreSQL does not answer.
        """
        rooms = self._rooms()
        if not rooms:
            return 0
        now = self._clock.now()
        claimed = await self._store.claim(rooms, now=now, until=now + CLAIM)
        for delivery in claimed:
            sending = self._in_flight[delivery.webhook]
            task = asyncio.create_task(self._deliver(delivery))
            sending.add(task)
            task.add_done_callback(sending.discard)
            task.add_done_callback(lambda _: self.on_done())
        return len(claimed)

    async def ping(self, name: str) -> PingResult:
        """Send a webhook a message now, and say how that went; it is not tried again.

        Raises:
            NotFoundError: There is no such webhook.
        """
        await self._catch_up()
        webhook = self._webhooks.get(name)
        if webhook is None:
            raise NotFoundError(f'no webhook is named "{name}"')
        message_id, started_at = self._new_id(), self._clock.monotonic()
        message = WebhookMessage(
            type=PING, timestamp=self._clock.now(), data={"webhook": webhook.name}
        )
        status, error, _ = await self._try(webhook, message_id, message.model_dump_json())
        return PingResult(
            id=message_id,
            webhook=name,
            is_delivered=not error,
            status=status,
            error=error,
            seconds=round(self._clock.monotonic() - started_at, 3),
        )

    async def aclose(self) -> None:
        """Break off what is being sent; it is sent again once nobody has it any more."""
        tasks = [task for sending in self._in_flight.values() for task in sending]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _rooms(self) -> dict[str, int]:
        free = _AT_ONCE - sum(len(sending) for sending in self._in_flight.values())
        names = [name for name, webhook in self._webhooks.items() if not webhook.is_paused]
        random.shuffle(names)
        rooms: dict[str, int] = {}
        for name in names:
            most = 1 if name in self._failing else _AT_ONCE_EACH
            room = min(most - len(self._in_flight[name]), free)
            if room > 0:
                rooms[name] = room
                free -= room
        return rooms

    async def _deliver(self, delivery: Delivery) -> None:
        try:
            await self._send(delivery)
        except MlmonError as error:
            # It is due again when the claim ends.
            log.warning("webhook is sent later", id=delivery.id, detail=error.detail)
        except Exception:
            log.exception("webhook could not be sent", id=delivery.id)

    async def _send(self, delivery: Delivery) -> None:
        webhook = self._webhooks.get(delivery.webhook)
        if webhook is None:
            return
        try:
            message = WebhookMessage(
                type=delivery.event,
                timestamp=delivery.occurred_at,
                data=await self._read_subject(delivery),
            )
        except NotFoundError as error:
            await self._give_up(delivery, error.detail)
            return
        body = message.model_dump_json()
        status, error_text, retry_after = await self._try(webhook, delivery.id, body)
        now = self._clock.now()
        if not error_text and status is not None:
            self._failing.discard(webhook.name)
            await self._store.note_delivered(delivery.id, status=status, now=now)
            self._note(DeliveryState.DELIVERED)
            return
        self._failing.add(webhook.name)
        give_up_at = delivery.give_up_at or now + LONGEST
        next_try_at = find_next_try(
            now=now,
            give_up_at=give_up_at,
            jitter=random.uniform(0.8, 1.2),  # noqa: S311 - jitter
            retry_after_seconds=retry_after,
        )
        if status == _GONE:
            next_try_at = None
        failure = Failure(status, error_text, next_try_at, give_up_at)
        await self._store.note_failed(delivery.id, failure, now=now)
        self._note("failed" if next_try_at is not None else DeliveryState.GIVEN_UP)
        log.info("webhook failed", id=delivery.id, webhook=webhook.name, reason=error_text)

    async def _try(
        self, webhook: ListeningWebhook, message_id: str, body: str
    ) -> tuple[int | None, str, float]:
        """Send once; return the status, what was wrong, and what `Retry-After` asks for."""
        try:
            answer = await self._sender.send(webhook, message_id, body, now=self._clock.now())
        except UndeliveredError as error:
            return None, error.detail, 0.0
        return answer.status, _fault_of(answer.status), answer.retry_after_seconds

    async def _give_up(self, delivery: Delivery, why: str) -> None:
        failure = Failure(None, why, None, delivery.give_up_at)
        await self._store.note_failed(delivery.id, failure, now=self._clock.now())
        self._note(DeliveryState.GIVEN_UP)

    async def _read_subject(self, delivery: Delivery) -> dict[str, Any]:
        if delivery.event.startswith("run."):
            run = await browse_history.get_run(self._history, delivery.subject, clock=self._clock)
            return run.model_dump(mode="json")
        batch = await browse_history.get_batch(self._history, delivery.subject)
        return batch.model_dump(mode="json")

    async def _catch_up(self) -> None:
        try:
            if self.refresh is not None:
                await self.refresh()
        except MlmonError as error:
            log.info("the newest webhooks are not known", reason=error.detail)


def _fault_of(status: int) -> str:
    if 200 <= status < 300:  # noqa: PLR2004 - what HTTP calls success
        return ""
    if 300 <= status < 400:  # noqa: PLR2004 - what HTTP calls redirection
        return f"the receiver answered {status}; redirects are not followed"
    return f"the receiver answered {status}"
