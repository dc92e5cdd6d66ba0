"""Save, show and delete secrets. A value goes in and never comes out."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal, TypeVar

from mlmon_config_api.application.ports import Catalog, CatalogStore, PageRequest
from mlmon_config_api.application.preconditions import (
    ANYTHING,
    Precondition,
    check_precondition,
)
from mlmon_config_api.application.secret_ports import ExternalValues, Vault
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.secrets import Envelope, StoredSecret, find_users
from mlmon_config_api.domain.tagged_states import tag_of
from mlmon_config_api.errors import ValueUnavailableError
from mlmon_shared.document_diffs import diff_data
from mlmon_shared.errors import (
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    ServiceUnavailableError,
)
from mlmon_shared.jobs.faults import join_words
from mlmon_shared.wire.catalog import ApplyResult
from mlmon_shared.wire.job_definitions import ChangeKind, JobDefinition
from mlmon_shared.wire.plans import DefinitionWarning
from mlmon_shared.wire.secrets import ANYBODY, SecretDocument, SecretRequest, is_meant_for
from mlmon_shared.wire.validation import unknown

_RETRY_SECONDS: Final = 5
ValueT = TypeVar("ValueT")


async def save_secret(
    store: CatalogStore,
    vault: Vault,
    values: ExternalValues,
    request: SecretRequest,
    *,
    by: str,
    now: datetime,
    wanted: Precondition = ANYTHING,
) -> ApplyResult:
    """Store a secret, or change what the request names of one.

    A value or a source, even the same again, makes the next version: whether it is the same
    is told to nobody.

    Raises:
        InvalidRequestError: A new one has no value, or the source has none.
        PreconditionFailedError: What is stored is not what `wanted` says.
        ServiceUnavailableError: KMS or the source does not answer.
        StoreUnavailableError: See `CatalogStore`.
    """
    value = await _read_value(values, request)
    # Both may ask AWS, which no transaction waits for.
    envelope = await vault.protect(request.name, value) if value is not None else None
    async with store.write() as catalog:
        current = await catalog.secrets.find(request.name)
        before = current.as_audited() if current is not None else None
        await check_precondition(catalog, wanted, Kind.SECRET, request.name, before)
        if value is None or envelope is None:
            secret = _described_anew(current, request, by=by, now=now)
        else:
            secret = _with_value(current, request, vault, value, envelope, by=by, now=now)
        warnings = await _find_warnings(catalog, secret)
        if before == secret.as_audited():
            return await _result(catalog, secret, None, warnings)
        await catalog.secrets.save(secret)
        change = Change(Kind.SECRET, secret.name, before, secret.as_audited(), by=by, at=now)
        return await _result(catalog, secret, change, warnings)


async def get_secret(store: CatalogStore, name: str) -> SecretDocument:
    """Return what is known of a secret but its value.

    Raises:
        NotFoundError: There is none of this name.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        secret = await _find(catalog, name)
        return secret.as_document(find_users(name, await _definitions_in_use(catalog)))


