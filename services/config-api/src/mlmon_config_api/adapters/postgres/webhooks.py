"""Webhooks and their secrets in PostgreSQL."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.entries import PostgresEntries
from mlmon_config_api.adapters.postgres.tables import WEBHOOK_SECRETS, WEBHOOKS
from mlmon_config_api.domain.secrets import Envelope
from mlmon_config_api.domain.signing_secrets import StoredSigningSecret
from mlmon_shared.wire.webhooks import Webhook

_SECRETS = WEBHOOK_SECRETS.c


class PostgresWebhooks(PostgresEntries[Webhook]):
    """Implements `Webhooks` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        super().__init__(connection, WEBHOOKS, Webhook)

    async def list_secrets(
        self, names: Sequence[str]
    ) -> Mapping[str, Sequence[StoredSigningSecret]]:
        """Return the secrets of these webhooks, the newest first."""
        query = (
            select(WEBHOOK_SECRETS)
            .where(_SECRETS.webhook.in_(names))
            .order_by(_SECRETS.webhook, _SECRETS.expires_at.desc().nulls_first())
        )
        found: dict[str, list[StoredSigningSecret]] = defaultdict(list)
        for row in (await self._connection.execute(query)).mappings():
            found[row["webhook"]].append(_secret(row))
        return found

    async def replace_secrets(self, name: str, secrets: Sequence[StoredSigningSecret]) -> None:
        """Make these the only secrets of a webhook."""
        await self._connection.execute(delete(WEBHOOK_SECRETS).where(_SECRETS.webhook == name))
        rows = [{"webhook": name, **_row(secret)} for secret in secrets]
        await self._connection.execute(insert(WEBHOOK_SECRETS), rows)

    async def delete(self, name: str) -> None:
        """Remove a webhook and its secrets."""
        await self._connection.execute(delete(WEBHOOK_SECRETS).where(_SECRETS.webhook == name))
        await self._connection.execute(delete(WEBHOOKS).where(WEBHOOKS.c.name == name))


def _secret(row: RowMapping) -> StoredSigningSecret:
    return StoredSigningSecret(
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        envelope=Envelope(**row["envelope"]) if row["envelope"] is not None else None,
        plain=row["secret"] or "",
    )


def _row(secret: StoredSigningSecret) -> dict[str, Any]:
    return {
        "created_at": secret.created_at,
        "expires_at": secret.expires_at,
        "envelope": asdict(secret.envelope) if secret.envelope is not None else None,
        "secret": secret.plain or None,
    }
