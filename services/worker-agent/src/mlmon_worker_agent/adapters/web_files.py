"""Files of others, at `https://` addresses that were checked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urljoin

import httpx

from mlmon_shared.clients.pinned_requests import PinnedClient
from mlmon_shared.errors import ServiceUnavailableError
from mlmon_shared.outbound_targets import (
    RefusedTargetError,
    Resolver,
    TargetRules,
    UnresolvedTargetError,
    find_addresses,
)
from mlmon_worker_agent.application.ports import WebAnswer
from mlmon_worker_agent.domain.errors import WebFileError

_CONNECT_SECONDS: Final = 10.0
_READ_SECONDS: Final = 60.0
_ADDRESSES_TRIED: Final = 3
_REDIRECTS: Final = 5
_UNCHANGED: Final = 304
_MISSING: Final = (404, 410)
_BUSY: Final = 429
_SERVER_FAULT: Final = 500


class HttpsFiles:
    """Implements `WebFiles`.

    A name is resolved here and nowhere else; the request goes to one of the addresses that were
    checked, also after each redirect. Nothing that could identify this host is sent along.

    Args:
        rules: Which addresses may be called.
        resolver: Finds the addresses of names.
    """

    def __init__(self, rules: TargetRules, resolver: Resolver) -> None:
        self._rules = rules
        self._resolver = resolver
        self._client = PinnedClient(seconds=_READ_SECONDS, connect_seconds=_CONNECT_SECONDS)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    @asynccontextmanager
    async def open(self, url: str, *, etag: str) -> AsyncIterator[WebAnswer]:
        """Ask for a file; see the port."""
        # Packed content would have another size and checksum than the file.
        headers = {"User-Agent": "MLMon", "Accept-Encoding": "identity"}
        if etag:
            headers["If-None-Match"] = etag
        shown = url.partition("?")[0]
        response = await self._ask(url, headers, shown)
        try:
            self._check(response, shown)
            length = response.headers.get("Content-Length", "")
            yield WebAnswer(
                is_unchanged=response.status_code == _UNCHANGED,
                size=int(length) if length.isascii() and length.isdecimal() else None,
                etag=response.headers.get("ETag", ""),
                pieces=_pieces(response, shown),
            )
        finally:
            await response.aclose()

    async def _ask(self, url: str, headers: dict[str, str], shown: str) -> httpx.Response:
        for _ in range(_REDIRECTS + 1):
            response = await self._ask_once(url, headers, shown)
            if not response.has_redirect_location:
                return response
            await response.aclose()
            url = urljoin(url, response.headers["Location"])
        raise WebFileError(f"{shown} leads on more than {_REDIRECTS} times")

    async def _ask_once(self, url: str, headers: dict[str, str], shown: str) -> httpx.Response:
        try:
            target = self._rules.read(url)
            addresses = await find_addresses(target, self._rules, self._resolver)
        except RefusedTargetError as error:
            raise WebFileError(f"{shown} may not be called: {error.detail}") from error
        except UnresolvedTargetError as error:
            raise ServiceUnavailableError(error.detail) from error
        why = ""
        for address in addresses[:_ADDRESSES_TRIED]:
            try:
                return await self._client.send("GET", target, address, headers=headers)
            except httpx.HTTPError as error:
                why = f"no answer from {shown} at {address}: {error or type(error).__name__}"
        raise ServiceUnavailableError(why)

    def _check(self, response: httpx.Response, shown: str) -> None:
        status = response.status_code
        if response.is_success or status == _UNCHANGED:
            return
        if status in _MISSING:
            raise WebFileError(f"{shown} is not there: it answered {status}")
        if status == _BUSY or status >= _SERVER_FAULT:
            raise ServiceUnavailableError(f"{shown} answered {status}")
        raise WebFileError(f"{shown} may not be read: it answered {status}")


async def _pieces(response: httpx.Response, shown: str) -> AsyncIterator[bytes]:
    try:
        async for piece in response.aiter_raw():
            yield piece
    except httpx.HTTPError as error:
        raise ServiceUnavailableError(
            f"{shown} broke off: {error or type(error).__name__}"
        ) from error
