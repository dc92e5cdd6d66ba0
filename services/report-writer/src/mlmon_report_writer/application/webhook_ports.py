"""What sending webhooks needs from outside."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from mlmon_shared.wire.webhooks import DeliveryState, ListeningWebhook


@dataclass(frozen=True)
class Delivery:
    """A message to one webhook, and how far it is.

    Attributes:
        event: How a run or batch ended: `run.failed`.
        subject: Id of the run or batch.
        next_try_at: Of one that is pending. While it is being sent: when it counts as not sent.
        give_up_at: Set by the first try that failed.
    """

    id: str
    webhook: str
    event: str
    subject: str
    occurred_at: datetime
    state: DeliveryState
    tries: int
    next_try_at: datetime | None
    give_up_at: datetime | None
    last_tried_at: datetime | None
    last_status: int | None
    last_error: str


@dataclass(frozen=True)
class Failure:
    """A try that failed.

    Attributes:
        status: What the receiver answered; None when it did not.
        next_try_at: None gives the message up.
    """

    status: int | None
    error: str
    next_try_at: datetime | None
    give_up_at: datetime | None


class DeliveryStore(Protocol):
    """Messages that are to be sent. Everything raises StoreUnavailableError."""

    async def save_listeners(self, webhooks: Sequence[ListeningWebhook]) -> None:
        """Make these all that is told of outcomes; give up what others were to be sent."""

    async def claim(
        self, rooms: Mapping[str, int], *, now: datetime, until: datetime
    ) -> Sequence[Delivery]:
        """Return messages that are due; nobody else gets them until that time.

        Args:
            rooms: How many of each webhook, at most.
            now: The time.
            until: When they are due again, should nobody note how it went.
        """
        ...

    async def note_delivered(self, delivery_id: str, *, status: int, now: datetime) -> None:
        """Note that the receiver took a message."""

    async def note_failed(self, delivery_id: str, failure: Failure, *, now: datetime) -> None:
        """Note that a try failed."""

    async def list_page(
        self,
        *,
        webhook: str | None,
        state: DeliveryState | None,
        before: str | None,
        limit: int,
    ) -> Sequence[Delivery]:
        """Return messages with ids below `before`, those of the newest outcomes first."""
        ...

    async def retry(self, delivery_id: str, *, now: datetime) -> Delivery | None:
        """Make a message due now, whatever became of it; None when there is none."""

    async def forget(self, *, delivered_before: datetime, given_up_before: datetime) -> int:
        """Delete messages that were tried last before these times; return how many."""
        ...


@dataclass(frozen=True)
class Answer:
    """What a receiver answered.

    Attributes:
        retry_after_seconds: How long it asked to be left alone.
    """

    status: int
    retry_after_seconds: float = 0.0


class WebhookSender(Protocol):
    """Sends messages."""

    async def send(
        self, webhook: ListeningWebhook, message_id: str, body: str, *, now: datetime
    ) -> Answer:
        """Sign a message, send it once, and return what the receiver answered.

        Raises:
            UndeliveredError: It did not answer, or may not be called.
        """
        ...
