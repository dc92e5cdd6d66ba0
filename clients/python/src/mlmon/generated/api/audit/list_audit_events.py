from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.audit_event_page import AuditEventPage
from ...models.kind import Kind
from ...types import UNSET, Unset
from typing import cast
import datetime


def _get_kwargs(
    *,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    kind: Kind | None | Unset = UNSET,
    name: str | Unset = "",
    by: str | Unset = "",
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["limit"] = limit

    json_kind: None | str | Unset
    if isinstance(kind, Unset):
        json_kind = UNSET
    elif isinstance(kind, Kind):
        json_kind = kind.value
    else:
        json_kind = kind
    params["kind"] = json_kind

    params["name"] = name

    params["by"] = by

    json_since: None | str | Unset
    if isinstance(since, Unset):
        json_since = UNSET
    elif isinstance(since, datetime.datetime):
        json_since = since.isoformat()
    else:
        json_since = since
    params["since"] = json_since

    json_until: None | str | Unset
    if isinstance(until, Unset):
        json_until = UNSET
    elif isinstance(until, datetime.datetime):
        json_until = until.isoformat()
    else:
        json_until = until
    params["until"] = json_until

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/audit-events",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuditEventPage | None:
    if response.status_code == 200:
        response_200 = AuditEventPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AuditEventPage]:
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
    kind: Kind | None | Unset = UNSET,
    name: str | Unset = "",
    by: str | Unset = "",
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
) -> Response[AuditEventPage]:
    """List Audit Events

     List the changes of the configuration, the newest first.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        kind (Kind | None | Unset): Only changes of this kind of thing.
        name (str | Unset):  Default: ''.
        by (str | Unset):  Default: ''.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEventPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        kind=kind,
        name=name,
        by=by,
        since=since,
        until=until,
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
    kind: Kind | None | Unset = UNSET,
    name: str | Unset = "",
    by: str | Unset = "",
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
) -> AuditEventPage | None:
    """List Audit Events

     List the changes of the configuration, the newest first.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        kind (Kind | None | Unset): Only changes of this kind of thing.
        name (str | Unset):  Default: ''.
        by (str | Unset):  Default: ''.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEventPage
    """

    return sync_detailed(
        client=client,
        cursor=cursor,
        limit=limit,
        kind=kind,
        name=name,
        by=by,
        since=since,
        until=until,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    kind: Kind | None | Unset = UNSET,
    name: str | Unset = "",
    by: str | Unset = "",
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
) -> Response[AuditEventPage]:
    """List Audit Events

     List the changes of the configuration, the newest first.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        kind (Kind | None | Unset): Only changes of this kind of thing.
        name (str | Unset):  Default: ''.
        by (str | Unset):  Default: ''.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEventPage]
    """

    kwargs = _get_kwargs(
        cursor=cursor,
        limit=limit,
        kind=kind,
        name=name,
        by=by,
        since=since,
        until=until,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    kind: Kind | None | Unset = UNSET,
    name: str | Unset = "",
    by: str | Unset = "",
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
) -> AuditEventPage | None:
    """List Audit Events

     List the changes of the configuration, the newest first.

    Args:
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items on a page, at most. Default: 50.
        kind (Kind | None | Unset): Only changes of this kind of thing.
        name (str | Unset):  Default: ''.
        by (str | Unset):  Default: ''.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEventPage
    """

    return (
        await asyncio_detailed(
            client=client,
            cursor=cursor,
            limit=limit,
            kind=kind,
            name=name,
            by=by,
            since=since,
            until=until,
        )
    ).parsed
