from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.apply_catalog_body import ApplyCatalogBody
from ...models.catalog_result import CatalogResult
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    body: ApplyCatalogBody,
    dry_run: bool | Unset = False,
    if_match: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["if-match"] = if_match

    params: dict[str, Any] = {}

    params["dry_run"] = dry_run

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/catalog",
        "params": params,
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> CatalogResult | None:
    if response.status_code == 200:
        response_200 = CatalogResult.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[CatalogResult]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: ApplyCatalogBody,
    dry_run: bool | Unset = False,
    if_match: None | str | Unset = UNSET,
) -> Response[CatalogResult]:
    """Apply Catalog

     Save pools, resources, clients and job definitions together, or nothing of them.

    The `etag` of a dry run, sent back as `If-Match`, refuses to save what is not as it was planned.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        body (ApplyCatalogBody): What is saved together; each may name what stands beside it.

            Attributes:
                archive: Jobs that take no new runs any more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CatalogResult]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        if_match=if_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: ApplyCatalogBody,
    dry_run: bool | Unset = False,
    if_match: None | str | Unset = UNSET,
) -> CatalogResult | None:
    """Apply Catalog

     Save pools, resources, clients and job definitions together, or nothing of them.

    The `etag` of a dry run, sent back as `If-Match`, refuses to save what is not as it was planned.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        body (ApplyCatalogBody): What is saved together; each may name what stands beside it.

            Attributes:
                archive: Jobs that take no new runs any more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CatalogResult
    """

    return sync_detailed(
        client=client,
        body=body,
        dry_run=dry_run,
        if_match=if_match,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: ApplyCatalogBody,
    dry_run: bool | Unset = False,
    if_match: None | str | Unset = UNSET,
) -> Response[CatalogResult]:
    """Apply Catalog

     Save pools, resources, clients and job definitions together, or nothing of them.

    The `etag` of a dry run, sent back as `If-Match`, refuses to save what is not as it was planned.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        body (ApplyCatalogBody): What is saved together; each may name what stands beside it.

            Attributes:
                archive: Jobs that take no new runs any more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[CatalogResult]
    """

    kwargs = _get_kwargs(
        body=body,
        dry_run=dry_run,
        if_match=if_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: ApplyCatalogBody,
    dry_run: bool | Unset = False,
    if_match: None | str | Unset = UNSET,
) -> CatalogResult | None:
    """Apply Catalog

     Save pools, resources, clients and job definitions together, or nothing of them.

    The `etag` of a dry run, sent back as `If-Match`, refuses to save what is not as it was planned.

    Args:
        dry_run (bool | Unset): Say what would change, and change nothing. Default: False.
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        body (ApplyCatalogBody): What is saved together; each may name what stands beside it.

            Attributes:
                archive: Jobs that take no new runs any more.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        CatalogResult
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            dry_run=dry_run,
            if_match=if_match,
        )
    ).parsed
