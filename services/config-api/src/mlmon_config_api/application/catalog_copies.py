"""A copy of what the catalog says now, for the time in which its store does not answer."""

from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from mlmon_config_api.application.ports import Catalog, PageRequest
from mlmon_config_api.domain.secrets import StoredSecret
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

_ALL: Final = PageRequest(limit=10_000_000)


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
    others: Sequence[OtherDefinition] = field(default=())

    @property
    def current(self) -> list[CurrentDefinition]:
        """The current versions of jobs that are not archived, by name."""
        return [
            CurrentDefinition(name=name, version=each.version, definition=each.definition)
            for name, each in sorted(self.definitions.items())
            if each.archived_at is None
        ]


async def take_copy(catalog: Catalog, now: datetime) -> CatalogCopy:
    """Copy what is current."""
    definitions = await catalog.definitions.list_page(_ALL, with_archived=True)
    pins: list[PinDocument] = []
    for job in {name for name, _, _ in await catalog.rollouts.list_all_pins()}:
        pins += await catalog.rollouts.list_pins(job, _ALL)
    clients = await catalog.paused_clients.list_all()
    schedules = await catalog.paused_schedules.list_all()
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
        others=await catalog.rollouts.list_definitions(),
    )
