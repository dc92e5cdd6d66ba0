from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.breaker_document import BreakerDocument
from typing import cast


def _get_kwargs(
    job: str,
    version: int,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/breakers/{job}/{version}".format(
            job=quote(str(job), safe=""),
            version=quote(str(version), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BreakerDocument | None:
    if response.status_code == 200:
        response_200 = BreakerDocument.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BreakerDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    job: str,
    version: int,
    *,
    client: AuthenticatedClient,
) -> Response[BreakerDocument]:
    """Get Breaker

     Return the breaker of a version of a job, if it is open, with the reason.

    Args:
        job (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BreakerDocument]
    """

    kwargs = _get_kwargs(
        job=job,
        version=version,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    job: str,
    version: int,
    *,
    client: AuthenticatedClient,
) -> BreakerDocument | None:
    """Get Breaker

     Return the breaker of a version of a job, if it is open, with the reason.

    Args:
        job (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BreakerDocument
    """

    return sync_detailed(
        job=job,
        version=version,
        client=client,
    ).parsed


async def asyncio_detailed(
    job: str,
    version: int,
    *,
    client: AuthenticatedClient,
) -> Response[BreakerDocument]:
    """Get Breaker

     Return the breaker of a version of a job, if it is open, with the reason.

    Args:
        job (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BreakerDocument]
    """

    kwargs = _get_kwargs(
        job=job,
        version=version,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    job: str,
    version: int,
    *,
    client: AuthenticatedClient,
) -> BreakerDocument | None:
    """Get Breaker

     Return the breaker of a version of a job, if it is open, with the reason.

    Args:
        job (str):
        version (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BreakerDocument
    """

    return (
        await asyncio_detailed(
            job=job,
            version=version,
            client=client,
        )
    ).parsed
