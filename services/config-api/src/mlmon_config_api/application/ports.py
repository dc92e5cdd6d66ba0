"""What the use cases need of the place where configuration is stored."""

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from mlmon_config_api.application.access_ports import Invitations, PassKeys, Sessions, Users
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_config_api.domain.secrets import StoredSecret
from mlmon_config_api.domain.signing_secrets import StoredSigningSecret
from mlmon_shared.wire.catalog import (
    AuditEvent,
    Client,
    CurrentDefinition,
    JobDefinitionDocument,
    NamedResource,
    OtherDefinition,
    Pool,
    TokenRecord,
)
from mlmon_shared.wire.rollouts import CanaryRecord, PinDocument
from mlmon_shared.wire.webhooks import Webhook

EntryT = TypeVar("EntryT", Client, Pool, NamedResource, Webhook)


@dataclass(frozen=True)
class PageRequest:
    """Which part of a list, ordered by name, is wanted.

    Attributes:
        limit: At most so many.
        after: Only names after this one.
        prefix: Only names that begin so.
        labels: Only what has all of these labels.
        names: Only these; None is any.
    """

    limit: int
    after: str | None = None
    prefix: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    names: Collection[str] | None = None


class Definitions(Protocol):
    """Job definitions: immutable versions, one of each job's being current.

    An archived job takes no new runs; it keeps its versions.
    """

    async def find(self, name: str, version: int | None = None) -> JobDefinitionDocument | None:
        """Return a version, the current one when none is named."""

    async def list_page(
        self, page: PageRequest, *, with_archived: bool
    ) -> Sequence[JobDefinitionDocument]:
        """Return current versions by name, those of archived jobs only if asked for."""
        ...

    async def list_versions(
        self, name: str, *, before: int | None, limit: int
    ) -> Sequence[JobDefinitionDocument]:
        """Return versions of one job, the newest first."""
        ...

    async def list_current(self) -> Sequence[CurrentDefinition]:
        """Return the current version of every job that is not archived, by name."""
        ...

    async def list_archived(self) -> Sequence[str]:
        """Return the names of the archived jobs."""
        ...

    async def add(self, document: JobDefinitionDocument) -> None:
        """Store a version."""

    async def make_current(self, name: str, version: int) -> None:
        """Make a stored version the one that new runs use."""

    async def get_newest_version(self, name: str) -> int:
        """Return the highest version that is stored, 0 for none."""
        ...

    async def list_newest_versions(self) -> Mapping[str, int]:
        """Return the highest version of every job, archived ones as well."""
        ...

    async def archive(self, name: str, *, now: datetime, by: str) -> None:
        """Archive a job."""

    async def restore(self, name: str) -> None:
        """Make an archived job one like others again."""


class Entries(Protocol[EntryT]):
    """Clients, pools, named resources, webhooks: a document by name, replaced by each change."""

    async def find(self, name: str) -> EntryT | None:
        """Return the one of this name."""

    async def list_page(self, page: PageRequest) -> Sequence[EntryT]:
        """Return some, by name."""
        ...

    async def list_all(self) -> Sequence[EntryT]:
        """Return all, by name."""
        ...

    async def save(self, entries: Sequence[EntryT], *, now: datetime, by: str) -> None:
        """Create them, or replace those of their names."""


class Webhooks(Entries[Webhook], Protocol):
    """Webhooks, each with the secrets that sign what it is sent."""

    async def list_secrets(
        self, names: Sequence[str]
    ) -> Mapping[str, Sequence[StoredSigningSecret]]:
        """Return the secrets of these webhooks, the newest first."""
        ...

    async def replace_secrets(self, name: str, secrets: Sequence[StoredSigningSecret]) -> None:
        """Make these the only secrets of a webhook."""

    async def delete(self, name: str) -> None:
        """Remove a webhook and its secrets."""


class Rollouts(Protocol):
    """Pins and canaries: clients that use another version of a job than the current one."""

    async def find_pin(self, job: str, client: str) -> PinDocument | None:
        """Return the pin of a client."""

    async def list_pins(self, job: str, page: PageRequest) -> Sequence[PinDocument]:
        """Return some pins of a job, by client."""
        ...

    async def list_pinned(self, job: str) -> Sequence[str]:
        """Return the clients that are pinned to some version of a job."""
        ...

    async def list_all_pins(self) -> Sequence[tuple[str, int, Sequence[str]]]:
        """Return the pinned clients of each job and version, sorted."""
        ...

    async def save_pin(self, pin: PinDocument) -> None:
        """Create the pin, or replace the client's."""

    async def delete_pin(self, job: str, client: str) -> None:
        """Let the client use what others use."""

    async def find_canary(self, job: str) -> CanaryRecord | None:
        """Return the canary of a job."""

    async def list_all_canaries(self) -> Sequence[CanaryRecord]:
        """Return all canaries, by job."""
        ...

    async def save_canary(self, canary: CanaryRecord) -> None:
        """Create the canary, or replace the job's."""

    async def delete_canary(self, job: str) -> None:
        """End the canary of a job."""

    async def list_definitions(self) -> Sequence[OtherDefinition]:
        """Return the versions that pins and canaries of jobs that are not archived name."""
        ...


