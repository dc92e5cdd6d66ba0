from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.backfill_document import BackfillDocument
from typing import cast


def _get_kwargs(
    backfill_id: str,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/backfills/{backfill_id}/cancel".format(
            backfill_id=quote(str(backfill_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BackfillDocument | None:
    if response.status_code == 200:
        response_200 = BackfillDocument.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BackfillDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    backfill_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[BackfillDocument]:
    """Cancel Backfill

     Begin no further slot, and cancel every run.

    Args:
        backfill_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BackfillDocument]
    """

    kwargs = _get_kwargs(
        backfill_id=backfill_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    backfill_id: str,
    *,
    client: AuthenticatedClient,
) -> BackfillDocument | None:
    """Cancel Backfill

     Begin no further slot, and cancel every run.

    Args:
        backfill_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BackfillDocument
    """

    return sync_detailed(
        backfill_id=backfill_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    backfill_id: str,
    *,
    client: AuthenticatedClient,
) -> Response[BackfillDocument]:
    """Cancel Backfill

     Begin no further slot, and cancel every run.

    Args:
        backfill_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BackfillDocument]
    """

    kwargs = _get_kwargs(
        backfill_id=backfill_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    backfill_id: str,
    *,
    client: AuthenticatedClient,
) -> BackfillDocument | None:
    """Cancel Backfill

     Begin no further slot, and cancel every run.

    Args:
        backfill_id (str):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BackfillDocument
    """

    return (
        await asyncio_detailed(
            backfill_id=backfill_id,
            client=client,
        )
    ).parsed
