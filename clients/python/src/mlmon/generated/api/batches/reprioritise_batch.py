from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.batch_document import BatchDocument
from ...models.priority_change import PriorityChange
from typing import cast


def _get_kwargs(
    batch_id: str,
    *,
    body: PriorityChange,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/batches/{batch_id}/priority".format(
            batch_id=quote(str(batch_id), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BatchDocument | None:
    if response.status_code == 200:
        response_200 = BatchDocument.from_dict(response.json())

        return response_200

    if response.status_code == 202:
        response_202 = BatchDocument.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BatchDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    body: PriorityChange,
) -> Response[BatchDocument]:
    """Reprioritise Batch

     Give every run of a batch that waits another priority; 202 where that goes on by itself.

    Args:
        batch_id (str):
        body (PriorityChange): Another priority for what waits; one point is worth one minute of
            waiting.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        batch_id=batch_id,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    body: PriorityChange,
) -> BatchDocument | None:
    """Reprioritise Batch

     Give every run of a batch that waits another priority; 202 where that goes on by itself.

    Args:
        batch_id (str):
        body (PriorityChange): Another priority for what waits; one point is worth one minute of
            waiting.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchDocument
    """

    return sync_detailed(
        batch_id=batch_id,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    body: PriorityChange,
) -> Response[BatchDocument]:
    """Reprioritise Batch

     Give every run of a batch that waits another priority; 202 where that goes on by itself.

    Args:
        batch_id (str):
        body (PriorityChange): Another priority for what waits; one point is worth one minute of
            waiting.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        batch_id=batch_id,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    body: PriorityChange,
) -> BatchDocument | None:
    """Reprioritise Batch

     Give every run of a batch that waits another priority; 202 where that goes on by itself.

    Args:
        batch_id (str):
        body (PriorityChange): Another priority for what waits; one point is worth one minute of
            waiting.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchDocument
    """

    return (
        await asyncio_detailed(
            batch_id=batch_id,
            client=client,
            body=body,
        )
    ).parsed
