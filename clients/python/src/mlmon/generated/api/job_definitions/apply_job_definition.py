from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.apply_result import ApplyResult
from ...models.job_definition import JobDefinition
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    body: JobDefinition,
    dry_run: bool | Unset = False,
    canary_percent: float | None | Unset = UNSET,
    canary_clients: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["if-match"] = if_match

    if not isinstance(if_none_match, Unset):
        headers["if-none-match"] = if_none_match

    params: dict[str, Any] = {}

    params["dry_run"] = dry_run

    json_canary_percent: float | None | Unset
    if isinstance(canary_percent, Unset):
        json_canary_percent = UNSET
    else:
        json_canary_percent = canary_percent
    params["canary_percent"] = json_canary_percent

    json_canary_clients: None | str | Unset
    if isinstance(canary_clients, Unset):
        json_canary_clients = UNSET
    else:
        json_canary_clients = canary_clients
    params["canary_clients"] = json_canary_clients

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/job-definitions",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ApplyResult | None:
    if response.status_code == 200:
        response_200 = ApplyResult.from_dict(response.json())

        return response_200

    if response.status_code == 201:
        response_201 = ApplyResult.from_dict(response.json())

        return response_201

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[ApplyResult]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: JobDefinition,
    dry_run: bool | Unset = False,
    canary_percent: float | None | Unset = UNSET,
    canary_clients: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> Response[ApplyResult]:
    """Apply Job Definition

     Save a job definition given as YAML or JSON; the same content again changes nothing.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        canary_percent (float | None | Unset): Let so many of the clients try the version; others
            keep theirs.
        canary_clients (None | str | Unset): Let these clients try the version: `a,b`.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (JobDefinition): One version of what can run, as its author wrote it, with the
            defaults filled in.

            Attributes:
                secrets: By the name of the file that holds it, the name of the secret.
                join: How many of a run's dependencies must be met.
                on_upstream_failure: What happens once so many never will be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApplyResult]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        canary_percent=canary_percent,
        canary_clients=canary_clients,
        if_match=if_match,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: JobDefinition,
    dry_run: bool | Unset = False,
    canary_percent: float | None | Unset = UNSET,
    canary_clients: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> ApplyResult | None:
    """Apply Job Definition

     Save a job definition given as YAML or JSON; the same content again changes nothing.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        canary_percent (float | None | Unset): Let so many of the clients try the version; others
            keep theirs.
        canary_clients (None | str | Unset): Let these clients try the version: `a,b`.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (JobDefinition): One version of what can run, as its author wrote it, with the
            defaults filled in.

            Attributes:
                secrets: By the name of the file that holds it, the name of the secret.
                join: How many of a run's dependencies must be met.
                on_upstream_failure: What happens once so many never will be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApplyResult
    """

    return sync_detailed(
        client=client,
        body=body,
        dry_run=dry_run,
        canary_percent=canary_percent,
        canary_clients=canary_clients,
        if_match=if_match,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: JobDefinition,
    dry_run: bool | Unset = False,
    canary_percent: float | None | Unset = UNSET,
    canary_clients: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> Response[ApplyResult]:
    """Apply Job Definition

     Save a job definition given as YAML or JSON; the same content again changes nothing.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        canary_percent (float | None | Unset): Let so many of the clients try the version; others
            keep theirs.
        canary_clients (None | str | Unset): Let these clients try the version: `a,b`.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (JobDefinition): One version of what can run, as its author wrote it, with the
            defaults filled in.

            Attributes:
                secrets: By the name of the file that holds it, the name of the secret.
                join: How many of a run's dependencies must be met.
                on_upstream_failure: What happens once so many never will be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApplyResult]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        canary_percent=canary_percent,
        canary_clients=canary_clients,
        if_match=if_match,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: JobDefinition,
    dry_run: bool | Unset = False,
    canary_percent: float | None | Unset = UNSET,
    canary_clients: None | str | Unset = UNSET,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> ApplyResult | None:
    """Apply Job Definition

     Save a job definition given as YAML or JSON; the same content again changes nothing.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        canary_percent (float | None | Unset): Let so many of the clients try the version; others
            keep theirs.
        canary_clients (None | str | Unset): Let these clients try the version: `a,b`.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (JobDefinition): One version of what can run, as its author wrote it, with the
            defaults filled in.

            Attributes:
                secrets: By the name of the file that holds it, the name of the secret.
                join: How many of a run's dependencies must be met.
                on_upstream_failure: What happens once so many never will be.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApplyResult
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            dry_run=dry_run,
            canary_percent=canary_percent,
            canary_clients=canary_clients,
            if_match=if_match,
            if_none_match=if_none_match,
        )
    ).parsed
