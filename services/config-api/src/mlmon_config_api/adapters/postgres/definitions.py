"""Job definitions in PostgreSQL."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, insert, select
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
        query = _current_versions() if version is None else select(JOB_DEFINITIONS)
        query = query.where(_VERSIONS.name == name)
        if version is not None:
            query = query.where(_VERSIONS.version == version)
        row = (await self._connection.execute(query)).one_or_none()
        return _document(row) if row is not None else None

    async def list_page(self, page: PageRequest) -> Sequence[JobDefinitionDocument]:
        """Return current versions by name."""
        query = _current_versions().order_by(_VERSIONS.name).limit(page.limit)
        if page.prefix:
            query = query.where(_VERSIONS.name.startswith(page.prefix, autoescape=True))
        if page.after is not None:
            query = query.where(_VERSIONS.name > page.after)
        return [_document(row) for row in await self._connection.execute(query)]

    async def list_versions(
        self, name: str, *, before: int | None, limit: int
    ) -> Sequence[JobDefinitionDocument]:
        """Return versions of one job, the newest first."""
        query = select(JOB_DEFINITIONS).where(_VERSIONS.name == name)
        if before is not None:
            query = query.where(_VERSIONS.version < before)
        query = query.order_by(_VERSIONS.version.desc()).limit(limit)
        return [_document(row) for row in await self._connection.execute(query)]

    async def list_current(self) -> Sequence[CurrentDefinition]:
        """Return the current version of every job, by name."""
        query = _current_versions().order_by(_VERSIONS.name)
        return [
            CurrentDefinition(name=row.name, version=row.version, definition=row.definition)
            for row in await self._connection.execute(query)
        ]

    async def add(self, document: JobDefinitionDocument) -> None:
        """Store a version and make it the current one."""
        await self._connection.execute(
            insert(JOB_DEFINITIONS).values(
                name=document.name,
                version=document.version,
                definition=canonical_document(document.definition),
                created_at=document.created_at,
                created_by=document.created_by,
            )
        )
        pointer = upsert(CURRENT_JOB_DEFINITIONS).values(
            name=document.name, version=document.version
        )
        await self._connection.execute(
            pointer.on_conflict_do_update(
                index_elements=[_CURRENT.name], set_={"version": document.version}
            )
        )


def _current_versions() -> Select[Any]:
    is_current = and_(_CURRENT.name == _VERSIONS.name, _CURRENT.version == _VERSIONS.version)
    return select(JOB_DEFINITIONS).join(CURRENT_JOB_DEFINITIONS, is_current)


def _document(row: Row[Any]) -> JobDefinitionDocument:
    return JobDefinitionDocument.model_validate(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
