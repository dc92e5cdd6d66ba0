"""Webhooks: who hears of outcomes, and how a receiver knows that a message is genuine."""

import hmac
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from pydantic import ValidationError
from standardwebhooks import Webhook as Signer
from standardwebhooks.webhooks import EmptyWebhookSecretError

from mlmon.arguments import choice
from mlmon.errors import ConfigurationError, WebhookVerificationError
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clients.report_writer import ReportWriterClient
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.validation import validate
from mlmon_shared.wire.webhooks import (
    DeliveryState,
    PingResult,
    RotationRequest,
    Webhook,
    WebhookDeliveryDocument,
    WebhookDocument,
    WebhookMessage,
    WebhookResult,
    WebhookSecretDocument,
)

TOLERANCE_SECONDS: Final = 300.0


def verify_webhook(
    headers: Mapping[str, str],
    body: bytes | str,
    secret: str | Sequence[str],
    *,
    tolerance_seconds: float = TOLERANCE_SECONDS,
    now: datetime | None = None,
) -> WebhookMessage:
    """Return the message of a webhook, once it is sure that MLMon sent it, and lately.

    Args:
        headers: Of the request, in any case.
        body: Of the request, exactly as it came: JSON that was read and written again differs.
        secret: `whsec_…`; or several, while one replaces the other.
        tolerance_seconds: How old, or how far in the future, a message may be. Messages that
            are sent again are signed again.
        now: The time, aware; the system's when left out.

    Raises:
        WebhookVerificationError: It is not signed with the secret, or is too old.
        ConfigurationError: The secret is none.
    """
    found = {name.lower(): value for name, value in headers.items()}
    try:
        message_id, stamp = found["webhook-id"], int(found["webhook-timestamp"])
        signatures = found["webhook-signature"].split()
        sent_at = datetime.fromtimestamp(stamp, UTC)
        text = body if isinstance(body, str) else body.decode()
    except KeyError as error:
        raise WebhookVerificationError(f"the request has no header {error}") from error
    except (ValueError, OverflowError, OSError) as error:
        raise WebhookVerificationError("the request is not one of a webhook") from error
    signers = [_signer(each) for each in ([secret] if isinstance(secret, str) else secret)]
    expected = [signer.sign(message_id, sent_at, text).encode() for signer in signers]
    given = [signature.encode() for signature in signatures]
    fits = [hmac.compare_digest(one, other) for one in expected for other in given]
    if not any(fits):
        raise WebhookVerificationError("no signature of the message is one of the secret")
    age = ((now or datetime.now(UTC)) - sent_at).total_seconds()
    if abs(age) > tolerance_seconds:
        raise WebhookVerificationError(
            f"the message is of {sent_at:%Y-%m-%d %H:%M:%SZ}, too far from now; is the clock right?"
        )
    try:
        return WebhookMessage.model_validate_json(text)
    except ValidationError as error:
        raise WebhookVerificationError("the body is no message of a webhook") from error


class Webhooks:
    """The part of `AsyncClient` for webhooks; all of it needs the scope `operator`.

    Attributes:
        config_api: The typed client of config-api.
        history: The typed client of report-writer.
    """

    config_api: ConfigApiClient
    history: ReportWriterClient

    async def put_webhook(
        self, webhook: Webhook | Mapping[str, Any], *, if_match: str | None = None
    ) -> WebhookResult:
        """Create or change a webhook; `secret` of the answer that creates it is shown once."""
        result = await self.config_api.put_webhook(validate(Webhook, webhook), if_match=if_match)
        self._noted(result)
        return result

    async def webhook(self, name: str) -> WebhookDocument:
        """Return a webhook without its secret."""
        return await self.config_api.get_webhook(name)

    async def webhooks(self, *, limit: int = 50) -> list[WebhookDocument]:
        """Return the webhooks without their secrets, by name."""
        return (await self.config_api.list_webhooks(limit=limit)).items

    async def remove_webhook(self, name: str, *, if_match: str | None = None) -> None:
        """Remove a webhook; what it was still to be sent is given up."""
        await self.config_api.delete_webhook(name, if_match=if_match)

    async def rotate_webhook_secret(
        self, name: str, *, keep_old: str | float = "24h"
    ) -> WebhookSecretDocument:
        """Make a new secret, which this answer alone shows.

        Args:
            name: Of the webhook.
            keep_old: How long the old one signs as well, `"24h"` or seconds; 0 ends it now.
        """
        request = validate(RotationRequest, {"keep_old": keep_old})
        return await self.config_api.rotate_webhook_secret(name, request)

    async def ping_webhook(self, name: str) -> PingResult:
        """Send a webhook a message of type `ping` now, and return how that went."""
        return await self.history.ping_webhook(name)

    async def webhook_deliveries(
        self, webhook: str | None = None, *, state: str | None = None, limit: int = 50
    ) -> list[WebhookDeliveryDocument]:
        """Return what webhooks were or are to be sent, of the newest outcomes first.

        Args:
            webhook: Only what this one is sent.
            state: Only `"pending"`, `"delivered"` or `"given_up"` ones.
            limit: At most so many.
        """
        wanted = None if state is None else choice(DeliveryState, state, name="state")
        page = await self.history.list_webhook_deliveries(
            webhook=webhook, state=wanted, limit=limit
        )
        return page.items

    async def retry_webhook_delivery(self, delivery_id: str) -> WebhookDeliveryDocument:
        """Have a delivery sent again soon, whatever became of it."""
        return await self.history.retry_webhook_delivery(delivery_id)

    @abstractmethod
    def _noted(self, result: ApplyResult) -> ApplyResult: ...


def _signer(secret: str) -> Signer:
    try:
        return Signer(secret)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise ConfigurationError("the secret is not one of a webhook (whsec_…)") from error