async def list_secrets(store: CatalogStore, page: PageRequest) -> Sequence[SecretDocument]:
    """Return secrets without their values, by name.

    Raises:
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.read() as catalog:
        definitions = await _definitions_in_use(catalog)
        return [
            secret.as_document(find_users(secret.name, definitions))
            for secret in await catalog.secrets.list_page(page)
        ]


async def delete_secret(
    store: CatalogStore, name: str, *, by: str, now: datetime, wanted: Precondition = ANYTHING
) -> ApplyResult:
    """Forget a secret with its value.

    Raises:
        NotFoundError: There is none of this name.
        PreconditionFailedError: It is not what `wanted` says.
        ConflictError: A definition that runs may use names it.
        StoreUnavailableError: See `CatalogStore`.
    """
    async with store.write() as catalog:
        secret = await _find(catalog, name)
        await check_precondition(catalog, wanted, Kind.SECRET, name, secret.as_audited())
        if users := find_users(name, await _definitions_in_use(catalog)):
            raise ConflictError(
                f'{join_words(users)} names the secret "{name}"; apply a definition without it, '
                "or archive the job, first"
            )
        await catalog.secrets.delete(name)
        change = Change(Kind.SECRET, name, secret.as_audited(), None, by=by, at=now)
        return await _result(catalog, secret, change, [])


async def _read_value(values: ExternalValues, request: SecretRequest) -> str | None:
    if request.value is not None:
        return request.value.get_secret_value()
    if request.source is None:
        return None
    try:
        return await values.fetch(request.source)
    except ValueUnavailableError as error:
        if error.is_passing:
            raise ServiceUnavailableError(
                error.detail, retry_after_seconds=_RETRY_SECONDS
            ) from error
        raise InvalidRequestError.at("/source", error.detail) from error


def _described_anew(
    current: StoredSecret | None, request: SecretRequest, *, by: str, now: datetime
) -> StoredSecret:
    if current is None:
        detail = "a new secret needs a value, or a source that has it"
        raise InvalidRequestError.at("/value", detail)
    return StoredSecret(
        name=current.name,
        description=_or(request.description, current.description),
        clients=_or(request.clients, current.clients),
        jobs=_or(request.jobs, current.jobs),
        version=current.version,
        source=current.source,
        problem=current.problem,
        envelope=current.envelope,
        sealed=current.sealed,
        changed_at=now,
        changed_by=by,
    )


def _with_value(
    current: StoredSecret | None,
    request: SecretRequest,
    vault: Vault,
    value: str,
    envelope: Envelope,
    *,
    by: str,
    now: datetime,
) -> StoredSecret:
    version = current.version + 1 if current is not None else 1
    return StoredSecret(
        name=request.name,
        description=_or(request.description, current.description if current else ""),
        clients=_or(request.clients, current.clients if current else ANYBODY),
        jobs=_or(request.jobs, current.jobs if current else ANYBODY),
        version=version,
        source=request.source or "",
        problem="",
        envelope=envelope,
        sealed=vault.seal(request.name, version, value),
        changed_at=now,
        changed_by=by,
    )


async def _find(catalog: Catalog, name: str) -> StoredSecret:
    found = await catalog.secrets.find(name)
    if found is None:
        raise NotFoundError(f'no secret is named "{name}"')
    return found


async def _definitions_in_use(catalog: Catalog) -> list[JobDefinition]:
    """Return the definitions that new runs may use: current, pinned and tried ones."""
    current = [each.definition for each in await catalog.definitions.list_current()]
    return current + [each.definition for each in await catalog.rollouts.list_definitions()]


async def _find_warnings(catalog: Catalog, secret: StoredSecret) -> list[DefinitionWarning]:
    definitions = await _definitions_in_use(catalog)
    warnings = []
    users = find_users(secret.name, definitions)
    if shut_out := [job for job in users if not is_meant_for(job, secret.jobs)]:
        detail = f"{join_words(shut_out)} names this secret and may not use it; runs are refused"
        warnings.append(DefinitionWarning(pointer="/jobs", detail=detail))
    jobs = sorted({each.name for each in definitions})
    warnings += _unknown_names("job", secret.jobs, jobs)
    if secret.clients != ANYBODY:
        clients = [each.name for each in await catalog.clients.list_all()]
        warnings += _unknown_names("client", secret.clients, clients)
    return warnings


def _unknown_names(
    kind: str, audience: list[str] | Literal["any"], known: Sequence[str]
) -> list[DefinitionWarning]:
    """Return who is named and not there; they may still come."""
    names = [] if audience == ANYBODY else audience
    return [
        DefinitionWarning(pointer=f"/{kind}s/{place}", detail=unknown(kind, name, known))
        for place, name in enumerate(names)
        if name not in known
    ]


async def _result(
    catalog: Catalog,
    secret: StoredSecret,
    change: Change | None,
    warnings: list[DefinitionWarning],
) -> ApplyResult:
    revision = await (catalog.get_revision() if change is None else catalog.record([change]))
    after = change.after if change is not None else None
    is_gone = change is not None and after is None
    return ApplyResult(
        kind=Kind.SECRET,
        name=secret.name,
        change=_kind_of(change),
        version=after["version"] if after is not None else None,
        diff=(
            diff_data(change.before, after, old_title="before", new_title="after")
            if change is not None
            else ""
        ),
        config_revision=revision,
        warnings=warnings,
        etag=None if is_gone else tag_of(secret.as_audited()),
    )


def _kind_of(change: Change | None) -> ChangeKind:
    if change is None:
        return "unchanged"
    return "created" if change.before is None else "changed"


def _or(given: ValueT | None, kept: ValueT) -> ValueT:
    return given if given is not None else kept
