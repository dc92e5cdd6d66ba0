from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.firing_page import FiringPage
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    job: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    json_job: None | str | Unset
    if isinstance(job, Unset):
        json_job = UNSET
    else:
        json_job = job
    params["job"] = json_job

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/firings",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> FiringPage | None:
    if response.status_code == 200:
        response_200 = FiringPage.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[FiringPage]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    job: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[FiringPage]:
    """List Firings

     Return the last firings of schedules, the newest first; up to 50 of a job are kept.

    Args:
        job (None | str | Unset): Of this job; of all when left out.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FiringPage]
    """

    kwargs = _get_kwargs(
        job=job,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    job: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> FiringPage | None:
    """List Firings

     Return the last firings of schedules, the newest first; up to 50 of a job are kept.

    Args:
        job (None | str | Unset): Of this job; of all when left out.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FiringPage
    """

    return sync_detailed(
        client=client,
        job=job,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    job: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> Response[FiringPage]:
    """List Firings

     Return the last firings of schedules, the newest first; up to 50 of a job are kept.

    Args:
        job (None | str | Unset): Of this job; of all when left out.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[FiringPage]
    """

    kwargs = _get_kwargs(
        job=job,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    job: None | str | Unset = UNSET,
    limit: int | Unset = 50,
) -> FiringPage | None:
    """List Firings

     Return the last firings of schedules, the newest first; up to 50 of a job are kept.

    Args:
        job (None | str | Unset): Of this job; of all when left out.
        limit (int | Unset):  Default: 50.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        FiringPage
    """

    return (
        await asyncio_detailed(
            client=client,
            job=job,
            limit=limit,
        )
    ).parsed
