"""Webhooks: who hears of outcomes, how what they are sent is signed, and how that went."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.models import StrictModel, WireModel
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.quantities import Duration
from mlmon_shared.wire.schedules import ClientSelector

PING: Final = "ping"
"""The type of the message that `mlmon webhooks test` sends."""
_DAY: Final = 86_400.0


class WebhookEvent(StrEnum):
    """What a webhook can hear; `….finished` stands for every end of a run or batch."""

    RUN_FINISHED = "run.finished"
    RUN_SUCCEEDED = "run.succeeded"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    RUN_SKIPPED = "run.skipped"
    RUN_EXPIRED = "run.expired"
    BATCH_FINISHED = "batch.finished"
    BATCH_SUCCEEDED = "batch.succeeded"
    BATCH_FAILED = "batch.failed"
    BATCH_CANCELLED = "batch.cancelled"

    @property
    def is_of_batches(self) -> bool:
        """Whether it is about batches, and not about runs."""
        return self.startswith("batch.")


class Webhook(StrictModel):
    """An address that hears of outcomes.

    Attributes:
        url: `https://…`; neither it nor what its name resolves to may be a private address.
        events: What it hears; an end of a run or batch is told once, whatever is listed.
        jobs: Only runs of these jobs; of all when empty.
        clients: Only runs for these clients; for all when empty.
        is_paused: It hears nothing of what ends meanwhile; what was to be sent waits.
    """

    name: Name
    description: Annotated[str, StringConstraints(max_length=2000)] = ""
    url: Annotated[str, StringConstraints(min_length=1, max_length=2000)]
    events: Annotated[list[WebhookEvent], Field(min_length=1, max_length=20)]
    jobs: Annotated[list[Name], Field(max_length=1000)] = []
    clients: ClientSelector = ClientSelector()
    is_paused: bool = False

    @model_validator(mode="after")
    def _check_filters(self) -> Self:
        has_filter = bool(self.jobs or self.clients.names or self.clients.labels)
        if has_filter and any(event.is_of_batches for event in self.events):
            raise PydanticCustomError(
                "webhook",
                "jobs and clients choose among runs; let another webhook hear of batches",
                {},
            )
        return self


class WebhookDocument(Webhook):
    """A webhook as it is stored, without its secret.

    Attributes:
        secret_created_at: When the secret that signs was made.
        old_secret_expires_at: Until when the one before signs as well; None for none.
        secrets_wrapped_by: Keys that wrap its secrets where they are stored; none when the
            server has no keys, and keeps them as they are.
        etag: What `If-Match` names to change this and nothing else.
    """

    secret_created_at: datetime
    old_secret_expires_at: datetime | None = None
    secrets_wrapped_by: list[str] = []
    etag: str | None = None

    def as_written(self) -> Webhook:
        """Return what people write of it."""
        return Webhook(**{name: getattr(self, name) for name in Webhook.model_fields})


class WebhookPage(WireModel):
    """A page of webhooks, by name."""

    items: list[WebhookDocument]
    next_cursor: str | None = None


class WebhookResult(ApplyResult):
    """What saving a webhook did.

    Attributes:
        secret: Of a new webhook, `whsec_…`: what it is sent is signed with it. It is shown
            here only.
    """

    secret: str | None = None


class RotationRequest(StrictModel):
    """A request for a new secret.

    Attributes:
        keep_old: How long the old one signs as well, so that receivers can change over.
    """

    keep_old: Annotated[Duration, Field(ge=0, le=30 * _DAY)] = _DAY


class WebhookSecretDocument(WireModel):
    """The new secret of a webhook, shown here only.

    Attributes:
        old_secret_expires_at: Until when the one before signs as well; None for no longer.
    """

    name: str
    secret: str
    old_secret_expires_at: datetime | None = None
    config_revision: int


class SigningSecret(WireModel):
    """A secret that signs.

    Attributes:
        expires_at: When it ends to; None for the newest.
    """

    secret: str
    created_at: datetime
    expires_at: datetime | None = None


class ListeningWebhook(WireModel):
    """A webhook as report-writer needs it.

    Attributes:
        clients: Names of the clients whose runs it hears of; None for all.
        secrets: The newest first.
    """

    name: str
    url: str
    events: list[WebhookEvent]
    jobs: list[str] = []
    clients: list[str] | None = None
    is_paused: bool = False
    secrets: list[SigningSecret] = []


class WebhookSnapshot(WireModel):
    """All webhooks at one revision, with their secrets: for the service that sends."""

    config_revision: int
    webhooks: list[ListeningWebhook]


class DeliveryState(StrEnum):
    """Where a delivery is; `given_up` was tried for a day, or could not be tried any more."""

    PENDING = "pending"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class WebhookDeliveryDocument(WireModel):
    """One message to one webhook.

    Attributes:
        id: The `webhook-id` that the receiver sees, the same on every try.
        event: The message's type: how the run or batch ended.
        subject: Id of the run or batch.
        occurred_at: When it ended.
        tries: How often it was sent.
        next_try_at: Of one that is pending.
        last_status: What the receiver answered last; None when it did not.
        last_error: Why the last try failed, in words.
    """

    id: str
    webhook: str
    event: str
    subject: str
    state: DeliveryState
    occurred_at: datetime
    tries: int = 0
    next_try_at: datetime | None = None
    last_tried_at: datetime | None = None
    last_status: int | None = None
    last_error: str = ""


class WebhookDeliveryPage(WireModel):
    """A page of deliveries, those of the newest outcomes first."""

    items: list[WebhookDeliveryDocument]
    next_cursor: str | None = None


class PingRequest(StrictModel):
    """A request to send a webhook a message of type `ping` now."""

    webhook: Name


class PingResult(WireModel):
    """How a ping went.

    Attributes:
        id: The `webhook-id` that was sent.
        is_delivered: Whether the receiver took it: it answered 2xx.
        status: What it answered; None when it did not.
        error: Why it was not delivered.
    """

    id: str
    webhook: str
    is_delivered: bool
    status: int | None = None
    error: str = ""
    seconds: float


class WebhookMessage(WireModel):
    """The body of a message.

    Attributes:
        type: `run.succeeded`, `run.failed`, …, `batch.failed`, … or `ping`.
        timestamp: When the run or batch ended.
        data: The run or batch as the API shows it.
    """

    type: str
    timestamp: datetime
    data: Mapping[str, Any]
