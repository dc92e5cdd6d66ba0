from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.create_token_body import CreateTokenBody
from ...models.new_token_document import NewTokenDocument
from typing import cast


def _get_kwargs(
    *,
    body: CreateTokenBody,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/tokens",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> NewTokenDocument | None:
    if response.status_code == 201:
        response_201 = NewTokenDocument.from_dict(response.json())

        return response_201

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[NewTokenDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateTokenBody,
) -> Response[NewTokenDocument]:
    """Create Token

     Create a token; this answer alone shows its secret.

    Args:
        body (CreateTokenBody): A request for a token.

            Attributes:
                pool: The pool that a token of scope `agent` serves.
                clients: The only clients whose runs a token of scope `submitter` or `reader` sees and
                    submits; all when left out.
                jobs: The only jobs of which it sees and submits runs; all when left out.
                expires_at: It never expires when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[NewTokenDocument]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: CreateTokenBody,
) -> NewTokenDocument | None:
    """Create Token

     Create a token; this answer alone shows its secret.

    Args:
        body (CreateTokenBody): A request for a token.

            Attributes:
                pool: The pool that a token of scope `agent` serves.
                clients: The only clients whose runs a token of scope `submitter` or `reader` sees and
                    submits; all when left out.
                jobs: The only jobs of which it sees and submits runs; all when left out.
                expires_at: It never expires when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        NewTokenDocument
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: CreateTokenBody,
) -> Response[NewTokenDocument]:
    """Create Token

     Create a token; this answer alone shows its secret.

    Args:
        body (CreateTokenBody): A request for a token.

            Attributes:
                pool: The pool that a token of scope `agent` serves.
                clients: The only clients whose runs a token of scope `submitter` or `reader` sees and
                    submits; all when left out.
                jobs: The only jobs of which it sees and submits runs; all when left out.
                expires_at: It never expires when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[NewTokenDocument]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: CreateTokenBody,
) -> NewTokenDocument | None:
    """Create Token

     Create a token; this answer alone shows its secret.

    Args:
        body (CreateTokenBody): A request for a token.

            Attributes:
                pool: The pool that a token of scope `agent` serves.
                clients: The only clients whose runs a token of scope `submitter` or `reader` sees and
                    submits; all when left out.
                jobs: The only jobs of which it sees and submits runs; all when left out.
                expires_at: It never expires when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        NewTokenDocument
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
