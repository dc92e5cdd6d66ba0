"""Clients of httpx that read the certificates they trust only when they need them."""

import ssl
from typing import Final

import httpx

_NO_AUTHORITY: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts nobody, for connections without TLS: reading whom to trust takes 30 ms."""


def open_http_client(
    *,
    base_url: str = "",
    timeout: httpx.Timeout | float = 5.0,
    limits: httpx.Limits | None = None,
) -> httpx.AsyncClient:
    """Return a client that heeds no proxy of the environment; the caller closes it.

    Args:
        base_url: Put before URLs without a host.
        timeout: Seconds for each step, or what httpx takes instead.
        limits: Of connections; those to `https://` are counted apart.
    """
    limits = limits or httpx.Limits(max_connections=100, max_keepalive_connections=20)
    return httpx.AsyncClient(
        base_url=base_url,
        timeout=timeout,
        transport=httpx.AsyncHTTPTransport(verify=_NO_AUTHORITY, limits=limits, trust_env=False),
        mounts={"https://": _HttpsTransport(limits)},
        trust_env=False,
    )


class _HttpsTransport(httpx.AsyncBaseTransport):
    """Made at its first request."""

    def __init__(self, limits: httpx.Limits) -> None:
        self._limits = limits
        self._made: httpx.AsyncHTTPTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request over TLS."""
        if self._made is None:
            self._made = httpx.AsyncHTTPTransport(limits=self._limits, trust_env=False)
        return await self._made.handle_async_request(request)

    async def aclose(self) -> None:
        """Close the connections."""
        if self._made is not None:
            await self._made.aclose()
