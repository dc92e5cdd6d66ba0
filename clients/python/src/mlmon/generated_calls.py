"""The generated client's way to the server: the connection, retries and errors of the facade."""

from typing import Final

import httpx

from mlmon.generated import AuthenticatedClient
from mlmon.portals import Portal
from mlmon_shared.clients.scheduler import CONFIG_REVISION_HEADER, IDEMPOTENCY_HEADER
from mlmon_shared.clients.transport import Transport

_LONGEST_CALL: Final = httpx.Timeout(75.0)
"""Of one try: `/v1/runs/{run_id}/wait` answers after 60 seconds at most."""
_PASSED_ON: Final = ("Content-Type", IDEMPOTENCY_HEADER, CONFIG_REVISION_HEADER)


def open_generated(transport: Transport, portal: Portal | None = None) -> AuthenticatedClient:
    """Return what the functions of `mlmon.generated.api` take as their `client`.

    Args:
        transport: Sends everything, with its token; it stays open.
        portal: Into the transport's event loop, for `sync` and `sync_detailed`; without one,
            only `asyncio` and `asyncio_detailed` work.
    """
    # The transport adds the token itself.
    client = AuthenticatedClient(base_url=transport.base_url, token="")
    relay = _Relay(transport)
    client.set_async_httpx_client(
        httpx.AsyncClient(base_url=transport.base_url, timeout=_LONGEST_CALL, transport=relay)
    )
    if portal is not None:
        through = _SyncRelay(relay, portal)
        client.set_httpx_client(
            httpx.Client(base_url=transport.base_url, timeout=_LONGEST_CALL, transport=through)
        )
    return client


class _Relay(httpx.AsyncBaseTransport):
    """Lets our transport send a request; a problem is raised instead of returned."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Return a successful answer, read to its end."""
        answer = await self._transport.send(
            request.method,
            request.url.raw_path.decode("ascii"),
            # Without a key, sending a POST again might do it twice.
            repeatable=IDEMPOTENCY_HEADER in request.headers,
            headers={name: request.headers[name] for name in _PASSED_ON if name in request.headers},
            content=await request.aread(),
            timeout_seconds=request.extensions["timeout"]["read"],
        )
        kept = {"Content-Type": answer.headers.get("Content-Type", "")}
        return httpx.Response(answer.status_code, headers=kept, content=answer.content)


class _SyncRelay(httpx.BaseTransport):
    """The same for a caller without an event loop."""

    def __init__(self, relay: _Relay, portal: Portal) -> None:
        self._relay = relay
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Return a successful answer, read to its end."""
        request.read()
        return self._portal.call(self._relay.handle_async_request, request)
