"""X-Request-Id on every request, response and log line (pure ASGI)."""

import re
import time
from collections.abc import MutableMapping
from typing import Any, Final

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlmon_shared.ids import new_id

HEADER: Final = "X-Request-Id"
_ACCEPTED: Final = re.compile(r"^[A-Za-z0-9._-]{1,100}$")
_QUIET: Final = {"/healthz", "/readyz", "/metrics"}

log = structlog.get_logger("mlmon.access")


def request_id_of(scope: MutableMapping[str, Any]) -> str | None:
    """Return the id of the request that the scope belongs to."""
    found = scope.get("state", {}).get("request_id")
    return str(found) if found is not None else None


def current_request_id() -> str:
    """Return the id of the request that is served now; an empty text outside of requests."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


class RequestIdMiddleware:
    """Take the caller's X-Request-Id or make one; log every request once at debug level."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = Headers(scope=scope).get(HEADER, "")
        request_id = given if _ACCEPTED.match(given) else new_id()
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.monotonic()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)[HEADER] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            await self._app(scope, receive, send_with_id)
            if scope["path"] not in _QUIET:
                log.debug(
                    "request served",
                    method=scope["method"],
                    path=scope["path"],
                    status=status,
                    milliseconds=round((time.monotonic() - started) * 1000, 1),
                )
