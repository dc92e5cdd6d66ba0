from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.apply_result import ApplyResult
from ...models.pause_request import PauseRequest
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    job: str,
    *,
    body: PauseRequest,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["if-match"] = if_match

    if not isinstance(if_none_match, Unset):
        headers["if-none-match"] = if_none_match

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/schedules/{job}/pause".format(
            job=quote(str(job), safe=""),
        ),
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
    job: str,
    *,
    client: AuthenticatedClient,
    body: PauseRequest,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> Response[ApplyResult]:
    """Pause Schedule

     Let a job start nothing by itself; slots that pass meanwhile are not made up for.

    Args:
        job (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (PauseRequest): Why something is paused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApplyResult]
    """

    kwargs = _get_kwargs(
        job=job,
        body=body,
        if_match=if_match,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    job: str,
    *,
    client: AuthenticatedClient,
    body: PauseRequest,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> ApplyResult | None:
    """Pause Schedule

     Let a job start nothing by itself; slots that pass meanwhile are not made up for.

    Args:
        job (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (PauseRequest): Why something is paused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApplyResult
    """

    return sync_detailed(
        job=job,
        client=client,
        body=body,
        if_match=if_match,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    job: str,
    *,
    client: AuthenticatedClient,
    body: PauseRequest,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> Response[ApplyResult]:
    """Pause Schedule

     Let a job start nothing by itself; slots that pass meanwhile are not made up for.

    Args:
        job (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (PauseRequest): Why something is paused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApplyResult]
    """

    kwargs = _get_kwargs(
        job=job,
        body=body,
        if_match=if_match,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    job: str,
    *,
    client: AuthenticatedClient,
    body: PauseRequest,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> ApplyResult | None:
    """Pause Schedule

     Let a job start nothing by itself; slots that pass meanwhile are not made up for.

    Args:
        job (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (PauseRequest): Why something is paused.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApplyResult
    """

    return (
        await asyncio_detailed(
            job=job,
            client=client,
            body=body,
            if_match=if_match,
            if_none_match=if_none_match,
        )
    ).parsed
