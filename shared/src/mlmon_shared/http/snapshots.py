"""Follow config-api's snapshot, and authorise by the tokens in it."""

from collections.abc import Awaitable, Callable

import structlog

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import ServiceUnavailableError
from mlmon_shared.http.auth import find_principal
from mlmon_shared.principals import Principal
from mlmon_shared.wire.catalog import Snapshot

log = structlog.get_logger(__name__)


class SnapshotFollower:
    """Keeps the newest snapshot in memory; a loop (`mlmon_shared.loops`) pulls it.

    Args:
        config_api: Where it is pulled from.
        on_change: Awaited with each new snapshot, for example to keep a copy.
        period_seconds: Between pulls.
    """

    name = "follow_snapshot"

    def __init__(
        self,
        config_api: ConfigApiClient,
        *,
        on_change: Callable[[Snapshot], Awaitable[None]] | None = None,
        period_seconds: float = 2.0,
    ) -> None:
        self._config_api = config_api
        self._on_change = on_change
        self._snapshot: Snapshot | None = None
        self.period_seconds = period_seconds

    @property
    def current(self) -> Snapshot:
        """The newest snapshot.

        Raises:
            ServiceUnavailableError: None was received yet.
        """
        if self._snapshot is None:
            raise ServiceUnavailableError(
                "no configuration was received from config-api yet", retry_after_seconds=2
            )
        return self._snapshot

    def restore(self, snapshot: Snapshot) -> None:
        """Start from a kept copy, when there is nothing newer."""
        if self._snapshot is None or snapshot.config_revision > self._snapshot.config_revision:
            self._snapshot = snapshot

    async def tick(self) -> bool:
        """Pull once; nothing is transferred when nothing changed."""
        known = self._snapshot.config_revision if self._snapshot is not None else None
        found = await self._config_api.get_snapshot(known)
        if found is not None and (known is None or found.config_revision != known):
            self._snapshot = found
            log.info("configuration received", config_revision=found.config_revision)
            if self._on_change is not None:
                await self._on_change(found)
        return False

    async def check(self) -> str | None:
        """Say what is wrong, for readiness."""
        return None if self._snapshot is not None else "no snapshot was received yet"


class SnapshotAuthenticator:
    """Knows the tokens of the newest snapshot."""

    def __init__(self, snapshots: SnapshotFollower, clock: Clock) -> None:
        self._snapshots = snapshots
        self._clock = clock

    async def authenticate(self, token: str) -> Principal | None:
        """Return whose token it is, or None."""
        return find_principal(token, self._snapshots.current.tokens, self._clock.now())
