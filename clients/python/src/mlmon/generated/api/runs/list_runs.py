from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.run_page import RunPage
from ...models.run_state import RunState
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
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
        "url": "/v1/runs",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> RunPage | None:
    if response.status_code == 200:
        response_200 = RunPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[RunPage]:
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
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[RunPage]:
    """List Runs

     Return a page of runs, newest first; those of a live batch in order of submission.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunPage]
    """

    kwargs = _get_kwargs(
        batch=batch,
        state=state,
        job=job,
        client_query=client_query,
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
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> RunPage | None:
    """List Runs

     Return a page of runs, newest first; those of a live batch in order of submission.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunPage
    """

    return sync_detailed(
        client=client,
        batch=batch,
        state=state,
        job=job,
        client_query=client_query,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    batch: None | str | Unset = UNSET,
    state: None | RunState | Unset = UNSET,
    job: None | str | Unset = UNSET,
    client_query: None | str | Unset = UNSET,
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[RunPage]:
    """List Runs

     Return a page of runs, newest first; those of a live batch in order of submission.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunPage]
    """

    kwargs = _get_kwargs(
        batch=batch,
        state=state,
        job=job,
        client_query=client_query,
        cursor=cursor,
        limit=limit,
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
    cursor: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> RunPage | None:
    """List Runs

     Return a page of runs, newest first; those of a live batch in order of submission.

    Args:
        batch (None | str | Unset):
        state (None | RunState | Unset):
        job (None | str | Unset):
        client_query (None | str | Unset):
        cursor (None | str | Unset): `next_cursor` of the page before.
        limit (int | Unset): Items a page. Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunPage
    """

    return (
        await asyncio_detailed(
            client=client,
            batch=batch,
            state=state,
            job=job,
            client_query=client_query,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
