"""Send webhooks what is due, and forget what was delivered long ago."""

from datetime import timedelta
from typing import Final

from mlmon_report_writer.application.deliver_webhooks import WebhookCourier
from mlmon_report_writer.application.webhook_ports import DeliveryStore
from mlmon_shared.clocks import Clock

DELIVERED_KEPT: Final = timedelta(days=7)
GIVEN_UP_KEPT: Final = timedelta(days=30)


class DeliverWebhooks:
    """Begins to send what is due; sending goes on beside."""

    name = "deliver_webhooks"

    def __init__(self, courier: WebhookCourier) -> None:
        self._courier = courier
        self.period_seconds = 0.5

    async def tick(self) -> bool:
        """Begin with what there is room for; True when there may be room for more."""
        return await self._courier.dispatch() > 0


class ForgetDeliveries:
    """Deletes what was delivered 7 days ago, and what was given up 30 days ago."""

    name = "forget_deliveries"

    def __init__(self, store: DeliveryStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self.period_seconds = 600.0

    async def tick(self) -> bool:
        """Delete some; True when there may be more."""
        now = self._clock.now()
        deleted = await self._store.forget(
            delivered_before=now - DELIVERED_KEPT, given_up_before=now - GIVEN_UP_KEPT
        )
        return deleted > 0
