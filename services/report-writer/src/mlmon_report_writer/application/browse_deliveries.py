"""Show what webhooks are sent, and have it sent again."""

from mlmon_report_writer.application.webhook_ports import Delivery, DeliveryStore
from mlmon_shared.clocks import Clock
from mlmon_shared.cursors import decode_cursor, encode_cursor
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.webhooks import (
    DeliveryState,
    WebhookDeliveryDocument,
    WebhookDeliveryPage,
)


async def list_deliveries(
    store: DeliveryStore,
    *,
    webhook: str | None,
    state: DeliveryState | None,
    cursor: str | None,
    limit: int,
) -> WebhookDeliveryPage:
    """Return a page of deliveries, those of the newest outcomes first."""
    before = decode_cursor(cursor) if cursor is not None else None
    found = await store.list_page(webhook=webhook, state=state, before=before, limit=limit + 1)
    shown = found[:limit]
    return WebhookDeliveryPage(
        items=[_document(delivery) for delivery in shown],
        next_cursor=encode_cursor(shown[-1].id) if len(found) > limit else None,
    )


async def retry_delivery(
    store: DeliveryStore, delivery_id: str, *, clock: Clock
) -> WebhookDeliveryDocument:
    """Have a delivery sent again soon, whatever became of it, and for a day if need be.

    Raises:
        NotFoundError: There is none, or it was forgotten.
    """
    found = await store.retry(delivery_id, now=clock.now())
    if found is None:
        raise NotFoundError(f'no delivery has the id "{delivery_id}"; delivered ones stay 7 days')
    return _document(found)


def _document(delivery: Delivery) -> WebhookDeliveryDocument:
    return WebhookDeliveryDocument(
        id=delivery.id,
        webhook=delivery.webhook,
        event=delivery.event,
        subject=delivery.subject,
        state=delivery.state,
        occurred_at=delivery.occurred_at,
        tries=delivery.tries,
        next_try_at=delivery.next_try_at,
        last_tried_at=delivery.last_tried_at,
        last_status=delivery.last_status,
        last_error=delivery.last_error,
    )
