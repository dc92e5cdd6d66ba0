from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.delivery_state import DeliveryState
from ...models.webhook_delivery_page import WebhookDeliveryPage
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    webhook: None | str | Unset = UNSET,
    state: DeliveryState | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_webhook: None | str | Unset
    if isinstance(webhook, Unset):
        json_webhook = UNSET
    else:
        json_webhook = webhook
    params["webhook"] = json_webhook

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, DeliveryState):
        json_state = state.value
    else:
        json_state = state
    params["state"] = json_state

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/webhook-deliveries",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> WebhookDeliveryPage | None:
    if response.status_code == 200:
        response_200 = WebhookDeliveryPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[WebhookDeliveryPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    webhook: None | str | Unset = UNSET,
    state: DeliveryState | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[WebhookDeliveryPage]:
    """List Webhook Deliveries

     Return a page of deliveries, those of the newest outcomes first.

    Args:
        webhook (None | str | Unset):
        state (DeliveryState | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[WebhookDeliveryPage]
    """

    kwargs = _get_kwargs(
        webhook=webhook,
        state=state,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    webhook: None | str | Unset = UNSET,
    state: DeliveryState | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> WebhookDeliveryPage | None:
    """List Webhook Deliveries

     Return a page of deliveries, those of the newest outcomes first.

    Args:
        webhook (None | str | Unset):
        state (DeliveryState | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        WebhookDeliveryPage
    """

    return sync_detailed(
        client=client,
        webhook=webhook,
        state=state,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    webhook: None | str | Unset = UNSET,
    state: DeliveryState | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[WebhookDeliveryPage]:
    """List Webhook Deliveries

     Return a page of deliveries, those of the newest outcomes first.

    Args:
        webhook (None | str | Unset):
        state (DeliveryState | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[WebhookDeliveryPage]
    """

    kwargs = _get_kwargs(
        webhook=webhook,
        state=state,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    webhook: None | str | Unset = UNSET,
    state: DeliveryState | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> WebhookDeliveryPage | None:
    """List Webhook Deliveries

     Return a page of deliveries, those of the newest outcomes first.

    Args:
        webhook (None | str | Unset):
        state (DeliveryState | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        WebhookDeliveryPage
    """

    return (
        await asyncio_detailed(
            client=client,
            webhook=webhook,
            state=state,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
