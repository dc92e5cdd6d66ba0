from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET
from ... import errors

from ...models.run_document import RunDocument
from ...models.run_submission import RunSubmission
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    body: RunSubmission,
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
        "url": "/v1/runs",
    }

    _kwargs["json"] = body.to_dict()

    headers["Content-Type"] = "application/json"

    _kwargs["headers"] = headers
    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> RunDocument | None:
    if response.status_code == 202:
        response_202 = RunDocument.from_dict(response.json())

        return response_202

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[RunDocument]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient,
    body: RunSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> Response[RunDocument]:
    """Submit Run

     Submit one run of a job for a client.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (RunSubmission): A request for one run.

            Attributes:
                version: Of the job definition; the newest when left out.
                params: Checked against the definition's `parameters`; its defaults are filled in.
                priority: 0 to 1000, one point worth one minute of waiting; the definition's when left
            out.
                lane: The definition's when left out.
                join: How many dependencies must be met; the definition's when left out.
                on_upstream_failure: What happens once so many never will be; the definition's when
                    left out.
                not_before: The run stays `delayed` until then.
                start_by: A run that has not started by then expires; goes before the definition's
                    `timeouts.start`.
                deadline: By then it shall have ended; goes before the definition's `deadline`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunDocument]
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
    body: RunSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> RunDocument | None:
    """Submit Run

     Submit one run of a job for a client.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (RunSubmission): A request for one run.

            Attributes:
                version: Of the job definition; the newest when left out.
                params: Checked against the definition's `parameters`; its defaults are filled in.
                priority: 0 to 1000, one point worth one minute of waiting; the definition's when left
            out.
                lane: The definition's when left out.
                join: How many dependencies must be met; the definition's when left out.
                on_upstream_failure: What happens once so many never will be; the definition's when
                    left out.
                not_before: The run stays `delayed` until then.
                start_by: A run that has not started by then expires; goes before the definition's
                    `timeouts.start`.
                deadline: By then it shall have ended; goes before the definition's `deadline`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunDocument
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
    body: RunSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> Response[RunDocument]:
    """Submit Run

     Submit one run of a job for a client.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (RunSubmission): A request for one run.

            Attributes:
                version: Of the job definition; the newest when left out.
                params: Checked against the definition's `parameters`; its defaults are filled in.
                priority: 0 to 1000, one point worth one minute of waiting; the definition's when left
            out.
                lane: The definition's when left out.
                join: How many dependencies must be met; the definition's when left out.
                on_upstream_failure: What happens once so many never will be; the definition's when
                    left out.
                not_before: The run stays `delayed` until then.
                start_by: A run that has not started by then expires; goes before the definition's
                    `timeouts.start`.
                deadline: By then it shall have ended; goes before the definition's `deadline`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[RunDocument]
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
    body: RunSubmission,
    idempotency_key: None | str | Unset = UNSET,
    ml_mon_config_revision: int | None | Unset = UNSET,
) -> RunDocument | None:
    """Submit Run

     Submit one run of a job for a client.

    Args:
        idempotency_key (None | str | Unset): The same key again returns what it made, for 7 days.
        ml_mon_config_revision (int | None | Unset): The newest revision that config-api answered;
            the scheduler catches up first.
        body (RunSubmission): A request for one run.

            Attributes:
                version: Of the job definition; the newest when left out.
                params: Checked against the definition's `parameters`; its defaults are filled in.
                priority: 0 to 1000, one point worth one minute of waiting; the definition's when left
            out.
                lane: The definition's when left out.
                join: How many dependencies must be met; the definition's when left out.
                on_upstream_failure: What happens once so many never will be; the definition's when
                    left out.
                not_before: The run stays `delayed` until then.
                start_by: A run that has not started by then expires; goes before the definition's
                    `timeouts.start`.
                deadline: By then it shall have ended; goes before the definition's `deadline`.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        RunDocument
    """

    return (
        await asyncio_detailed(
            client=client,
            body=body,
            idempotency_key=idempotency_key,
            ml_mon_config_revision=ml_mon_config_revision,
        )
    ).parsed
