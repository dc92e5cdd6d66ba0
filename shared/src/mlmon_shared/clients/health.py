"""The client of `/healthz` and `/readyz`, which every server has."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from mlmon_shared.clients.transport import Transport
from mlmon_shared.errors import ServiceUnavailableError
from mlmon_shared.wire.health import Health, Readiness


class HealthClient:
    """Typed calls that need no token."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get_health(self) -> Health:
        """Return that the server serves, and its version."""
        return await self._transport.call(Health, "GET", "/healthz")

    async def find_time(self) -> datetime | None:
        """Return the second that the server's clock shows; None when it does not say."""
        response = await self._transport.send("GET", "/healthz")
        try:
            found = parsedate_to_datetime(response.headers["Date"])
        except (KeyError, ValueError):
            return None
        return found if found.tzinfo is not None else found.replace(tzinfo=UTC)

    async def get_readiness(self) -> Readiness:
        """Return the state of each dependency, also when one is down.

        Raises:
            ServiceUnavailableError: The server answers 503 without naming any.
        """
        try:
            return await self._transport.call(Readiness, "GET", "/readyz")
        except ServiceUnavailableError as error:
            dependencies = error.extras.get("dependencies")
            if not isinstance(dependencies, dict):
                raise
            shown = {str(name): str(state) for name, state in dependencies.items()}
            return Readiness(status="unavailable", dependencies=shown)
