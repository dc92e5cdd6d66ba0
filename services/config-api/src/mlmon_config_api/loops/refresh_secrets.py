"""Fetch values that others keep, and wrap and seal anew when a key was replaced."""

import structlog

from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.refresh_secrets import refresh_secrets
from mlmon_config_api.application.secret_ports import ExternalValues, Vault
from mlmon_config_api.application.signing_secrets import refresh_signing_secrets
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
            MlmonError: See `refresh_secrets` and `refresh_signing_secrets`.
        """
        now = self._clock.now()
        refreshed = await refresh_secrets(self._store, self._vault, self._values, now=now)
        signing = await refresh_signing_secrets(self._store, self._vault)
        if signing.rekeyed:
            log.info("secrets of webhooks encrypted or wrapped anew", webhooks=signing.rekeyed)
        if refreshed.rekeyed:
            log.info("secrets wrapped or sealed anew", secrets=refreshed.rekeyed)
        if refreshed.rotated:
            log.info("secrets have new values", secrets=refreshed.rotated)
        problems = frozenset(refreshed.problems + signing.problems)
        for problem in sorted(problems - self._told):
            log.warning("a secret could not be refreshed", problem=problem)
        self._told = problems
        return False
