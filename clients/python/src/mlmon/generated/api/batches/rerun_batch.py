from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.batch_document import BatchDocument
from ...models.rerun_only import RerunOnly
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    batch_id: str,
    *,
    only: RerunOnly | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    params: dict[str, Any] = {}

    json_only: str | Unset = UNSET
    if not isinstance(only, Unset):
        json_only = only.value

    params["only"] = json_only

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/batches/{batch_id}/rerun".format(
            batch_id=quote(str(batch_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BatchDocument | None:
    if response.status_code == 202:
        response_202 = BatchDocument.from_dict(response.json())

        return response_202

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
    only: RerunOnly | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[BatchDocument]:
    """Rerun Batch

     Run a finished batch again, or what did not succeed of it, as a new batch.

    Args:
        batch_id (str):
        only (RerunOnly | Unset): All runs of a batch, or those that did not succeed.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        batch_id=batch_id,
        only=only,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    only: RerunOnly | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> BatchDocument | None:
    """Rerun Batch

     Run a finished batch again, or what did not succeed of it, as a new batch.

    Args:
        batch_id (str):
        only (RerunOnly | Unset): All runs of a batch, or those that did not succeed.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchDocument
    """

    return sync_detailed(
        batch_id=batch_id,
        client=client,
        only=only,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    only: RerunOnly | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[BatchDocument]:
    """Rerun Batch

     Run a finished batch again, or what did not succeed of it, as a new batch.

    Args:
        batch_id (str):
        only (RerunOnly | Unset): All runs of a batch, or those that did not succeed.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        batch_id=batch_id,
        only=only,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    batch_id: str,
    *,
    client: AuthenticatedClient,
    only: RerunOnly | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> BatchDocument | None:
    """Rerun Batch

     Run a finished batch again, or what did not succeed of it, as a new batch.

    Args:
        batch_id (str):
        only (RerunOnly | Unset): All runs of a batch, or those that did not succeed.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

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
            only=only,
            idempotency_key=idempotency_key,
        )
    ).parsed
