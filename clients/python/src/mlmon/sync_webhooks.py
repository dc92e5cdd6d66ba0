"""The part of `Client` for webhooks."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, ParamSpec, TypeVar

from mlmon.async_clients import AsyncClient
from mlmon_shared.wire.webhooks import (
    PingResult,
    Webhook,
    WebhookDeliveryDocument,
    WebhookDocument,
    WebhookResult,
    WebhookSecretDocument,
)

P = ParamSpec("P")
T = TypeVar("T")


class SyncWebhooks:
    """Who hears of outcomes; `mlmon.webhooks` tells more."""

    _inner: AsyncClient

    def put_webhook(
        self, webhook: Webhook | Mapping[str, Any], *, if_match: str | None = None
    ) -> WebhookResult:
        """Create or change a webhook; `secret` of the answer that creates it is shown once."""
        return self._call(self._inner.put_webhook, webhook, if_match=if_match)

    def webhook(self, name: str) -> WebhookDocument:
        """Return a webhook without its secret."""
        return self._call(self._inner.webhook, name)

    def webhooks(self, *, limit: int = 50) -> list[WebhookDocument]:
        """Return the webhooks without their secrets, by name."""
        return self._call(self._inner.webhooks, limit=limit)

    def remove_webhook(self, name: str, *, if_match: str | None = None) -> None:
        """Remove a webhook; what it was still to be sent is given up."""
        self._call(self._inner.remove_webhook, name, if_match=if_match)

    def rotate_webhook_secret(
        self, name: str, *, keep_old: str | float = "24h"
    ) -> WebhookSecretDocument:
        """Make a new secret; see `AsyncClient.rotate_webhook_secret`."""
        return self._call(self._inner.rotate_webhook_secret, name, keep_old=keep_old)

    def ping_webhook(self, name: str) -> PingResult:
        """Send a webhook a message of type `ping` now, and return how that went."""
        return self._call(self._inner.ping_webhook, name)

    def webhook_deliveries(
        self, webhook: str | None = None, *, state: str | None = None, limit: int = 50
    ) -> list[WebhookDeliveryDocument]:
        """Return what webhooks were or are to be sent; see `AsyncClient.webhook_deliveries`."""
        return self._call(self._inner.webhook_deliveries, webhook, state=state, limit=limit)

    def retry_webhook_delivery(self, delivery_id: str) -> WebhookDeliveryDocument:
        """Have a delivery sent again soon, whatever became of it."""
        return self._call(self._inner.retry_webhook_delivery, delivery_id)

    @abstractmethod
    def _call(
        self, method: Callable[P, Coroutine[Any, Any, T]], *args: P.args, **kwargs: P.kwargs
    ) -> T: ...
