"""What webhooks are sent."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request

from mlmon_report_writer.api.deps import ClockDep, Cursor, Limit, Operator
from mlmon_report_writer.application import browse_deliveries
from mlmon_report_writer.application.deliver_webhooks import WebhookCourier
from mlmon_report_writer.application.webhook_ports import DeliveryStore
from mlmon_shared.errors import (
    ForbiddenError,
    InvalidRequestError,
    NotFoundError,
    PayloadTooLargeError,
    StoreUnavailableError,
    UnauthenticatedError,
)
from mlmon_shared.http.problems import problem_responses
from mlmon_shared.wire.names import Name
from mlmon_shared.wire.webhooks import (
    DeliveryState,
    PingRequest,
    PingResult,
    WebhookDeliveryDocument,
    WebhookDeliveryPage,
)

router = APIRouter(
    prefix="/v1/webhook-deliveries",
    tags=["webhooks"],
    responses=problem_responses(
        UnauthenticatedError, ForbiddenError, InvalidRequestError, StoreUnavailableError
    ),
)


def _deliveries(request: Request) -> DeliveryStore:
    store: DeliveryStore = request.app.state.deliveries
    return store


def _courier(request: Request) -> WebhookCourier:
    courier: WebhookCourier = request.app.state.courier
    return courier


DeliveriesDep = Annotated[DeliveryStore, Depends(_deliveries)]
CourierDep = Annotated[WebhookCourier, Depends(_courier)]
DeliveryId = Annotated[str, Path(pattern=r"^[A-Za-z0-9-]{1,100}$")]


@router.get("")
async def list_webhook_deliveries(
    store: DeliveriesDep,
    _operator: Operator,
    *,
    webhook: Annotated[Name | None, Query()] = None,
    state: DeliveryState | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> WebhookDeliveryPage:
    """Return a page of deliveries, those of the newest outcomes first."""
    return await browse_deliveries.list_deliveries(
        store, webhook=webhook, state=state, cursor=cursor, limit=limit
    )


@router.post("/ping", responses=problem_responses(NotFoundError, PayloadTooLargeError))
async def ping_webhook(
    request: PingRequest, courier: CourierDep, _operator: Operator
) -> PingResult:
    """Send a webhook a message of type `ping` now, and say how that went."""
    return await courier.ping(request.webhook)


@router.post("/{delivery_id}/retry", responses=problem_responses(NotFoundError))
async def retry_webhook_delivery(
    delivery_id: DeliveryId, store: DeliveriesDep, clock: ClockDep, _operator: Operator
) -> WebhookDeliveryDocument:
    """Have a delivery sent again soon, whatever became of it, and for a day if need be."""
    return await browse_deliveries.retry_delivery(store, delivery_id, clock=clock)
