"""Encrypt what signs webhooks' messages, and open it for the service that sends them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import structlog

from mlmon_config_api.application.ports import CatalogStore
from mlmon_config_api.application.refresh_secrets import Refreshed
from mlmon_config_api.application.secret_ports import Vault
from mlmon_config_api.domain.secrets import Envelope
from mlmon_config_api.domain.signing_secrets import StoredSigningSecret
from mlmon_shared.errors import ConfigurationError
from mlmon_shared.wire.webhooks import SigningSecret

log = structlog.get_logger(__name__)


class SigningSecrets:
    """Protects signing secrets, and opens them; what was opened last is kept in memory.

    So the snapshot asks KMS once for each secret, and not whenever anything is configured.

    Args:
        vault: Encrypts; None where the settings name no keys, and secrets are stored plain.
    """

    def __init__(self, vault: Vault | None) -> None:
        self._vault = vault
        self._opened: Mapping[Envelope, str] = {}

    async def protect(self, webhook: str, secret: str, *, now: datetime) -> StoredSigningSecret:
        """Return a new secret as it is to be stored.

        Raises:
            ServiceUnavailableError: KMS does not answer.
        """
        if self._vault is None:
            return StoredSigningSecret(created_at=now, plain=secret)
        envelope = await self._vault.protect(_bound_to(webhook), secret)
        return StoredSigningSecret(created_at=now, envelope=envelope)

    async def open_all(
        self, stored: Mapping[str, Sequence[StoredSigningSecret]]
    ) -> Mapping[str, list[SigningSecret]]:
        """Return the secrets by webhook, without those that no key opens, which are logged.

        One webhook whose key is lost keeps no other from being sent anything.

        Raises:
            ServiceUnavailableError: KMS does not answer.
        """
        opened: dict[Envelope, str] = {}
        found: dict[str, list[SigningSecret]] = {}
        for webhook, secrets in stored.items():
            found[webhook] = []
            for secret in secrets:
                try:
                    value = await self._open(webhook, secret, opened)
                except ConfigurationError as error:
                    log.warning("a webhook's secret cannot be opened", problem=error.detail)
                    continue
                found[webhook].append(
                    SigningSecret(
                        secret=value, created_at=secret.created_at, expires_at=secret.expires_at
                    )
                )
        self._opened = opened
        return found

    async def _open(
        self, webhook: str, secret: StoredSigningSecret, opened: dict[Envelope, str]
    ) -> str:
        envelope = secret.envelope
        if envelope is None:
            return secret.plain
        value = self._opened.get(envelope)
        if value is None:
            if self._vault is None:
                raise _unopened(webhook, f"the settings name no keys, and {envelope.key_id} did")
            try:
                value = await self._vault.reveal(_bound_to(webhook), envelope)
            except ConfigurationError as error:
                raise _unopened(webhook, error.detail) from error
        opened[envelope] = value
        return value


async def refresh_signing_secrets(store: CatalogStore, vault: Vault) -> Refreshed:
    """Encrypt what is stored plain, and wrap anew what another key than the current one wraps.

    Nothing that others see changes, so neither does the revision.

    Raises:
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        names = [webhook.name for webhook in await catalog.webhooks.list_all()]
        stored = await catalog.webhooks.list_secrets(names)
    refreshed = Refreshed()
    for name, secrets in stored.items():
        if all(secret.wrapped_by == vault.key_id for secret in secrets):
            continue
        try:
            fresh = [await _wrap(vault, name, secret) for secret in secrets]
        except ConfigurationError as error:
            refreshed.problems.append(_unopened(name, error.detail).detail)
            continue
        async with store.write() as catalog:
            # Rotated, removed, or wrapped by another replica meanwhile: the next look sees it.
            if (await catalog.webhooks.list_secrets([name])).get(name) == secrets:
                await catalog.webhooks.replace_secrets(name, fresh)
                refreshed.rekeyed.append(name)
    return refreshed


async def _wrap(vault: Vault, webhook: str, secret: StoredSigningSecret) -> StoredSigningSecret:
    if secret.wrapped_by == vault.key_id:
        return secret
    if secret.envelope is None:
        envelope = await vault.protect(_bound_to(webhook), secret.plain)
    else:
        envelope = await vault.rewrap(_bound_to(webhook), secret.envelope)
    return replace(secret, envelope=envelope, plain="")


def _bound_to(webhook: str) -> str:
    """Return what is authenticated with the secret; no secret's name has a colon."""
    return f"webhook:{webhook}"


def _unopened(webhook: str, why: str) -> ConfigurationError:
    return ConfigurationError(
        f'no message to the webhook "{webhook}" can be signed by what is stored: {why}; '
        f"`mlmon webhooks rotate {webhook}` makes a new secret"
    )
