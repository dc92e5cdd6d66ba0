from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.rotation_request import RotationRequest
from ...models.webhook_secret_document import WebhookSecretDocument
from typing import cast


def _get_kwargs(
    name: str,
    *,
    body: RotationRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/webhooks/{name}/rotate".format(
            name=quote(str(name), safe=""),
        ),
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> WebhookSecretDocument | None:
    if response.status_code == 200:
        response_200 = WebhookSecretDocument.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[WebhookSecretDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: RotationRequest,
) -> Response[WebhookSecretDocument]:
    """Rotate Webhook Secret

     Make a new secret, which this answer alone shows; the old one signs as well for a while.

    Args:
        name (str):
        body (RotationRequest): A request for a new secret.

            Attributes:
                keep_old: How long the old one signs as well, so that receivers can change over.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[WebhookSecretDocument]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: RotationRequest,
) -> WebhookSecretDocument | None:
    """Rotate Webhook Secret

     Make a new secret, which this answer alone shows; the old one signs as well for a while.

    Args:
        name (str):
        body (RotationRequest): A request for a new secret.

            Attributes:
                keep_old: How long the old one signs as well, so that receivers can change over.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        WebhookSecretDocument
    """

    return sync_detailed(
        name=name,
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: RotationRequest,
) -> Response[WebhookSecretDocument]:
    """Rotate Webhook Secret

     Make a new secret, which this answer alone shows; the old one signs as well for a while.

    Args:
        name (str):
        body (RotationRequest): A request for a new secret.

            Attributes:
                keep_old: How long the old one signs as well, so that receivers can change over.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[WebhookSecretDocument]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    body: RotationRequest,
) -> WebhookSecretDocument | None:
    """Rotate Webhook Secret

     Make a new secret, which this answer alone shows; the old one signs as well for a while.

    Args:
        name (str):
        body (RotationRequest): A request for a new secret.

            Attributes:
                keep_old: How long the old one signs as well, so that receivers can change over.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        WebhookSecretDocument
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            body=body,
        )
    ).parsed
