"""The audit in PostgreSQL: append-only, which a trigger enforces."""

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from mlmon_config_api.adapters.postgres.tables import AUDIT_EVENTS
from mlmon_config_api.application.ports import AuditQuery
from mlmon_config_api.domain.changes import Change, Kind
from mlmon_shared.wire.catalog import AuditEvent

_COLUMNS = AUDIT_EVENTS.c


class PostgresAudit:
    """Implements `Audit` within one transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find_last(self, kind: Kind, name: str) -> AuditEvent | None:
        """Return the newest change of a thing."""
        found = await self.list_page(AuditQuery(limit=1, kind=kind, name=name))
        return found[0] if found else None

    async def find(self, revision: int) -> AuditEvent | None:
        """Return the change that is visible since a config revision."""
        statement = select(AUDIT_EVENTS).where(_COLUMNS.revision == revision)
        row = (await self._connection.execute(statement)).one_or_none()
        return _event(row) if row is not None else None

    async def list_page(self, query: AuditQuery) -> Sequence[AuditEvent]:
        """Return some, the newest first."""
        statement = select(AUDIT_EVENTS).order_by(_COLUMNS.revision.desc()).limit(query.limit)
        filters: tuple[tuple[object, Callable[[Any], ColumnElement[bool]]], ...] = (
            (query.before, _COLUMNS.revision.__lt__),
            (query.kind, _COLUMNS.kind.__eq__),
            (query.name, _COLUMNS.name.__eq__),
            (query.by, _COLUMNS.by.__eq__),
            (query.since, _COLUMNS.at.__ge__),
            (query.until, _COLUMNS.at.__lt__),
        )
        for value, condition in filters:
            if value not in (None, ""):
                statement = statement.where(condition(value))
        return [_event(row) for row in await self._connection.execute(statement)]

    async def add(self, changes: Sequence[Change], first_revision: int) -> None:
        """Store changes under successive revisions."""
        rows = [
            {
                "revision": first_revision + place,
                "at": change.at,
                "by": change.by,
                "kind": change.kind.value,
                "name": change.name,
                "action": change.action,
                "before": change.before,
                "after": change.after,
            }
            for place, change in enumerate(changes)
        ]
        await self._connection.execute(insert(AUDIT_EVENTS), rows)


def _event(row: Row[Any]) -> AuditEvent:
    return AuditEvent.model_validate(dict(row._mapping))  # noqa: SLF001 - SQLAlchemy's public name
