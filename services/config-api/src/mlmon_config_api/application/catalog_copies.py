"""A copy of what the catalog says now, for the time in which its store does not answer."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from mlmon_config_api.application.ports import Catalog, PageRequest
from mlmon_config_api.domain.secrets import StoredSecret
from mlmon_config_api.domain.signing_secrets import StoredSigningSecret
from mlmon_config_api.domain.users import UserRecord
from mlmon_shared.wire.catalog import (
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

_ALL: Final = PageRequest(limit=10_000_000)
_MOST_VERSIONS_OF_A_JOB: Final = 51
_MOST_VERSIONS: Final = 5000
NOT_COPIED: Final = "not in the copy"
"""Instead of the hash of a password, which nobody can sign in with."""


@dataclass
class Staleness:
    """Whether an answer rests on a copy.

    Attributes:
        as_of: When the copy was last known to be true; None for an answer of the store.
    """

    as_of: datetime | None = None


STALENESS: Final[ContextVar[Staleness | None]] = ContextVar("staleness", default=None)
"""Of the request that is being answered; None outside requests."""


@dataclass(frozen=True)
class CatalogCopy:
    """Everything that is current, at one config revision.

    Attributes:
        as_of: When it was last known to be true.
        definitions: Current versions by job, those of archived jobs as well.
        pins: By job and client.
        canaries: By job.
        paused_clients: Reasons by name.
        paused_schedules: Reasons by job.
        secrets: Encrypted, as they are stored.
        webhooks: By name, with what signs their messages in `webhook_secrets`.
        users: By name; of a password only whether there is one.
        versions: By job, the newest few, the newest first; they have no gaps.
        others: Versions that pins and canaries name.
    """

    revision: int
    as_of: datetime
    definitions: Mapping[str, JobDefinitionDocument]
    clients: Mapping[str, Client]
    pools: Mapping[str, Pool]
    resources: Mapping[str, NamedResource]
    pins: Mapping[tuple[str, str], PinDocument]
    canaries: Mapping[str, CanaryRecord]
    paused_clients: Mapping[str, str]
    paused_schedules: Mapping[str, str]
    tokens: Sequence[TokenRecord]
    secrets: Sequence[StoredSecret]
    webhooks: Mapping[str, Webhook]
    webhook_secrets: Mapping[str, Sequence[StoredSigningSecret]]
    users: Mapping[str, UserRecord]
    versions: Mapping[str, Sequence[JobDefinitionDocument]]
    others: Sequence[OtherDefinition] = field(default=())

    @property
    def current(self) -> list[CurrentDefinition]:
        """The current versions of jobs that are not archived, by name."""
        return [
            CurrentDefinition(name=name, version=each.version, definition=each.definition)
            for name, each in sorted(self.definitions.items())
            if each.archived_at is None
        ]


async def take_copy(
    catalog: Catalog, now: datetime, *, known: CatalogCopy | None = None
) -> CatalogCopy:
    """Copy what is current.

    Args:
        catalog: What is copied.
        now: When.
        known: An older copy; what cannot have changed since is taken from it.
    """
    definitions = await catalog.definitions.list_page(_ALL, with_archived=True)
    pins: list[PinDocument] = []
    for job in {name for name, _, _ in await catalog.rollouts.list_all_pins()}:
        pins += await catalog.rollouts.list_pins(job, _ALL)
    clients = await catalog.paused_clients.list_all()
    schedules = await catalog.paused_schedules.list_all()
    webhooks = await catalog.webhooks.list_all()
    return CatalogCopy(
        revision=await catalog.get_revision(),
        as_of=now,
        definitions={each.name: each for each in definitions},
        clients={each.name: each for each in await catalog.clients.list_all()},
        pools={each.name: each for each in await catalog.pools.list_all()},
        resources={each.name: each for each in await catalog.resources.list_all()},
        pins={(pin.name, pin.client): pin for pin in pins},
        canaries={each.name: each for each in await catalog.rollouts.list_all_canaries()},
        paused_clients=await catalog.paused_clients.find(clients),
        paused_schedules=await catalog.paused_schedules.find(schedules),
        tokens=await catalog.tokens.list_all(),
        secrets=await catalog.secrets.list_all(),
        webhooks={each.name: each for each in webhooks},
        webhook_secrets=await catalog.webhooks.list_secrets([each.name for each in webhooks]),
        users=await _copy_users(catalog),
        versions=await _copy_versions(catalog, known.versions if known is not None else {}),
        others=await catalog.rollouts.list_definitions(),
    )


def versions_kept(jobs: int) -> int:
    """Return how many versions of each job a copy has, so that all together are bounded.

    Of a few jobs it is a page of the API, and one more, which says that there is another page.
    """
    return max(2, min(_MOST_VERSIONS_OF_A_JOB, _MOST_VERSIONS // max(1, jobs)))


async def _copy_versions(
    catalog: Catalog, known: Mapping[str, Sequence[JobDefinitionDocument]]
) -> Mapping[str, Sequence[JobDefinitionDocument]]:
    newest = await catalog.definitions.list_newest_versions()
    kept = versions_kept(len(newest))
    copied: dict[str, Sequence[JobDefinitionDocument]] = {}
    for name, version in newest.items():
        found = known.get(name, ())
        # Versions never change, and have no gaps.
        if len(found) < min(kept, version) or found[0].version != version:
            found = await catalog.definitions.list_versions(name, before=None, limit=kept)
        copied[name] = found[:kept]
    return copied


async def _copy_users(catalog: Catalog) -> Mapping[str, UserRecord]:
    records = await catalog.users.list_page(limit=_ALL.limit, after=None, prefix="")
    return {
        each.user.name: replace(
            each, password_hash=NOT_COPIED if each.password_hash is not None else None
        )
        for each in records
    }
