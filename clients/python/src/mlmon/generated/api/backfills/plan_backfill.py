from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.backfill_plan import BackfillPlan
from ...models.backfill_request import BackfillRequest
from typing import cast


def _get_kwargs(
    *,
    body: BackfillRequest,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/backfills/plan",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BackfillPlan | None:
    if response.status_code == 200:
        response_200 = BackfillPlan.from_dict(response.json())

        return response_200

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BackfillPlan]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: BackfillRequest,
) -> Response[BackfillPlan]:
    """Plan Backfill

     Say what a backfill would come to: slots, clients, runs and hours; nothing is started.

    Args:
        body (BackfillRequest): A request to run a job for slots of its schedule that lie in the
            past.

            Attributes:
                job: It has a schedule, which says the slots.
                since: The first slot is this moment's, or the next.
                until: The last slot lies before this moment.
                clients: Those of the schedule when left out.
                lane: Its runs go in it.
                max_active: A further slot begins once fewer of its runs than this are not final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BackfillPlan]
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
    body: BackfillRequest,
) -> BackfillPlan | None:
    """Plan Backfill

     Say what a backfill would come to: slots, clients, runs and hours; nothing is started.

    Args:
        body (BackfillRequest): A request to run a job for slots of its schedule that lie in the
            past.

            Attributes:
                job: It has a schedule, which says the slots.
                since: The first slot is this moment's, or the next.
                until: The last slot lies before this moment.
                clients: Those of the schedule when left out.
                lane: Its runs go in it.
                max_active: A further slot begins once fewer of its runs than this are not final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BackfillPlan
    """

    return sync_detailed(
        client=client,
        body=body,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BackfillRequest,
) -> Response[BackfillPlan]:
    """Plan Backfill

     Say what a backfill would come to: slots, clients, runs and hours; nothing is started.

    Args:
        body (BackfillRequest): A request to run a job for slots of its schedule that lie in the
            past.

            Attributes:
                job: It has a schedule, which says the slots.
                since: The first slot is this moment's, or the next.
                until: The last slot lies before this moment.
                clients: Those of the schedule when left out.
                lane: Its runs go in it.
                max_active: A further slot begins once fewer of its runs than this are not final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[BackfillPlan]
    """

    kwargs = _get_kwargs(
        body=body,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: BackfillRequest,
) -> BackfillPlan | None:
    """Plan Backfill

     Say what a backfill would come to: slots, clients, runs and hours; nothing is started.

    Args:
        body (BackfillRequest): A request to run a job for slots of its schedule that lie in the
            past.

            Attributes:
                job: It has a schedule, which says the slots.
                since: The first slot is this moment's, or the next.
                until: The last slot lies before this moment.
                clients: Those of the schedule when left out.
                lane: Its runs go in it.
                max_active: A further slot begins once fewer of its runs than this are not final.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        BackfillPlan
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
        )
    ).parsed
