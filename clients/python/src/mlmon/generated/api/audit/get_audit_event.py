from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.audit_event import AuditEvent
from typing import cast


def _get_kwargs(
    revision: int,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/audit-events/{revision}".format(
            revision=quote(str(revision), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> AuditEvent | None:
    if response.status_code == 200:
        response_200 = AuditEvent.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[AuditEvent]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    revision: int,
    *,
    client: AuthenticatedClient,
) -> Response[AuditEvent]:
    """Get Audit Event

     Return the change of the configuration that is visible since a config revision.

    Args:
        revision (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEvent]
    """

    kwargs = _get_kwargs(
        revision=revision,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    revision: int,
    *,
    client: AuthenticatedClient,
) -> AuditEvent | None:
    """Get Audit Event

     Return the change of the configuration that is visible since a config revision.

    Args:
        revision (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEvent
    """

    return sync_detailed(
        revision=revision,
        client=client,
    ).parsed


async def asyncio_detailed(
    revision: int,
    *,
    client: AuthenticatedClient,
) -> Response[AuditEvent]:
    """Get Audit Event

     Return the change of the configuration that is visible since a config revision.

    Args:
        revision (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[AuditEvent]
    """

    kwargs = _get_kwargs(
        revision=revision,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    revision: int,
    *,
    client: AuthenticatedClient,
) -> AuditEvent | None:
    """Get Audit Event

     Return the change of the configuration that is visible since a config revision.

    Args:
        revision (int):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        AuditEvent
    """

    return (
        await asyncio_detailed(
            revision=revision,
            client=client,
        )
    ).parsed
