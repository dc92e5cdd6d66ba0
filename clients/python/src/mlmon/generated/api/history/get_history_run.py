from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.run_document import RunDocument
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    run_id: str,
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
        "url": "/v1/history/runs/{run_id}".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> RunDocument | None:
    if response.status_code == 200:
        response_200 = RunDocument.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[RunDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[RunDocument]:
    """Get History Run

     Return a run as history has it, with its attempts.

    Args:
        run_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunDocument]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        within_clients=within_clients,
        within_jobs=within_jobs,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    run_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> RunDocument | None:
    """Get History Run

     Return a run as history has it, with its attempts.

    Args:
        run_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunDocument
    """

    return sync_detailed(
        run_id=run_id,
        client=client,
        within_clients=within_clients,
        within_jobs=within_jobs,
    ).parsed


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> Response[RunDocument]:
    """Get History Run

     Return a run as history has it, with its attempts.

    Args:
        run_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunDocument]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        within_clients=within_clients,
        within_jobs=within_jobs,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    run_id: str,
    *,
    client: AuthenticatedClient,
    within_clients: list[str] | None | Unset = UNSET,
    within_jobs: list[str] | None | Unset = UNSET,
) -> RunDocument | None:
    """Get History Run

     Return a run as history has it, with its attempts.

    Args:
        run_id (str):
        within_clients (list[str] | None | Unset): Show nothing of other clients than these.
        within_jobs (list[str] | None | Unset): Nor of other jobs.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunDocument
    """

    return (
        await asyncio_detailed(
            run_id=run_id,
            client=client,
            within_clients=within_clients,
            within_jobs=within_jobs,
        )
    ).parsed
