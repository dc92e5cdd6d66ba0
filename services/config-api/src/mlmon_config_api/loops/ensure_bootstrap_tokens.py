"""Put the tokens of the settings into the store, and go on trying until it is done."""

import asyncio
from collections.abc import Sequence

import structlog

from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.tokens import BootstrapToken, ensure_bootstrap_token
from mlmon_shared.clocks import Clock
from mlmon_shared.errors import MlmonError
from mlmon_shared.ids import NewId

log = structlog.get_logger(__name__)


class EnsureBootstrapTokens:
    """Makes each bootstrap token have the secret that the settings name.

    Args:
        store: Where tokens are kept.
        tokens: What there is to be.
        clock: Dates new tokens.
        new_id: Names new tokens.
        period_seconds: Between two tries.
    """

    name = "ensure_bootstrap_tokens"

    def __init__(
        self,
        store: CatalogStore,
        tokens: Sequence[BootstrapToken],
        *,
        clock: Clock,
        new_id: NewId,
        period_seconds: float = 1.0,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._clock = clock
        self._new_id = new_id
        self.period_seconds = period_seconds

    async def run(self) -> None:
        """Try until every token is there."""
        is_failing = False
        while True:
            try:
                await self.tick()
            except MlmonError as error:
                if not is_failing:
                    log.warning("bootstrap tokens are not stored yet", detail=error.detail)
                is_failing = True
                await asyncio.sleep(self.period_seconds)
            else:
                return

    async def tick(self) -> None:
        """Try once.

        Raises:
            MlmonError: See `ensure_bootstrap_token`.
        """
        for token in self._tokens:
            is_changed = await ensure_bootstrap_token(
                self._store, token, token_id=self._new_id(), now=self._clock.now()
            )
            if is_changed:
                log.info("bootstrap token stored", token=token.name)
