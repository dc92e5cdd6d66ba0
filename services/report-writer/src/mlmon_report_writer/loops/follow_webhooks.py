"""Follow config-api's webhooks."""

from collections.abc import Callable, Sequence

from mlmon_report_writer.application.webhook_ports import DeliveryStore
from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.wire.webhooks import ListeningWebhook


class FollowWebhooks:
    """Pulls the webhooks and their secrets; the secrets stay in memory.

    Who hears what is kept in PostgreSQL too, so that after a restart outcomes are noted for
    webhooks also while config-api is away.

    Args:
        config_api: Where they are pulled from.
        store: Keeps who hears what.
        on_change: Called with all webhooks when they have changed.
    """

    name = "follow_webhooks"

    def __init__(
        self,
        config_api: ConfigApiClient,
        store: DeliveryStore,
        on_change: Callable[[Sequence[ListeningWebhook]], None],
    ) -> None:
        self._config_api = config_api
        self._store = store
        self._on_change = on_change
        self._revision: int | None = None
        self._told: list[ListeningWebhook] | None = None
        self.period_seconds = 2.0

    async def tick(self) -> bool:
        """Pull once; nothing is transferred when nothing changed."""
        found = await self._config_api.get_webhook_snapshot(self._revision)
        if found is not None:
            if found.webhooks != self._told:
                self._on_change(found.webhooks)
                await self._store.save_listeners(found.webhooks)
                self._told = found.webhooks
            self._revision = found.config_revision
        return False
