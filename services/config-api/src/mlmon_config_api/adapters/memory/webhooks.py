"""Webhooks as a copy has them."""

from collections.abc import Mapping, Sequence

from mlmon_config_api.adapters.memory.entries import CopiedEntries, refuse
from mlmon_config_api.application.catalog_copies import CatalogCopy
from mlmon_config_api.domain.signing_secrets import StoredSigningSecret
from mlmon_shared.wire.webhooks import Webhook


class CopiedWebhooks(CopiedEntries[Webhook]):
    """Implements `Webhooks`, for reading."""

    def __init__(self, copy: CatalogCopy) -> None:
        super().__init__(copy.webhooks)
        self._secrets = copy.webhook_secrets

    async def list_secrets(
        self, names: Sequence[str]
    ) -> Mapping[str, Sequence[StoredSigningSecret]]:
        """Return the secrets of these webhooks, the newest first."""
        return {name: self._secrets[name] for name in names if name in self._secrets}

    async def replace_secrets(self, name: str, secrets: Sequence[StoredSigningSecret]) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def delete(self, name: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()
