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
    timeout: float | Unset = 60.0,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["timeout"] = timeout

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/runs/{run_id}/wait".format(
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
    timeout: float | Unset = 60.0,
) -> Response[RunDocument]:
    """Wait Run

     Return the run once it is final, or as it is when the time is up.

    Args:
        run_id (str):
        timeout (float | Unset): Seconds. Default: 60.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunDocument]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        timeout=timeout,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    run_id: str,
    *,
    client: AuthenticatedClient,
    timeout: float | Unset = 60.0,
) -> RunDocument | None:
    """Wait Run

     Return the run once it is final, or as it is when the time is up.

    Args:
        run_id (str):
        timeout (float | Unset): Seconds. Default: 60.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunDocument
    """

    return sync_detailed(
        run_id=run_id,
        client=client,
        timeout=timeout,
    ).parsed


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient,
    timeout: float | Unset = 60.0,
) -> Response[RunDocument]:
    """Wait Run

     Return the run once it is final, or as it is when the time is up.

    Args:
        run_id (str):
        timeout (float | Unset): Seconds. Default: 60.0.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunDocument]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        timeout=timeout,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    run_id: str,
    *,
    client: AuthenticatedClient,
    timeout: float | Unset = 60.0,
) -> RunDocument | None:
    """Wait Run

     Return the run once it is final, or as it is when the time is up.

    Args:
        run_id (str):
        timeout (float | Unset): Seconds. Default: 60.0.

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
            timeout=timeout,
        )
    ).parsed
