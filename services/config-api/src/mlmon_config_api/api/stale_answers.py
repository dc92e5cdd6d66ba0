"""Say of an answer that it rests on a copy, because PostgreSQL does not answer (pure ASGI)."""

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mlmon_config_api.application.catalog_copies import STALENESS, Staleness
from mlmon_shared.clients.transport import AS_OF_HEADER

_WARNING: Final = '110 config-api "PostgreSQL does not answer; this is the copy of MLMon-As-Of"'


class StaleAnswerMiddleware:
    """Adds `Warning` and `MLMon-As-Of` to such answers.

    Args:
        app: The application behind.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one ASGI scope."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        staleness = Staleness()
        STALENESS.set(staleness)

        async def send_with_age(message: Message) -> None:
            if message["type"] == "http.response.start" and staleness.as_of is not None:
                headers = MutableHeaders(scope=message)
                headers["Warning"] = _WARNING
                headers[AS_OF_HEADER] = staleness.as_of.isoformat()
            await send(message)

        await self._app(scope, receive, send_with_age)
