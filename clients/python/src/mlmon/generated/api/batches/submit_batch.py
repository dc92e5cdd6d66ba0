from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.batch_document import BatchDocument
from ...models.batch_submission import BatchSubmission
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    body: BatchSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    if not isinstance(ml_mon_config_revision, Unset):
        headers["MLMon-Config-Revision"] = ml_mon_config_revision

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/batches",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

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
    *,
    client: AuthenticatedClient,
    body: BatchSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> Response[BatchDocument]:
    """Submit Batch

     Submit many runs at once: all of them are taken, or none and every bad item is named.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (BatchSubmission): A request for many runs at once: all of them are taken, or none.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
        ml_mon_config_revision=ml_mon_config_revision,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: BatchSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> BatchDocument | None:
    """Submit Batch

     Submit many runs at once: all of them are taken, or none and every bad item is named.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (BatchSubmission): A request for many runs at once: all of them are taken, or none.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchDocument
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
        ml_mon_config_revision=ml_mon_config_revision,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BatchSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> Response[BatchDocument]:
    """Submit Batch

     Submit many runs at once: all of them are taken, or none and every bad item is named.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (BatchSubmission): A request for many runs at once: all of them are taken, or none.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BatchDocument]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
        ml_mon_config_revision=ml_mon_config_revision,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: BatchSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> BatchDocument | None:
    """Submit Batch

     Submit many runs at once: all of them are taken, or none and every bad item is named.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (BatchSubmission): A request for many runs at once: all of them are taken, or none.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BatchDocument
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
            ml_mon_config_revision=ml_mon_config_revision,
        )
    ).parsed
