from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.action import Action
from ...models.action_kind import ActionKind
from ...models.action_page import ActionPage
from ...types import UNSET, Unset
from typing import cast
import datetime


def _get_kwargs(
    *,
    by: None | str | Unset = UNSET,
    action: Action | None | Unset = UNSET,
    kind: ActionKind | None | Unset = UNSET,
    name: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_by: None | str | Unset
    if isinstance(by, Unset):
        json_by = UNSET
    else:
        json_by = by
    params["by"] = json_by

    json_action: None | str | Unset
    if isinstance(action, Unset):
        json_action = UNSET
    elif isinstance(action, Action):
        json_action = action.value
    else:
        json_action = action
    params["action"] = json_action

    json_kind: None | str | Unset
    if isinstance(kind, Unset):
        json_kind = UNSET
    elif isinstance(kind, ActionKind):
        json_kind = kind.value
    else:
        json_kind = kind
    params["kind"] = json_kind

    json_name: None | str | Unset
    if isinstance(name, Unset):
        json_name = UNSET
    else:
        json_name = name
    params["name"] = json_name

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

    json_cursor: None | str | Unset
    if isinstance(cursor, Unset):
        json_cursor = UNSET
    else:
        json_cursor = cursor
    params["cursor"] = json_cursor

    params["limit"] = limit

    json_within_clients: list[str] | None | Unset
    if isinstance(within_clients, Unset):
        json_within_clients = UNSET
    elif isinstance(within_clients, list):
        json_within_clients = within_clients

    else:
        json_within_clients = within_clients
    params["within_clients"] = json_within_clients

    json_within_jobs: list[str] | None | Unset
    if isinstance(within_jobs, Unset):
        json_within_jobs = UNSET
    elif isinstance(within_jobs, list):
        json_within_jobs = within_jobs

    else:
        json_within_jobs = within_jobs
    params["within_jobs"] = json_within_jobs

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/history/actions",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ActionPage | None:
    if response.status_code == 200:
        response_200 = ActionPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ActionPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    by: None | str | Unset = UNSET,
    action: Action | None | Unset = UNSET,
    kind: ActionKind | None | Unset = UNSET,
    name: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[ActionPage]:
    """List Actions

     Return a page of what people did to runs, batches, agents, breakers and backfills.

    Args:
        by (None | str | Unset):
        action (Action | None | Unset):
        kind (ActionKind | None | Unset): Of the thing.
        name (None | str | Unset): Id of the thing.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ActionPage]
    """

    kwargs = _get_kwargs(
        by=by,
        action=action,
        kind=kind,
        name=name,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
        within_clients=within_clients,
        within_jobs=within_jobs,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    by: None | str | Unset = UNSET,
    action: Action | None | Unset = UNSET,
    kind: ActionKind | None | Unset = UNSET,
    name: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> ActionPage | None:
    """List Actions

     Return a page of what people did to runs, batches, agents, breakers and backfills.

    Args:
        by (None | str | Unset):
        action (Action | None | Unset):
        kind (ActionKind | None | Unset): Of the thing.
        name (None | str | Unset): Id of the thing.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ActionPage
    """

    return sync_detailed(
        client=client,
        by=by,
        action=action,
        kind=kind,
        name=name,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
        within_clients=within_clients,
        within_jobs=within_jobs,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    by: None | str | Unset = UNSET,
    action: Action | None | Unset = UNSET,
    kind: ActionKind | None | Unset = UNSET,
    name: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[ActionPage]:
    """List Actions

     Return a page of what people did to runs, batches, agents, breakers and backfills.

    Args:
        by (None | str | Unset):
        action (Action | None | Unset):
        kind (ActionKind | None | Unset): Of the thing.
        name (None | str | Unset): Id of the thing.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ActionPage]
    """

    kwargs = _get_kwargs(
        by=by,
        action=action,
        kind=kind,
        name=name,
        since=since,
        until=until,
        cursor=cursor,
        limit=limit,
        within_clients=within_clients,
        within_jobs=within_jobs,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    by: None | str | Unset = UNSET,
    action: Action | None | Unset = UNSET,
    kind: ActionKind | None | Unset = UNSET,
    name: None | str | Unset = UNSET,
    since: datetime.datetime | None | Unset = UNSET,
    until: datetime.datetime | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> ActionPage | None:
    """List Actions

     Return a page of what people did to runs, batches, agents, breakers and backfills.

    Args:
        by (None | str | Unset):
        action (Action | None | Unset):
        kind (ActionKind | None | Unset): Of the thing.
        name (None | str | Unset): Id of the thing.
        since (datetime.datetime | None | Unset): Not before this time.
        until (datetime.datetime | None | Unset): Before this time.
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ActionPage
    """

    return (
        await asyncio_detailed(
            client=client,
            by=by,
            action=action,
            kind=kind,
            name=name,
            since=since,
            until=until,
            cursor=cursor,
            limit=limit,
            within_clients=within_clients,
            within_jobs=within_jobs,
        )
    ).parsed
