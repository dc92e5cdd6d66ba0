"""Job definitions in PostgreSQL."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.tables import CURRENT_JOB_DEFINITIONS, JOB_DEFINITIONS
from mlmon_config_api.application.ports import PageRequest
from mlmon_config_api.domain.documents import canonical_document
from mlmon_shared.wire.catalog import CurrentDefinition, JobDefinitionDocument

_VERSIONS = JOB_DEFINITIONS.c
_CURRENT = CURRENT_JOB_DEFINITIONS.c


class PostgresDefinitions:
    """Implements `Definitions` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, name: str, version: int | None = None) -> JobDefinitionDocument | None:
        """Return a version, the current one when none is named."""
        query = _current_versions() if version is None else _all_versions()
        query = query.where(_VERSIONS.name == name)
        if version is not None:
            query = query.where(_VERSIONS.version == version)
        row = (await self._connection.execute(query)).one_or_none()
        return _document(row) if row is not None else None

    async def list_page(
        self, page: PageRequest, *, with_archived: bool
    ) -> Sequence[JobDefinitionDocument]:
        """Return current versions by name, those of archived jobs only if asked for."""
        query = _current_versions().order_by(_VERSIONS.name).limit(page.limit)
        if not with_archived:
            query = query.where(_CURRENT.archived_at.is_(None))
        if page.prefix:
            query = query.where(_VERSIONS.name.startswith(page.prefix, autoescape=True))
        if page.after is not None:
            query = query.where(_VERSIONS.name > page.after)
        if page.names is not None:
            query = query.where(_VERSIONS.name.in_(page.names))
        return [_document(row) for row in await self._connection.execute(query)]

    async def list_versions(
        self, name: str, *, before: int | None, limit: int
    ) -> Sequence[JobDefinitionDocument]:
        """Return versions of one job, the newest first."""
        query = _all_versions().where(_VERSIONS.name == name)
        if before is not None:
            query = query.where(_VERSIONS.version < before)
        query = query.order_by(_VERSIONS.version.desc()).limit(limit)
        return [_document(row) for row in await self._connection.execute(query)]

    async def list_current(self) -> Sequence[CurrentDefinition]:
        """Return the current version of every job that is not archived, by name."""
        query = _current_versions().where(_CURRENT.archived_at.is_(None)).order_by(_VERSIONS.name)
        return [
            CurrentDefinition(name=row.name, version=row.version, definition=row.definition)
            for row in await self._connection.execute(query)
        ]

    async def list_archived(self) -> Sequence[str]:
        """Return the names of the archived jobs."""
        query = select(_CURRENT.name).where(_CURRENT.archived_at.is_not(None))
        return list((await self._connection.execute(query.order_by(_CURRENT.name))).scalars())

    async def add(self, document: JobDefinitionDocument) -> None:
        """Store a version."""
        await self._connection.execute(
            insert(JOB_DEFINITIONS).values(
                name=document.name,
                version=document.version,
                definition=canonical_document(document.definition),
                created_at=document.created_at,
                created_by=document.created_by,
            )
        )

    async def make_current(self, name: str, version: int) -> None:
        """Make a stored version the one that new runs use."""
        pointer = upsert(CURRENT_JOB_DEFINITIONS).values(name=name, version=version)
        await self._connection.execute(
            pointer.on_conflict_do_update(index_elements=[_CURRENT.name], set_={"version": version})
        )

    async def get_newest_version(self, name: str) -> int:
        """Return the highest version that is stored, 0 for none."""
        query = select(func.max(_VERSIONS.version)).where(_VERSIONS.name == name)
        return (await self._connection.execute(query)).scalar_one() or 0

    async def list_newest_versions(self) -> Mapping[str, int]:
        """Return the highest version of every job, archived ones as well."""
        query = select(_VERSIONS.name, func.max(_VERSIONS.version)).group_by(_VERSIONS.name)
        return {name: int(newest) for name, newest in await self._connection.execute(query)}

    async def archive(self, name: str, *, now: datetime, by: str) -> None:
        """Archive a job."""
        await self._set_archived(name, now, by)

    async def restore(self, name: str) -> None:
        """Make an archived job one like others again."""
        await self._set_archived(name, None, None)

    async def _set_archived(self, name: str, at: datetime | None, by: str | None) -> None:
        statement = update(CURRENT_JOB_DEFINITIONS).where(_CURRENT.name == name)
        await self._connection.execute(statement.values(archived_at=at, archived_by=by))


def _all_versions() -> Select[Any]:
    job = select(JOB_DEFINITIONS, _CURRENT.archived_at, _CURRENT.archived_by)
    return job.join(CURRENT_JOB_DEFINITIONS, _CURRENT.name == _VERSIONS.name)


def _current_versions() -> Select[Any]:
    return _all_versions().where(_CURRENT.version == _VERSIONS.version)


def _document(row: Row[Any]) -> JobDefinitionDocument:
    return JobDefinitionDocument.model_validate(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
