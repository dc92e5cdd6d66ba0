"""Job definitions as a copy has them: the current ones, and the newest versions of each job."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from mlmon_config_api.adapters.memory.entries import cut, refuse
from mlmon_config_api.application.catalog_copies import CatalogCopy
from mlmon_config_api.application.ports import PageRequest
from mlmon_shared.wire.catalog import CurrentDefinition, JobDefinitionDocument


class CopiedDefinitions:
    """Implements `Definitions`, for reading."""

    def __init__(self, copy: CatalogCopy) -> None:
        self._copy = copy

    async def find(self, name: str, version: int | None = None) -> JobDefinitionDocument | None:
        """Return a version, the current one when none is named; refuse one that is too old."""
        current = self._copy.definitions.get(name)
        if current is None or version in {None, current.version}:
            return current
        kept = self._copy.versions.get(name, ())
        found = next((each for each in kept if each.version == version), None)
        if found is not None:
            return _of_job(found, current)
        if version is not None and kept and kept[-1].version < version:
            return None
        return None if _is_whole(kept) else refuse()

    async def list_page(
        self, page: PageRequest, *, with_archived: bool
    ) -> Sequence[JobDefinitionDocument]:
        """Return current versions by name, those of archived jobs only if asked for."""
        found = [
            each
            for each in self._copy.definitions.values()
            if with_archived or each.archived_at is None
        ]
        return cut(found, page, lambda each: each.name)

    async def list_versions(
        self, name: str, *, before: int | None, limit: int
    ) -> Sequence[JobDefinitionDocument]:
        """Return versions of one job, the newest first; refuse a page that goes too far back."""
        current = self._copy.definitions.get(name)
        if current is None:
            return []
        kept = self._copy.versions.get(name, ())
        found = [_of_job(each, current) for each in kept if before is None or each.version < before]
        if len(found) < limit and not _is_whole(kept):
            refuse()
        return found[:limit]

    async def list_current(self) -> Sequence[CurrentDefinition]:
        """Return the current version of every job that is not archived, by name."""
        return self._copy.current

    async def list_archived(self) -> Sequence[str]:
        """Return the names of the archived jobs."""
        found = self._copy.definitions.items()
        return sorted(name for name, each in found if each.archived_at is not None)

    async def add(self, document: JobDefinitionDocument) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def make_current(self, name: str, version: int) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def get_newest_version(self, name: str) -> int:  # noqa: ARG002
        """Refuse to: it is asked for to make the next one, or to plan that."""
        refuse()

    async def list_newest_versions(self) -> Mapping[str, int]:
        """Refuse to: it is asked for to take a copy."""
        refuse()

    async def archive(self, name: str, *, now: datetime, by: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()

    async def restore(self, name: str) -> None:  # noqa: ARG002
        """Refuse to."""
        refuse()


def _of_job(
    version: JobDefinitionDocument, current: JobDefinitionDocument
) -> JobDefinitionDocument:
    """Return a version with whether its job is archived, which may have changed since."""
    archiving = {"archived_at": current.archived_at, "archived_by": current.archived_by}
    return version.model_copy(update=archiving)


def _is_whole(kept: Sequence[JobDefinitionDocument]) -> bool:
    return bool(kept) and kept[-1].version == 1
