from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.batch_document import BatchDocument
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    batch_id: str,
    *,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

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
        "url": "/v1/history/batches/{batch_id}".format(
            batch_id=quote(str(batch_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BatchDocument | None:
    if response.status_code == 200:
        response_200 = BatchDocument.from_dict(response.json())

        return response_200

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
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[BatchDocument]:
    """Get History Batch

     Return a batch with its runs counted by state.

    Args:
        batch_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        batch_id=batch_id,
        within_clients=within_clients,
        within_jobs=within_jobs,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> BatchDocument | None:
    """Get History Batch

     Return a batch with its runs counted by state.

    Args:
        batch_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchDocument
    """

    return sync_detailed(
        batch_id=batch_id,
        client=client,
        within_clients=within_clients,
        within_jobs=within_jobs,
    ).parsed


async def asyncio_detailed(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[BatchDocument]:
    """Get History Batch

     Return a batch with its runs counted by state.

    Args:
        batch_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        batch_id=batch_id,
        within_clients=within_clients,
        within_jobs=within_jobs,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> BatchDocument | None:
    """Get History Batch

     Return a batch with its runs counted by state.

    Args:
        batch_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

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
            within_clients=within_clients,
            within_jobs=within_jobs,
        )
    ).parsed
