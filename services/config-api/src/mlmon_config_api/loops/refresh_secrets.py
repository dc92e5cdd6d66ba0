"""Fetch values that others keep, and wrap and seal anew when a key was replaced."""

import structlog

from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.refresh_secrets import refresh_values, rekey_secrets
from mlmon_config_api.application.secret_ports import ExternalValues, Vault
from mlmon_shared.clocks import Clock

log = structlog.get_logger(__name__)


class RefreshSecrets:
    """Keeps the stored secrets as the settings and their sources want them.

    Args:
        store: Where secrets are kept.
        vault: Encrypts and seals.
        values: Where others keep values.
        clock: Dates changes.
        period_seconds: Between two looks at the sources.
    """

    name = "refresh_secrets"

    def __init__(
        self,
        store: CatalogStore,
        vault: Vault,
        values: ExternalValues,
        *,
        clock: Clock,
        period_seconds: float,
    ) -> None:
        self._store = store
        self._vault = vault
        self._values = values
        self._clock = clock
        self._told: frozenset[str] = frozenset()
        self.period_seconds = period_seconds

    async def tick(self) -> bool:
        """Look once.

        Raises:
            MlmonError: See `rekey_secrets` and `refresh_values`.
        """
        now = self._clock.now()
        if rekeyed := await rekey_secrets(self._store, self._vault, now=now):
            log.info("secrets wrapped or sealed anew", secrets=rekeyed)
        rotated, problems = await refresh_values(self._store, self._vault, self._values, now=now)
        if rotated:
            log.info("secrets have new values", secrets=rotated)
        for problem in sorted({*problems} - self._told):
            log.warning("a secret has no new value", problem=problem)
        self._told = frozenset(problems)
        return False
