"""The parts of config-api's and report-writer's clients that are about webhooks."""

from urllib.parse import quote

from mlmon_shared.clients.conditions import if_match as condition
from mlmon_shared.clients.transport import Transport
from mlmon_shared.wire.models import read_json
from mlmon_shared.wire.webhooks import (
    DeliveryState,
    PingRequest,
    PingResult,
    RotationRequest,
    Webhook,
    WebhookDeliveryDocument,
    WebhookDeliveryPage,
    WebhookDocument,
    WebhookPage,
    WebhookResult,
    WebhookSecretDocument,
    WebhookSnapshot,
)

_DELIVERIES = "/v1/webhook-deliveries"
_PING_SECONDS = 30.0
_NOT_MODIFIED = 304


class WebhookCalls:
    """Typed calls about who hears of outcomes."""

    _transport: Transport

    async def put_webhook(self, webhook: Webhook, *, if_match: str | None = None) -> WebhookResult:
        """Create or change a webhook; the secret of a new one is in this answer only."""
        written = webhook.as_written() if isinstance(webhook, WebhookDocument) else webhook
        return await self._transport.call(
            WebhookResult, "PUT", _path(webhook.name), json=written, headers=condition(if_match)
        )

    async def get_webhook(self, name: str) -> WebhookDocument:
        """Return a webhook without its secret."""
        return await self._transport.call(WebhookDocument, "GET", _path(name))

    async def list_webhooks(self, *, cursor: str | None = None, limit: int = 50) -> WebhookPage:
        """Return a page of webhooks, by name."""
        params = {"cursor": cursor, "limit": limit}
        return await self._transport.call(WebhookPage, "GET", "/v1/webhooks", params=params)

    async def delete_webhook(self, name: str, *, if_match: str | None = None) -> None:
        """Remove a webhook; what it was still to be sent is given up."""
        await self._transport.send("DELETE", _path(name), headers=condition(if_match))

    async def rotate_webhook_secret(
        self, name: str, request: RotationRequest
    ) -> WebhookSecretDocument:
        """Make a new secret, which is in this answer only."""
        path = f"{_path(name)}/rotate"
        return await self._transport.call(WebhookSecretDocument, "POST", path, json=request)

    async def get_webhook_snapshot(
        self, known_revision: int | None = None
    ) -> WebhookSnapshot | None:
        """Return all webhooks, or None when the known revision is still the newest."""
        headers = {} if known_revision is None else {"If-None-Match": f'"{known_revision}"'}
        response = await self._transport.send("GET", "/v1/snapshot/webhooks", headers=headers)
        if response.status_code == _NOT_MODIFIED:
            return None
        return read_json(WebhookSnapshot, response.content)


class DeliveryCalls:
    """Typed calls about what webhooks are sent."""

    _transport: Transport

    async def list_webhook_deliveries(
        self,
        *,
        webhook: str | None = None,
        state: DeliveryState | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> WebhookDeliveryPage:
        """Return a page of deliveries, those of the newest outcomes first."""
        params = {"webhook": webhook, "state": state, "cursor": cursor, "limit": limit}
        return await self._transport.call(WebhookDeliveryPage, "GET", _DELIVERIES, params=params)

    async def retry_webhook_delivery(self, delivery_id: str) -> WebhookDeliveryDocument:
        """Have a delivery sent again soon, whatever became of it."""
        path = f"{_DELIVERIES}/{quote(delivery_id, safe='')}/retry"
        return await self._transport.call(WebhookDeliveryDocument, "POST", path, repeatable=True)

    async def ping_webhook(self, name: str) -> PingResult:
        """Send a webhook a message now, and return how that went."""
        return await self._transport.call(
            PingResult,
            "POST",
            f"{_DELIVERIES}/ping",
            json=PingRequest(webhook=name),
            timeout_seconds=_PING_SECONDS,
        )


def _path(name: str) -> str:
    return f"/v1/webhooks/{quote(name, safe='')}"
