from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.history_page import HistoryPage
from ...models.run_state import RunState
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    version: int | None | Unset = UNSET,
    id: list[str] | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_batch: None | str | Unset
    if isinstance(batch, Unset):
        json_batch = UNSET
    else:
        json_batch = batch
    params["batch"] = json_batch

    json_state: None | str | Unset
    if isinstance(state, Unset):
        json_state = UNSET
    elif isinstance(state, RunState):
        json_state = state.value
    else:
        json_state = state
    params["state"] = json_state

    json_job: None | str | Unset
    if isinstance(job, Unset):
        json_job = UNSET
    else:
        json_job = job
    params["job"] = json_job

    json_client_query: None | str | Unset
    if isinstance(client_query, Unset):
        json_client_query = UNSET
    else:
        json_client_query = client_query
    params["client"] = json_client_query

    json_version: int | None | Unset
    if isinstance(version, Unset):
        json_version = UNSET
    else:
        json_version = version
    params["version"] = json_version

    json_id: list[str] | None | Unset
    if isinstance(id, Unset):
        json_id = UNSET
    elif isinstance(id, list):
        json_id = id

    else:
        json_id = id
    params["id"] = json_id

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
        "url": "/v1/history/runs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> HistoryPage | None:
    if response.status_code == 200:
        response_200 = HistoryPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[HistoryPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    version: int | None | Unset = UNSET,
    id: list[str] | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[HistoryPage]:
    """List History Runs

     Return a page of runs, newest first, that fit every filter that is given.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        version (int | None | Unset):
        id (list[str] | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[HistoryPage]
    """

    kwargs = _get_kwargs(
        batch=batch,
        state=state,
        job=job,
        client_query=client_query,
        version=version,
        id=id,
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
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    version: int | None | Unset = UNSET,
    id: list[str] | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> HistoryPage | None:
    """List History Runs

     Return a page of runs, newest first, that fit every filter that is given.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        version (int | None | Unset):
        id (list[str] | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HistoryPage
    """

    return sync_detailed(
        client=client,
        batch=batch,
        state=state,
        job=job,
        client_query=client_query,
        version=version,
        id=id,
        cursor=cursor,
        limit=limit,
        within_clients=within_clients,
        within_jobs=within_jobs,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    version: int | None | Unset = UNSET,
    id: list[str] | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[HistoryPage]:
    """List History Runs

     Return a page of runs, newest first, that fit every filter that is given.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        version (int | None | Unset):
        id (list[str] | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[HistoryPage]
    """

    kwargs = _get_kwargs(
        batch=batch,
        state=state,
        job=job,
        client_query=client_query,
        version=version,
        id=id,
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
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    version: int | None | Unset = UNSET,
    id: list[str] | None | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> HistoryPage | None:
    """List History Runs

     Return a page of runs, newest first, that fit every filter that is given.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        version (int | None | Unset):
        id (list[str] | None | Unset):
        cursor (None | str | Unset): The next_cursor of the page before.
        limit (int | Unset): Items of a page at most. Default: 50.
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        HistoryPage
    """

    return (
        await asyncio_detailed(
            client=client,
            batch=batch,
            state=state,
            job=job,
            client_query=client_query,
            version=version,
            id=id,
            cursor=cursor,
            limit=limit,
            within_clients=within_clients,
            within_jobs=within_jobs,
        )
    ).parsed
