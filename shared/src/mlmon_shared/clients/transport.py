"""The one place where MLMon makes HTTP requests: tokens, retries and problems."""

import random
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, Self, TypeVar

import anyio
import httpx
from pydantic import BaseModel, ValidationError

from mlmon_shared.clients.http_clients import open_http_client
from mlmon_shared.errors import MlmonError, ServerUnreachableError, class_of_status, error_classes
from mlmon_shared.wire.models import read_json

ModelT = TypeVar("ModelT", bound=BaseModel)
AS_OF_HEADER: Final = "MLMon-As-Of"
"""Of an answer that rests on a copy: when that was true."""
_REFUSED: Final = 429
_RETRIED_STATUSES: Final = {500, 502, 503, 504}
_ENVELOPE: Final = {"type", "title", "status", "detail"}
_LONGEST_WAIT: Final = 30.0


class Transport:
    """Sends requests to one server with one token.

    Requests that may be repeated (GET, PUT, DELETE, and those with `repeatable=True`) are
    tried again after 5xx and network errors, with exponential waits and full jitter,
    honouring Retry-After; all requests after 429, since nothing was done then.

    Args:
        base_url: Of the server, without a path.
        token: Sent as a bearer token; None sends none.
        timeout_seconds: For one try, unless a call says otherwise.
        tries: At most.
        headers: Sent with every request.
        http: An `httpx.AsyncClient` to use instead of one of our own; it is not closed.

    Attributes:
        stale_as_of: When an answer was true that rests on a copy, because the server's database
            was away; None while there was none such.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        timeout_seconds: float = 10.0,
        tries: int = 4,
        headers: Mapping[str, str] | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self.token = token
        self._timeout_seconds = timeout_seconds
        self._tries = tries
        self._headers = dict(headers or {})
        self.stale_as_of: str | None = None
        self._is_ours = http is None
        self._http = http or open_http_client()

    async def __aenter__(self) -> Self:
        """Return the transport itself."""
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections that this transport opened."""
        if self._is_ours:
            await self._http.aclose()

    async def call(
        self,
        model: type[ModelT],
        method: str,
        path: str,
        *,
        repeatable: bool = False,
        **options: Any,  # noqa: ANN401 - those of `send`
    ) -> ModelT:
        """Send a request and return its answer as the model.

        Args:
            model: What the answer is.
            method: GET, POST, PUT or DELETE.
            path: With its leading slash, already quoted.
            repeatable: Whether a POST may be sent again (it is idempotent on the server).
            **options: `json` (a model or a value), `params`, `headers`, `content`,
                `timeout_seconds`.

        Raises:
            MlmonError: The class that the server raised.
            ServerUnreachableError: No answer after all tries.
        """
        response = await self.send(method, path, repeatable=repeatable, **options)
        try:
            return read_json(model, response.content)
        except ValidationError as error:
            raise ServerUnreachableError(
                f"{self.base_url}{path} answered something else than MLMon would; is it MLMon?"
            ) from error

    async def send(
        self,
        method: str,
        path: str,
        *,
        repeatable: bool = False,
        json: object = None,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        timeout_seconds: float | None = None,
    ) -> httpx.Response:
        """Send a request and return a successful response; see `call`."""
        is_repeatable = repeatable or method in {"GET", "PUT", "DELETE"}
        request = self._http.build_request(
            method,
            self._url(path),
            params=_given(params),
            headers=self._all_headers(path, headers, is_json=json is not None),
            content=_encode(json) if json is not None else content,
            timeout=timeout_seconds or self._timeout_seconds,
        )
        for attempt in range(1, self._tries + 1):
            is_last = attempt == self._tries
            try:
                response = await self._http.send(request)
            except httpx.RequestError as error:
                if is_last or not is_repeatable:
                    raise self._unreachable(error) from error
                await anyio.sleep(_wait(attempt, None))
                continue
            is_passing = response.status_code == _REFUSED or (
                is_repeatable and response.status_code in _RETRIED_STATUSES
            )
            if is_passing and not is_last:
                await anyio.sleep(_wait(attempt, response.headers.get("Retry-After")))
                continue
            break
        if response.is_error:
            raise error_of(response.status_code, response.content, str(request.url))
        self.stale_as_of = response.headers.get(AS_OF_HEADER, self.stale_as_of)
        return response

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | AsyncIterator[bytes] | None = None,
        read_timeout_seconds: float | None = 60.0,
    ) -> AsyncIterator[httpx.Response]:
        """Open a streamed response, tried once; an error status raises as in `call`."""
        timeout = httpx.Timeout(self._timeout_seconds, read=read_timeout_seconds)
        request = self._http.build_request(
            method,
            self._url(path),
            params=_given(params),
            headers=self._all_headers(path, headers, is_json=False),
            content=content,
            timeout=timeout,
        )
        try:
            response = await self._http.send(request, stream=True)
            try:
                if response.is_error:
                    body = await response.aread()
                    raise error_of(response.status_code, body, str(request.url))
                yield response
            finally:
                await response.aclose()
        except httpx.RequestError as error:
            raise self._unreachable(error) from error

    def _url(self, path: str) -> str:
        return path if path.startswith(("http://", "https://")) else self.base_url + path

    def _all_headers(
        self, path: str, headers: Mapping[str, str] | None, *, is_json: bool
    ) -> dict[str, str]:
        sent = dict(self._headers)
        # A presigned URL of another server must not see our token.
        if self.token is not None and self._url(path) != path:
            sent["Authorization"] = f"Bearer {self.token}"
        if is_json:
            sent["Content-Type"] = "application/json"
        return sent | dict(headers or {})

    def _unreachable(self, error: httpx.RequestError) -> ServerUnreachableError:
        why = str(error) or type(error).__name__
        return ServerUnreachableError(
            f"no answer from {self.base_url}: {why}; check the address, and that the server runs"
        )


def error_of(status: int, body: bytes, url: str) -> MlmonError:
    """Return the error that a problem+json answer stands for, or the nearest by status."""
    try:
        problem = httpx.Response(status, content=body).json()
    except ValueError:
        problem = {}
    if not isinstance(problem, dict):
        problem = {}
    code = str(problem.get("type", "")).removeprefix("urn:mlmon:problem:")
    classes = error_classes()
    kind = classes.get(code) or class_of_status(status)
    # The query of a presigned URL is a right to what it names: it is nothing to tell.
    detail = str(problem.get("detail") or f"{url.partition('?')[0]} answered {status}")
    extras = {key: value for key, value in problem.items() if key not in _ENVELOPE}
    return kind(detail, **extras)


def _given(params: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Return the parameters that are set; None keeps a query that the URL has already."""
    return {key: value for key, value in (params or {}).items() if value is not None} or None


def _encode(value: object) -> bytes:
    if isinstance(value, BaseModel):
        return value.model_dump_json(by_alias=True, exclude_unset=True).encode()
    return httpx.Request("POST", "http://encoding", json=value).content


def _wait(attempt: int, retry_after: str | None) -> float:
    if retry_after is not None and retry_after.isdecimal():
        return min(float(retry_after), _LONGEST_WAIT) * random.uniform(1.0, 1.2)  # noqa: S311 - jitter
    return random.uniform(0, min(0.2 * 2**attempt, _LONGEST_WAIT))  # noqa: S311 - jitter
