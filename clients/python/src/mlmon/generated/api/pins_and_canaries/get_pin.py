from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.pin_document import PinDocument
from typing import cast


def _get_kwargs(
    name: str,
    client_path: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/job-definitions/{name}/pins/{client_path}".format(
            name=quote(str(name), safe=""),
            client_path=quote(str(client_path), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> PinDocument | None:
    if response.status_code == 200:
        response_200 = PinDocument.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[PinDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    client_path: str,
    *,
    client: AuthenticatedClient,
) -> Response[PinDocument]:
    """Get Pin

     Return the version that a client is pinned to.

    Args:
        name (str):
        client_path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PinDocument]
    """

    kwargs = _get_kwargs(
        name=name,
        client_path=client_path,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    client_path: str,
    *,
    client: AuthenticatedClient,
) -> PinDocument | None:
    """Get Pin

     Return the version that a client is pinned to.

    Args:
        name (str):
        client_path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PinDocument
    """

    return sync_detailed(
        name=name,
        client_path=client_path,
        client=client,
    ).parsed


async def asyncio_detailed(
    name: str,
    client_path: str,
    *,
    client: AuthenticatedClient,
) -> Response[PinDocument]:
    """Get Pin

     Return the version that a client is pinned to.

    Args:
        name (str):
        client_path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[PinDocument]
    """

    kwargs = _get_kwargs(
        name=name,
        client_path=client_path,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    client_path: str,
    *,
    client: AuthenticatedClient,
) -> PinDocument | None:
    """Get Pin

     Return the version that a client is pinned to.

    Args:
        name (str):
        client_path (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        PinDocument
    """

    return (
        await asyncio_detailed(
            name=name,
            client_path=client_path,
            client=client,
        )
    ).parsed
