from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.client_page import ClientPage
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = "",
    label: list[str] | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["limit"] = limit

    params["name"] = name

    json_label: list[str] | Unset = UNSET
    if not isinstance(label, Unset):
        json_label = label

    params["label"] = json_label

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/clients",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ClientPage | None:
    if response.status_code == 200:
        response_200 = ClientPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ClientPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = "",
    label: list[str] | Unset = UNSET,
) -> Response[ClientPage]:
    """List Clients

     List clients, by name.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        name (str | Unset): Only names that begin so. Default: ''.
        label (list[str] | Unset): Only those with this label, `key:value`; repeatable.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ClientPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        name=name,
        label=label,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = "",
    label: list[str] | Unset = UNSET,
) -> ClientPage | None:
    """List Clients

     List clients, by name.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        name (str | Unset): Only names that begin so. Default: ''.
        label (list[str] | Unset): Only those with this label, `key:value`; repeatable.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ClientPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        limit=limit,
        name=name,
        label=label,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = "",
    label: list[str] | Unset = UNSET,
) -> Response[ClientPage]:
    """List Clients

     List clients, by name.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        name (str | Unset): Only names that begin so. Default: ''.
        label (list[str] | Unset): Only those with this label, `key:value`; repeatable.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ClientPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        name=name,
        label=label,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    name: str | Unset = "",
    label: list[str] | Unset = UNSET,
) -> ClientPage | None:
    """List Clients

     List clients, by name.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        name (str | Unset): Only names that begin so. Default: ''.
        label (list[str] | Unset): Only those with this label, `key:value`; repeatable.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ClientPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            limit=limit,
            name=name,
            label=label,
        )
    ).parsed