class Secrets(Protocol):
    """The stored secrets, encrypted."""

    async def find(self, name: str) -> StoredSecret | None:
        """Return the one of this name."""

    async def list_page(self, page: PageRequest) -> Sequence[StoredSecret]:
        """Return some, by name."""
        ...

    async def list_all(self) -> Sequence[StoredSecret]:
        """Return all, by name."""
        ...

    async def save(self, secret: StoredSecret) -> None:
        """Create it, or replace the one of its name."""

    async def delete(self, name: str) -> None:
        """Forget it, with its value."""


class Tokens(Protocol):
    """Tokens that were not revoked, by the hash of their secret."""

    async def find(self, token_id: str) -> TokenRecord | None:
        """Return the one with this id."""

    async def find_by_name(self, name: str) -> TokenRecord | None:
        """Return the one of this name."""

    async def find_by_sha256(self, sha256: str) -> TokenRecord | None:
        """Return the one whose secret has this hash."""

    async def list_page(self, page: PageRequest) -> Sequence[TokenRecord]:
        """Return some, by name."""
        ...

    async def list_all(self) -> Sequence[TokenRecord]:
        """Return all, by name."""
        ...

    async def add(self, record: TokenRecord) -> None:
        """Store a new one."""

    async def revoke(self, token_id: str, *, now: datetime) -> None:
        """Make it unknown from now on."""

    async def was_revoked(self, token_id: str) -> bool:
        """Say whether there was a token with this id that is revoked now."""
        ...


class Pauses(Protocol):
    """Which clients, or whose schedules, are paused, and why."""

    async def find(self, names: Sequence[str]) -> Mapping[str, str]:
        """Return the reasons of those of these that are paused."""
        ...

    async def list_all(self) -> Sequence[str]:
        """Return all that are paused, by name."""
        ...

    async def pause(self, name: str, *, reason: str, now: datetime, by: str) -> None:
        """Note that one is paused, or why it is."""

    async def resume(self, name: str) -> None:
        """Note that one goes on."""


@dataclass(frozen=True)
class AuditQuery:
    """Which changes are wanted, the newest first; what is None or empty is any.

    Attributes:
        before: Only changes before this revision.
    """

    limit: int
    before: int | None = None
    kind: Kind | None = None
    name: str = ""
    by: str = ""
    since: datetime | None = None
    until: datetime | None = None


class Audit(Protocol):
    """Every change that was made; nothing of it is ever changed or removed."""

    async def find_last(self, kind: Kind, name: str) -> AuditEvent | None:
        """Return the newest change of a thing."""

    async def find(self, revision: int) -> AuditEvent | None:
        """Return the change that is visible since a config revision."""

    async def list_page(self, query: AuditQuery) -> Sequence[AuditEvent]:
        """Return some, the newest first."""
        ...


class Catalog(Protocol):
    """All that is stored, as one transaction sees and changes it."""

    @property
    def definitions(self) -> Definitions:
        """The job definitions."""
        ...

    @property
    def clients(self) -> Entries[Client]:
        """The clients."""
        ...

    @property
    def paused_clients(self) -> Pauses:
        """Which of the clients are paused."""
        ...

    @property
    def paused_schedules(self) -> Pauses:
        """Jobs that start nothing by themselves now."""
        ...

    @property
    def pools(self) -> Entries[Pool]:
        """The pools."""
        ...

    @property
    def resources(self) -> Entries[NamedResource]:
        """The named resources."""
        ...

    @property
    def webhooks(self) -> Webhooks:
        """The webhooks."""
        ...

    @property
    def rollouts(self) -> Rollouts:
        """The pins and canaries."""
        ...

    @property
    def secrets(self) -> Secrets:
        """The secrets."""
        ...

    @property
    def tokens(self) -> Tokens:
        """The tokens."""
        ...

    @property
    def users(self) -> Users:
        """The users."""
        ...

    @property
    def sessions(self) -> Sessions:
        """Where users are signed in."""
        ...

    @property
    def invitations(self) -> Invitations:
        """Links with which users set a password."""
        ...

    @property
    def pass_keys(self) -> PassKeys:
        """What other services check passes with."""
        ...

    @property
    def audit(self) -> Audit:
        """The changes."""
        ...

    async def get_revision(self) -> int:
        """Return the config revision that this transaction sees."""
        ...

    async def advance(self) -> int:
        """Return a new revision, for what others see and is no change of the configuration."""
        ...

    async def record(self, changes: Sequence[Change]) -> int:
        """Keep what was changed in the audit; return the revision at which it is visible.

        Each change has a revision of its own, in their order.
        """
        ...


class CatalogStore(Protocol):
    """Opens transactions.

    Both kinds raise `StoreUnavailableError` when the store does not answer; nothing was
    changed then, unless the answer to the commit itself was lost.
    """

    def read(self) -> AbstractAsyncContextManager[Catalog]:
        """Open a transaction that sees one state throughout and changes nothing."""
        ...

    def write(self) -> AbstractAsyncContextManager[Catalog]:
        """Open a transaction that no other write runs beside; it commits at its end.

        So versions have no gaps, and revisions become visible in their order.
        """
        ...
