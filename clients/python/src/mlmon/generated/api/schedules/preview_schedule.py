from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.preview_document import PreviewDocument
from ...models.preview_request import PreviewRequest
from typing import cast


def _get_kwargs(
    *,
    body: PreviewRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/schedules/preview",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PreviewDocument | None:
    if response.status_code == 200:
        response_200 = PreviewDocument.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PreviewDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: PreviewRequest,
) -> Response[PreviewDocument]:
    """Preview Schedule

     Say when a schedule would fire, in UTC and in its zone; nothing is stored.

    Args:
        body (PreviewRequest): A schedule that is not saved yet.

            Attributes:
                after: Slots after this moment; now when left out.
                count: How many.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PreviewDocument]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: PreviewRequest,
) -> PreviewDocument | None:
    """Preview Schedule

     Say when a schedule would fire, in UTC and in its zone; nothing is stored.

    Args:
        body (PreviewRequest): A schedule that is not saved yet.

            Attributes:
                after: Slots after this moment; now when left out.
                count: How many.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PreviewDocument
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: PreviewRequest,
) -> Response[PreviewDocument]:
    """Preview Schedule

     Say when a schedule would fire, in UTC and in its zone; nothing is stored.

    Args:
        body (PreviewRequest): A schedule that is not saved yet.

            Attributes:
                after: Slots after this moment; now when left out.
                count: How many.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PreviewDocument]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: PreviewRequest,
) -> PreviewDocument | None:
    """Preview Schedule

     Say when a schedule would fire, in UTC and in its zone; nothing is stored.

    Args:
        body (PreviewRequest): A schedule that is not saved yet.

            Attributes:
                after: Slots after this moment; now when left out.
                count: How many.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PreviewDocument
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
