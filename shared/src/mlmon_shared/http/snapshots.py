"""Follow config-api's snapshot, and authorise by the tokens in it."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from mlmon_shared.clients.config_api import ConfigApiClient
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import MlmonError, ServiceUnavailableError
from mlmon_shared.http.auth import find_principal
from mlmon_shared.http.passes import PREFIX as PASS_PREFIX
from mlmon_shared.http.passes import read_pass
from mlmon_shared.principals import Principal
from mlmon_shared.wire.catalog import Snapshot

log = structlog.get_logger(__name__)

_DISTANCE_SECONDS: Final = 0.1
_PATIENCE_SECONDS: Final = 3.0


class SnapshotFollower:
    """Keeps the newest snapshot in memory; a loop (`mlmon_shared.loops`) pulls it.

    Args:
        config_api: Where it is pulled from.
        on_change: Awaited in turn with each new snapshot, before `catch_up` returns; all again
            with the next pull when one fails.
        period_seconds: Between pulls.
    """

    name = "follow_snapshot"

    def __init__(
        self,
        config_api: ConfigApiClient,
        *,
        on_change: Sequence[Callable[[Snapshot], Awaitable[None]]] = (),
        period_seconds: float = 2.0,
    ) -> None:
        self._config_api = config_api
        self._on_change = on_change
        self._snapshot: Snapshot | None = None
        self._told: int | None = None
        self._pulling = asyncio.Lock()
        self._pulls = 0
        self._pulled_at = float("-inf")
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
            self._told = snapshot.config_revision

    async def tick(self) -> bool:
        """Pull once; nothing is transferred when nothing changed."""
        async with self._pulling:
            await self._pull()
        return False

    async def catch_up(self) -> None:
        """Pull what config-api has now, for a caller that misses what was just saved.

        Callers at the same time share a pull, and pulls keep a distance, so that nobody can make
        config-api answer often by asking for rubbish. When config-api does not answer in 3 s,
        what is known stays.
        """
        asked_after = self._pulls
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS), self._pulling:
                if self._pulls == asked_after:
                    await asyncio.sleep(self._pulled_at + _DISTANCE_SECONDS - time.monotonic())
                    await self._pull()
        except (TimeoutError, MlmonError) as error:
            log.info("could not catch up with config-api", reason=repr(error))

    async def _pull(self) -> None:
        self._pulls += 1
        self._pulled_at = time.monotonic()
        known = self._snapshot.config_revision if self._snapshot is not None else None
        found = await self._config_api.get_snapshot(known)
        if found is not None and found.config_revision != known:
            self._snapshot = found
            log.info("configuration received", config_revision=found.config_revision)
        await self._tell()

    async def _tell(self) -> None:
        current = self._snapshot
        if current is None or current.config_revision == self._told:
            return
        for step in self._on_change:
            await step(current)
        self._told = current.config_revision

    async def check(self) -> str | None:
        """Say what is wrong, for readiness."""
        return None if self._snapshot is not None else "no snapshot was received yet"


class SnapshotAuthenticator:
    """Knows the tokens of the newest snapshot, and of config-api when one is not in it.

    Passes of people who are signed in at config-api are taken as well.
    """

    def __init__(self, snapshots: SnapshotFollower, clock: Clock) -> None:
        self._snapshots = snapshots
        self._clock = clock

    async def authenticate(self, token: str, *, is_trusted: bool = True) -> Principal | None:
        """Return whose token it is, or None.

        A token works at once where it was made; so it must here, before the next pull.
        """
        found = self._find(token)
        if found is None and is_trusted:
            await self._snapshots.catch_up()
            found = self._find(token)
        return found

    def _find(self, token: str) -> Principal | None:
        if token.startswith(PASS_PREFIX):
            return read_pass(token, self._snapshots.current.pass_keys, now=self._clock.now())
        return find_principal(token, self._snapshots.current.tokens, self._clock.now())
