"""The catalog of what can be submitted, refreshed when a submission needs newer."""

from collections.abc import Sequence
from typing import Protocol

from mlmon_scheduler.application.ports import RunStore
from mlmon_scheduler.domain.attempt_limits import AttemptLimits, limits_of
from mlmon_scheduler.domain.catalogs import Catalog, DefinitionVersion
from mlmon_scheduler.domain.durations import Estimate, estimate_of
from mlmon_shared.errors import NotFoundError
from mlmon_shared.wire.catalog import JobDefinitionDocument, Pool, Snapshot
from mlmon_shared.wire.job_definitions import JobDefinition, Retries
from mlmon_shared.wire.models import read_json


class Snapshots(Protocol):
    """Follows config-api's snapshot."""

    @property
    def current(self) -> Snapshot:
        """The newest snapshot."""

    async def catch_up(self) -> None:
        """Pull what config-api has now, as far as it answers."""


class Definitions(Protocol):
    """config-api's job definitions."""

    async def get_job_definition(
        self, name: str, version: int | None = None
    ) -> JobDefinitionDocument:
        """Return one version."""


class Configuration:
    """Answers what can be submitted.

    Args:
        snapshots: Where the current configuration comes from.
        definitions: Where older versions are fetched.
        store: Where the versions of live runs are kept.
    """

    def __init__(self, snapshots: Snapshots, definitions: Definitions, store: RunStore) -> None:
        self._snapshots = snapshots
        self._definitions = definitions
        self._store = store
        self._catalog: Catalog | None = None
        self._estimates: dict[tuple[str, int], Estimate] = {}
        self._saved: set[tuple[str, int]] = set()
        self._definitions_read: dict[tuple[str, int], JobDefinition] = {}

    @property
    def catalog(self) -> Catalog:
        """The catalog of the newest snapshot."""
        snapshot = self._snapshots.current
        if self._catalog is None or self._catalog.config_revision != snapshot.config_revision:
            self._catalog = Catalog.of(snapshot, self._estimates)
        return self._catalog

    async def at_least(self, config_revision: int | None) -> Catalog:
        """Return a catalog that is not older than the revision, if config-api answers."""
        known = self._snapshots.current.config_revision
        if config_revision is not None and config_revision > known:
            await self._snapshots.catch_up()
        return self.catalog

    async def naming(self, jobs: set[str], clients: set[str]) -> Catalog:
        """Return a catalog, refreshed once when it lacks one of these names."""
        catalog = self.catalog
        lacks_names = not (jobs <= catalog.definitions.keys() and clients <= catalog.clients.keys())
        if lacks_names or catalog.lacks_secrets(jobs):
            await self._snapshots.catch_up()
        return self.catalog

    async def load_versions(self, wanted: set[tuple[str, int]]) -> None:
        """Load versions that are not current, as far as they exist."""
        catalog = self.catalog
        for job, version in wanted:
            if catalog.find_version(job, version) is not None:
                continue
            definition = await self._find_older(job, version)
            if definition is not None:
                catalog.older[job, version] = DefinitionVersion(version, definition)

    async def keep(self, used: set[tuple[str, int]]) -> None:
        """Keep the versions that live runs use, so that leasing them needs no other service."""
        catalog = self.catalog
        for job, version in used - self._saved:
            found = catalog.find_version(job, version)
            if found is not None:
                document = found.definition.model_dump_json(by_alias=True)
                await self._store.save_spec(job, version, document)
                self._saved.add((job, version))

    @property
    def snapshot(self) -> Snapshot:
        """The newest snapshot."""
        return self._snapshots.current

    def forget_kept(self) -> None:
        """Keep every version anew: the store has lost them."""
        self._saved.clear()

    async def get_definition(self, job: str, version: int) -> JobDefinition:
        """Return the definition that a live run uses.

        Raises:
            NotFoundError: It is neither kept nor known to config-api.
        """
        # Versions are immutable, so one that was read once is never read again.
        if (job, version) not in self._definitions_read:
            found = await self._find_older(job, version)
            if found is None:
                raise NotFoundError(f"version {version} of {job} is not kept")
            self._definitions_read[job, version] = found
        return self._definitions_read[job, version]

    async def get_retries(self, job: str, version: int) -> Retries:
        """Return the retry policy of a version of a job.

        Raises:
            NotFoundError: It is neither kept nor known to config-api.
        """
        return (await self.get_definition(job, version)).retries

    def list_pools(self, names: Sequence[str]) -> list[Pool]:
        """Return the pools of these names, as far as they are there; all for none."""
        pools = self.catalog.pools
        return [pools[name] for name in names or pools if name in pools]

    async def find_limits(self, job: str, version: int, pool: str) -> AttemptLimits | None:
        """Return the limits of an attempt; None for a version that is gone."""
        found = self.catalog.find_version(job, version)
        try:
            definition = (
                found.definition if found is not None else await self.get_definition(job, version)
            )
        except NotFoundError:
            return None
        known = self.catalog.pools.get(pool)
        grace = known.kill_grace if known is not None else 0.0
        return limits_of(definition.timeouts, kill_grace_seconds=grace)

    async def refresh_estimates(self) -> None:
        """Read how long runs of the current versions take; a new version takes its job's."""
        catalog = self.catalog
        wanted = [(name, found.version) for name, found in catalog.definitions.items()]
        wanted += list(catalog.older)
        for version, counts in zip(wanted, await self._store.read_durations(wanted), strict=True):
            if (estimate := estimate_of(counts)) is not None:
                self._estimates[version] = estimate
            else:
                self._estimates.pop(version, None)

    async def _find_older(self, job: str, version: int) -> JobDefinition | None:
        kept = await self._store.find_spec(job, version)
        if kept is not None:
            return read_json(JobDefinition, kept)
        try:
            return (await self._definitions.get_job_definition(job, version)).definition
        except NotFoundError:
            return None
