from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.apply_result import ApplyResult
from ...models.pool import Pool
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    name: str,
    *,
    body: Pool,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(if_match, Unset):
        headers["if-match"] = if_match

    if not isinstance(if_none_match, Unset):
        headers["if-none-match"] = if_none_match

    _kwargs: dict[str, Any] = {
        "method": "put",
        "url": "/v1/pools/{name}".format(
            name=quote(str(name), safe=""),
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
    name: str,
    *,
    client: AuthenticatedClient,
    body: Pool,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> Response[ApplyResult]:
    """Put Pool

     Create or change a pool; the name in the body is the one in the path.

    Args:
        name (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (Pool): A named class of hosts.

            Attributes:
                resources: Of the pool's largest host: what can never fit is refused at submission.
                labels: That every host of the pool has, over what its agent says of itself: a job
            that
                    requires another value never fits.
                stop_after: Seconds after its last acknowledged beat at which an agent stops its
                    attempts by itself.
                kill_grace: Seconds between SIGTERM and SIGKILL.
                lane_shares: How much of the pool, in any resource, runs of a lane may hold before
            they take
                    only what other lanes leave; all where a lane is left out.
                network: What containers of the pool can reach: nothing, what the engine's bridge
                    lets through, or all that the host does.
                price_per_hour: Of a host, in the currency that the deployment counts in.
                takes: Which runs, of those that fit.
                scaling: How many hosts it has.
                instances: Which EC2 instances may register its agents without a token; none when left
            out.
                agent_release: What its agents bring themselves to, where they are installed as a
            package;
                    each stays as it is when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApplyResult]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        if_match=if_match,
        if_none_match=if_none_match,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient,
    body: Pool,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> ApplyResult | None:
    """Put Pool

     Create or change a pool; the name in the body is the one in the path.

    Args:
        name (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (Pool): A named class of hosts.

            Attributes:
                resources: Of the pool's largest host: what can never fit is refused at submission.
                labels: That every host of the pool has, over what its agent says of itself: a job
            that
                    requires another value never fits.
                stop_after: Seconds after its last acknowledged beat at which an agent stops its
                    attempts by itself.
                kill_grace: Seconds between SIGTERM and SIGKILL.
                lane_shares: How much of the pool, in any resource, runs of a lane may hold before
            they take
                    only what other lanes leave; all where a lane is left out.
                network: What containers of the pool can reach: nothing, what the engine's bridge
                    lets through, or all that the host does.
                price_per_hour: Of a host, in the currency that the deployment counts in.
                takes: Which runs, of those that fit.
                scaling: How many hosts it has.
                instances: Which EC2 instances may register its agents without a token; none when left
            out.
                agent_release: What its agents bring themselves to, where they are installed as a
            package;
                    each stays as it is when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApplyResult
    """

    return sync_detailed(
        name=name,
        client=client,
        body=body,
        if_match=if_match,
        if_none_match=if_none_match,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient,
    body: Pool,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> Response[ApplyResult]:
    """Put Pool

     Create or change a pool; the name in the body is the one in the path.

    Args:
        name (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (Pool): A named class of hosts.

            Attributes:
                resources: Of the pool's largest host: what can never fit is refused at submission.
                labels: That every host of the pool has, over what its agent says of itself: a job
            that
                    requires another value never fits.
                stop_after: Seconds after its last acknowledged beat at which an agent stops its
                    attempts by itself.
                kill_grace: Seconds between SIGTERM and SIGKILL.
                lane_shares: How much of the pool, in any resource, runs of a lane may hold before
            they take
                    only what other lanes leave; all where a lane is left out.
                network: What containers of the pool can reach: nothing, what the engine's bridge
                    lets through, or all that the host does.
                price_per_hour: Of a host, in the currency that the deployment counts in.
                takes: Which runs, of those that fit.
                scaling: How many hosts it has.
                instances: Which EC2 instances may register its agents without a token; none when left
            out.
                agent_release: What its agents bring themselves to, where they are installed as a
            package;
                    each stays as it is when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ApplyResult]
    """

    kwargs = _get_kwargs(
        name=name,
        body=body,
        if_match=if_match,
        if_none_match=if_none_match,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient,
    body: Pool,
    if_match: None | str | Unset = UNSET,
    if_none_match: None | str | Unset = UNSET,
) -> ApplyResult | None:
    """Put Pool

     Create or change a pool; the name in the body is the one in the path.

    Args:
        name (str):
        if_match (None | str | Unset): `ETag` of what you have read: refuse if it has changed.
            `*`: if it is gone.
        if_none_match (None | str | Unset): `*`: refuse if it is there already.
        body (Pool): A named class of hosts.

            Attributes:
                resources: Of the pool's largest host: what can never fit is refused at submission.
                labels: That every host of the pool has, over what its agent says of itself: a job
            that
                    requires another value never fits.
                stop_after: Seconds after its last acknowledged beat at which an agent stops its
                    attempts by itself.
                kill_grace: Seconds between SIGTERM and SIGKILL.
                lane_shares: How much of the pool, in any resource, runs of a lane may hold before
            they take
                    only what other lanes leave; all where a lane is left out.
                network: What containers of the pool can reach: nothing, what the engine's bridge
                    lets through, or all that the host does.
                price_per_hour: Of a host, in the currency that the deployment counts in.
                takes: Which runs, of those that fit.
                scaling: How many hosts it has.
                instances: Which EC2 instances may register its agents without a token; none when left
            out.
                agent_release: What its agents bring themselves to, where they are installed as a
            package;
                    each stays as it is when left out.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ApplyResult
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            body=body,
            if_match=if_match,
            if_none_match=if_none_match,
        )
    ).parsed
