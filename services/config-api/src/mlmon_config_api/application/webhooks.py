"""Save webhooks, change their secrets, and hand both to the service that sends."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from mlmon_config_api.application.ports import Catalog, CatalogStore, PageRequest
from mlmon_config_api.application.preconditions import ANYTHING, Precondition, check_precondition
from mlmon_config_api.application.save_entries import save_entry
from mlmon_config_api.application.signing_secrets import SigningSecrets
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.documents import canonical_document
from mlmon_config_api.domain.signing_secrets import StoredSigningSecret
from mlmon_config_api.domain.tagged_states import tag_of
from mlmon_shared.errors import InvalidRequestError, NotFoundError
from mlmon_shared.outbound_targets import (
    RefusedTargetError,
    Resolver,
    TargetRules,
    UnresolvedTargetError,
    find_addresses,
)
from mlmon_shared.wire.catalog import Client
from mlmon_shared.wire.plans import DefinitionWarning
from mlmon_shared.wire.webhooks import (
    ListeningWebhook,
    RotationRequest,
    Webhook,
    WebhookDocument,
    WebhookResult,
    WebhookSecretDocument,
    WebhookSnapshot,
)


async def check_target(
    url: str, rules: TargetRules, resolver: Resolver
) -> Sequence[DefinitionWarning]:
    """Check where a webhook would be sent; a name that does not resolve now is a warning.

    Raises:
        InvalidRequestError: Webhooks may not be sent there.
    """
    try:
        await find_addresses(rules.read(url), rules, resolver)
    except RefusedTargetError as error:
        raise InvalidRequestError.at("/url", error.detail) from error
    except UnresolvedTargetError as error:
        return [DefinitionWarning(pointer="/url", detail=f"{error.detail} now")]
    return []


async def save_webhook(
    store: CatalogStore,
    webhook: Webhook,
    *,
    secret: str,
    secrets: SigningSecrets,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> WebhookResult:
    """Store the webhook, whose URL was checked; a new one gets the secret.

    Raises:
        PreconditionFailedError: What is stored is not what `wanted` says.
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    # It may ask KMS, which no transaction waits for.
    first = await secrets.protect(webhook.name, secret, now=now)
    async with store.write() as catalog:
        result = await save_entry(
            catalog, Kind.WEBHOOK, catalog.webhooks, webhook, by=by, now=now, wanted=wanted
        )
        if result.change != "created":
            return WebhookResult(**result.model_dump())
        await catalog.webhooks.replace_secrets(webhook.name, [first])
        return WebhookResult(**result.model_dump(), secret=secret)


async def rotate_secret(
    store: CatalogStore,
    name: str,
    request: RotationRequest,
    *,
    secret: str,
    secrets: SigningSecrets,
    by: str,
    now: datetime,
) -> WebhookSecretDocument:
    """Let a new secret sign, and the one before beside it for a while.

    Raises:
        NotFoundError: There is no such webhook.
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    kept = [await secrets.protect(name, secret, now=now)]
    async with store.write() as catalog:
        webhook = await _get(catalog, name)
        expires_at = now + timedelta(seconds=request.keep_old) if request.keep_old else None
        if expires_at is not None:
            newest = (await catalog.webhooks.list_secrets([name]))[name][0]
            kept.append(replace(newest, expires_at=expires_at))
        await catalog.webhooks.replace_secrets(name, kept)
        document = canonical_document(webhook)
        change = Change(Kind.WEBHOOK, name, document, document, by=by, at=now, deed="rotated")
        return WebhookSecretDocument(
            name=name,
            secret=secret,
            old_secret_expires_at=expires_at,
            config_revision=await catalog.record([change]),
        )


async def delete_webhook(
    store: CatalogStore, name: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> None:
    """Remove a webhook; what it was still to be sent is given up.

    Raises:
        NotFoundError: There is no such webhook.
        PreconditionFailedError: What is stored is not what `wanted` says.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        before = canonical_document(await _get(catalog, name))
        await check_precondition(catalog, wanted, Kind.WEBHOOK, name, before)
        await catalog.webhooks.delete(name)
        await catalog.record([Change(Kind.WEBHOOK, name, before, None, by=by, at=now)])


async def get_webhook(store: CatalogStore, name: str, *, now: datetime) -> WebhookDocument:
    """Return a webhook without its secrets.

    Raises:
        NotFoundError: There is no such webhook.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        webhook = await _get(catalog, name)
        secrets = await catalog.webhooks.list_secrets([name])
    return _document(webhook, secrets[name], now)


async def list_webhooks(
    store: CatalogStore, page: PageRequest, *, now: datetime
) -> Sequence[WebhookDocument]:
    """Return webhooks without their secrets, by name."""
    async with store.read() as catalog:
        found = await catalog.webhooks.list_page(page)
        secrets = await catalog.webhooks.list_secrets([webhook.name for webhook in found])
    return [_document(webhook, secrets[webhook.name], now) for webhook in found]


async def take_webhook_snapshot(
    store: CatalogStore, secrets: SigningSecrets, known_revisions: frozenset[int]
) -> WebhookSnapshot | int:
    """Return all webhooks, or the bare revision when the caller knows it already.

    Raises:
        ServiceUnavailableError: KMS does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        revision = await catalog.get_revision()
        if revision in known_revisions:
            return revision
        webhooks = await catalog.webhooks.list_all()
        stored = await catalog.webhooks.list_secrets([webhook.name for webhook in webhooks])
        has_labels = any(webhook.clients.labels for webhook in webhooks)
        clients = await catalog.clients.list_all() if has_labels else ()
    opened = await secrets.open_all(stored)
    return WebhookSnapshot(
        config_revision=revision,
        webhooks=[
            ListeningWebhook(
                name=webhook.name,
                url=webhook.url,
                events=webhook.events,
                jobs=webhook.jobs,
                clients=_select_clients(webhook, clients),
                is_paused=webhook.is_paused,
                secrets=opened[webhook.name],
            )
            for webhook in webhooks
        ],
    )


def _select_clients(webhook: Webhook, clients: Sequence[Client]) -> list[str] | None:
    selector = webhook.clients
    if selector.names or not selector.labels:
        return selector.names or None
    return [client.name for client in clients if selector.selects(client.name, client.labels)]


async def _get(catalog: Catalog, name: str) -> Webhook:
    webhook = await catalog.webhooks.find(name)
    if webhook is None:
        raise NotFoundError(f'no webhook is named "{name}"')
    return webhook


def _document(
    webhook: Webhook, secrets: Sequence[StoredSigningSecret], now: datetime
) -> WebhookDocument:
    ends = [each.expires_at for each in secrets if each.expires_at and each.expires_at > now]
    return WebhookDocument(
        **dict(webhook),
        secret_created_at=secrets[0].created_at,
        old_secret_expires_at=max(ends, default=None),
        secrets_wrapped_by=sorted({each.wrapped_by for each in secrets if each.wrapped_by}),
        etag=tag_of(canonical_document(webhook)),
    )
