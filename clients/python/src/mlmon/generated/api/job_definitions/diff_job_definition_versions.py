from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.definition_diff import DefinitionDiff
from typing import cast


def _get_kwargs(
    name: str,
    version: int,
    *,
    with_: int,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["with"] = with_

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/v1/job-definitions/{name}/versions/{version}/diff".format(
            name=quote(str(name), safe=""),
            version=quote(str(version), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> DefinitionDiff | None:
    if response.status_code == 200:
        response_200 = DefinitionDiff.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[DefinitionDiff]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    version: int,
    *,
    client: AuthenticatedClient,
    with_: int,
) -> Response[DefinitionDiff]:
    """Diff Job Definition Versions

     Return what changed from the version `with` to this one, with who made each and when.

    Args:
        name (str):
        version (int):
        with_ (int): The version to compare with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DefinitionDiff]
    """

    kwargs = _get_kwargs(
        name=name,
        version=version,
        with_=with_,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    version: int,
    *,
    client: AuthenticatedClient,
    with_: int,
) -> DefinitionDiff | None:
    """Diff Job Definition Versions

     Return what changed from the version `with` to this one, with who made each and when.

    Args:
        name (str):
        version (int):
        with_ (int): The version to compare with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DefinitionDiff
    """

    return sync_detailed(
        name=name,
        version=version,
        client=client,
        with_=with_,
    ).parsed


async def asyncio_detailed(
    name: str,
    version: int,
    *,
    client: AuthenticatedClient,
    with_: int,
) -> Response[DefinitionDiff]:
    """Diff Job Definition Versions

     Return what changed from the version `with` to this one, with who made each and when.

    Args:
        name (str):
        version (int):
        with_ (int): The version to compare with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[DefinitionDiff]
    """

    kwargs = _get_kwargs(
        name=name,
        version=version,
        with_=with_,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    version: int,
    *,
    client: AuthenticatedClient,
    with_: int,
) -> DefinitionDiff | None:
    """Diff Job Definition Versions

     Return what changed from the version `with` to this one, with who made each and when.

    Args:
        name (str):
        version (int):
        with_ (int): The version to compare with.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        DefinitionDiff
    """

    return (
        await asyncio_detailed(
            name=name,
            version=version,
            client=client,
            with_=with_,
        )
    ).parsed
