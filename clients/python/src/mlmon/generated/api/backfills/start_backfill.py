from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.backfill_document import BackfillDocument
from ...models.backfill_request import BackfillRequest
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    body: BackfillRequest,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> dict[str, Any]:
    headers: dict[str, Any] = {}
    if not isinstance(idempotency_key, Unset):
        headers["idempotency-key"] = idempotency_key

    if not isinstance(ml_mon_config_revision, Unset):
        headers["MLMon-Config-Revision"] = ml_mon_config_revision

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/v1/backfills",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> BackfillDocument | None:
    if response.status_code == 202:
        response_202 = BackfillDocument.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[BackfillDocument]:
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
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> Response[BackfillDocument]:
    """Start Backfill

     Run a job for slots of its schedule that lie in the past, as one thing.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
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
        Response[BackfillDocument]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
        ml_mon_config_revision=ml_mon_config_revision,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient,
    body: BackfillRequest,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> BackfillDocument | None:
    """Start Backfill

     Run a job for slots of its schedule that lie in the past, as one thing.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
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
        BackfillDocument
    """

    return sync_detailed(
        client=client,
        body=body,
        idempotency_key=idempotency_key,
        ml_mon_config_revision=ml_mon_config_revision,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient,
    body: BackfillRequest,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> Response[BackfillDocument]:
    """Start Backfill

     Run a job for slots of its schedule that lie in the past, as one thing.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
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
        Response[BackfillDocument]
    """

    kwargs = _get_kwargs(
        body=body,
        idempotency_key=idempotency_key,
        ml_mon_config_revision=ml_mon_config_revision,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient,
    body: BackfillRequest,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> BackfillDocument | None:
    """Start Backfill

     Run a job for slots of its schedule that lie in the past, as one thing.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
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
        BackfillDocument
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
            ml_mon_config_revision=ml_mon_config_revision,
        )
    ).parsed
