from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.attempt_page import AttemptPage
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    run: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_run: None | str | Unset
    if isinstance(run, Unset):
        json_run = UNSET
    else:
        json_run = run
    params["run"] = json_run

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
        "url": "/v1/history/attempts",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AttemptPage | None:
    if response.status_code == 200:
        response_200 = AttemptPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AttemptPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    run: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[AttemptPage]:
    """List History Attempts

     Return a page of attempts, newest first, of one run or of all.

    Args:
        run (None | str | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AttemptPage]
    """

    kwargs = _get_kwargs(
        run=run,
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
    run: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> AttemptPage | None:
    """List History Attempts

     Return a page of attempts, newest first, of one run or of all.

    Args:
        run (None | str | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AttemptPage
    """

    return sync_detailed(
        client=client,
        run=run,
        cursor=cursor,
        limit=limit,
        within_clients=within_clients,
        within_jobs=within_jobs,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    run: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[AttemptPage]:
    """List History Attempts

     Return a page of attempts, newest first, of one run or of all.

    Args:
        run (None | str | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AttemptPage]
    """

    kwargs = _get_kwargs(
        run=run,
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
    run: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> AttemptPage | None:
    """List History Attempts

     Return a page of attempts, newest first, of one run or of all.

    Args:
        run (None | str | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AttemptPage
    """

    return (
        await asyncio_detailed(
            client=client,
            run=run,
            cursor=cursor,
            limit=limit,
            within_clients=within_clients,
            within_jobs=within_jobs,
        )
    ).parsed
