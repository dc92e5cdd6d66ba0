"""What people did: rows are added once, by id, and never changed."""

import json
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from mlmon_report_writer.adapters.postgres.connections import transaction
from mlmon_report_writer.application.browse_actions import ActionQuery
from mlmon_shared.visibility import Visibility
from mlmon_shared.wire.actions import ActionDocument

_COLUMNS: Final = tuple(ActionDocument.model_fields)
_DOCUMENTS: Final = {"before", "after"}
_ADD: Final = text(f"""
    INSERT INTO actions ({", ".join(_COLUMNS)})
    VALUES ({
    ", ".join(f"CAST(:{name} AS jsonb)" if name in _DOCUMENTS else f":{name}" for name in _COLUMNS)
})
    ON CONFLICT (id) DO NOTHING
""")  # noqa: S608 - our own column names
_EQUAL: Final = ("by", "action", "kind", "name")


class PostgresActionStore:
    """Reads what the drain wrote.

    Args:
        engine: Where it is; may be a read replica's.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def list_actions(self, query: ActionQuery) -> Sequence[ActionDocument]:
        """Return actions that fit, newest first."""
        wanted: dict[str, Any] = {
            name: value for name in _EQUAL if (value := getattr(query, name)) is not None
        }
        conditions = [f"{name} = :{name}" for name in wanted]
        for name, comparison in (
            ("since", "at >= :since"), ("until", "at < :until"), ("before", "id < :before"),
        ):  # fmt: skip
            if (value := getattr(query, name)) is not None:
                conditions.append(comparison)
                wanted[name] = value
        conditions += _seen(query.visibility, wanted)
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        statement = text(
            f"SELECT {', '.join(_COLUMNS)} FROM actions {where} ORDER BY id DESC LIMIT :limit"  # noqa: S608 - our own column names
        )
        async with transaction(self._engine) as connection:
            rows = await connection.execute(statement, {**wanted, "limit": query.limit})
            return [ActionDocument.model_validate(dict(row)) for row in rows.mappings()]


async def add_actions(connection: AsyncConnection, actions: Sequence[ActionDocument]) -> None:
    """Add those that are not there yet."""
    await connection.execute(_ADD, [_row(action) for action in actions])


def _row(action: ActionDocument) -> dict[str, Any]:
    row = action.model_dump(mode="python")
    for name in _DOCUMENTS:
        row[name] = None if row[name] is None else json.dumps(row[name])
    return row


def _seen(visibility: Visibility, wanted: dict[str, Any]) -> list[str]:
    if not visibility.is_limited:
        return []
    # What is not one client's alone tells of others; without a job there are several, or none.
    conditions = ["client IS NOT NULL"]
    for column, names in (("client", visibility.clients), ("job", visibility.jobs)):
        if names is not None:
            conditions.append(f"{column} = ANY (CAST(:seen_{column} AS text[]))")
            wanted[f"seen_{column}"] = sorted(names)
    return conditions
