"""Requests to addresses that were checked (`outbound_targets`), and to nothing else.

A name is resolved before, and not again here. The request goes to the address; the name is in
`Host` and, with TLS, in SNI, and the certificate must be of it.
"""

from collections.abc import Mapping

import httpx

from mlmon_shared.outbound_targets import Target


class PinnedClient:
    """Sends such requests; neither follows redirects nor asks proxies.

    Args:
        seconds: For each step of a request but connecting.
        connect_seconds: For connecting.
    """

    def __init__(self, *, seconds: float, connect_seconds: float) -> None:
        self._timeout = httpx.Timeout(seconds, connect=connect_seconds)
        self._opened: httpx.AsyncClient | None = None

    async def aclose(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            await self._opened.aclose()

    async def send(
        self,
        method: str,
        target: Target,
        address: str,
        *,
        headers: Mapping[str, str],
        content: bytes | None = None,
    ) -> httpx.Response:
        """Send a request and return the answer, whose body is not read; close it.

        Raises:
            httpx.HTTPError: There is none.
        """
        http = self._http()
        request = http.build_request(
            method,
            target.at(address),
            headers={**headers, "Host": target.authority, "Connection": "close"},
            content=content,
            extensions={"sni_hostname": target.host} if target.scheme == "https" else {},
        )
        return await http.send(request, stream=True)

    def _http(self) -> httpx.AsyncClient:
        # Made when it is needed: reading which authorities to trust takes a while.
        if self._opened is None:
            self._opened = httpx.AsyncClient(
                # The usual ones, or those of SSL_CERT_FILE.
                verify=httpx.create_ssl_context(),
                # A kept connection is found again by its address, and may be of another name.
                limits=httpx.Limits(max_keepalive_connections=0),
                follow_redirects=False,
                # A proxy would resolve the name once more.
                trust_env=False,
                timeout=self._timeout,
            )
        return self._opened
