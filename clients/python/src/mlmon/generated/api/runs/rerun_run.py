from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.rerun_document import RerunDocument
from ...models.rerun_scope import RerunScope
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    run_id: str,
    *,
    scope: RerunScope | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    params: dict[str, Any] = {}

    json_scope: str | Unset = UNSET
    if not isinstance(scope, Unset):
        json_scope = scope.value

    params["scope"] = json_scope

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/runs/{run_id}/rerun".format(
            run_id=quote(str(run_id), safe=""),
        ),
        "params": params,
    }

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> RerunDocument | None:
    if response.status_code == 202:
        response_202 = RerunDocument.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[RerunDocument]:
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
    scope: RerunScope | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[RerunDocument]:
    """Rerun Run

     Run a run again, as a new run; with its downstream, as a new batch.

    Args:
        run_id (str):
        scope (RerunScope | Unset): One run alone, or with all that waited on it, directly or over
            others.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RerunDocument]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        scope=scope,
        idempotency_key=idempotency_key,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    run_id: str,
    *,
    client: AuthenticatedClient,
    scope: RerunScope | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> RerunDocument | None:
    """Rerun Run

     Run a run again, as a new run; with its downstream, as a new batch.

    Args:
        run_id (str):
        scope (RerunScope | Unset): One run alone, or with all that waited on it, directly or over
            others.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RerunDocument
    """

    return sync_detailed(
        run_id=run_id,
        client=client,
        scope=scope,
        idempotency_key=idempotency_key,
    ).parsed


async def asyncio_detailed(
    run_id: str,
    *,
    client: AuthenticatedClient,
    scope: RerunScope | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> Response[RerunDocument]:
    """Rerun Run

     Run a run again, as a new run; with its downstream, as a new batch.

    Args:
        run_id (str):
        scope (RerunScope | Unset): One run alone, or with all that waited on it, directly or over
            others.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RerunDocument]
    """

    kwargs = _get_kwargs(
        run_id=run_id,
        scope=scope,
        idempotency_key=idempotency_key,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    run_id: str,
    *,
    client: AuthenticatedClient,
    scope: RerunScope | Unset = UNSET,
    idempotency_key: None | str | Unset = UNSET,
) -> RerunDocument | None:
    """Rerun Run

     Run a run again, as a new run; with its downstream, as a new batch.

    Args:
        run_id (str):
        scope (RerunScope | Unset): One run alone, or with all that waited on it, directly or over
            others.
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RerunDocument
    """

    return (
        await asyncio_detailed(
            run_id=run_id,
            client=client,
            scope=scope,
            idempotency_key=idempotency_key,
        )
    ).parsed
