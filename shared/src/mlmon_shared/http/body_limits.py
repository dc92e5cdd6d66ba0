"""Refuse bodies over a limit before anybody reads them (pure ASGI)."""

from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlmon_shared.errors import PayloadTooLargeError
from mlmon_shared.http.problems import problem_response
from mlmon_shared.http.request_ids import request_id_of


class BodyLimitMiddleware:
    """Answer 413 when a body is larger than the limit, by its header or as it streams.

    Args:
        app: The application behind.
        limit: Bytes.
        unlimited_prefixes: Paths that stream bodies and check them themselves.
        larger_limits: Bytes, by path and media type, where bodies may be larger.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        limit: int,
        unlimited_prefixes: tuple[str, ...] = (),
        larger_limits: Mapping[tuple[str, str], int] | None = None,
    ) -> None:
        self._app = app
        self._limit = limit
        self._unlimited_prefixes = unlimited_prefixes
        self._larger_limits = dict(larger_limits or {})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http" or scope["path"].startswith(self._unlimited_prefixes or ("\0",)):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
        limit = self._larger_limits.get((scope["path"], media_type), self._limit)
        declared = headers.get("content-length", "")
        if declared.isdecimal() and int(declared) > limit:
            await self._refuse(limit, scope, receive, send)
            return
        seen = 0
        is_started = False
        is_refused = False

        async def counted_receive() -> Message:
            nonlocal seen, is_refused
            message = await receive()
            seen += len(message.get("body", b""))
            if seen > limit:
                is_refused = True
                raise _BodyTooLargeError
            return message

        async def noting_send(message: Message) -> None:
            nonlocal is_started
            if is_refused and not is_started:
                # What the app makes of a body that breaks off; the refusal says it better.
                return
            is_started = True
            await send(message)

        try:
            await self._app(scope, counted_receive, noting_send)
        except _BodyTooLargeError:
            if is_started:
                raise
        if is_refused and not is_started:
            await self._refuse(limit, scope, receive, send)

    async def _refuse(self, limit: int, scope: Scope, receive: Receive, send: Send) -> None:
        error = PayloadTooLargeError(
            f"the body is larger than {limit} bytes; send less at once", limit=limit
        )
        await problem_response(error, request_id=request_id_of(scope))(scope, receive, send)


class _BodyTooLargeError(Exception):
    """The body went over the limit while it was being read."""
