"""History read back, by keyset pages."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from mlmon_report_writer.adapters.postgres.connections import transaction
from mlmon_report_writer.application.ports import Fields, RunFilters
from mlmon_shared.visibility import EVERYTHING, Visibility

_EQUAL: Final = ("batch", "state", "job", "client", "version")
_NEVER: Final = datetime.fromtimestamp(0, UTC)


class PostgresHistoryStore:
    """Reads what the drain wrote.

    Args:
        engine: Where it is; may be a read replica's.
        shard: Whose progress `as_of` tells.
    """

    def __init__(self, engine: AsyncEngine, shard: str) -> None:
        self._engine = engine
        self._shard = shard

    async def get_as_of(self) -> datetime:
        """Return the time up to which history is complete."""
        found = await self._values(
            "SELECT max(as_of) FROM stream_offsets WHERE shard = :shard", shard=self._shard
        )
        return found[0].astimezone(UTC) if found[0] is not None else _NEVER

    async def find_run(self, run_id: str) -> Fields | None:
        """Return a run, or None."""
        found = await self._values("SELECT fields FROM runs WHERE id = :id", id=run_id)
        return found[0] if found else None

    async def list_runs(
        self, filters: RunFilters, *, before: str | None, limit: int
    ) -> Sequence[Fields]:
        """Return runs with ids below `before`, newest first."""
        wanted: dict[str, Any] = {
            name: value for name in _EQUAL if (value := getattr(filters, name)) is not None
        }
        conditions = [f"{name} = :{name}" for name in wanted]
        if filters.ids is not None:
            conditions.append("id = ANY (CAST(:ids AS text[]))")
            wanted["ids"] = list(filters.ids)
        conditions += _seen(filters.visibility, wanted)
        if before is not None:
            conditions.append("id < :before")
            wanted["before"] = before
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return await self._values(
            f"SELECT fields FROM runs {where} ORDER BY id DESC LIMIT :limit",  # noqa: S608 - our own column names
            **wanted,
            limit=limit,
        )

    async def list_attempts_of(self, run_ids: Sequence[str]) -> Mapping[str, Sequence[Fields]]:
        """Return all attempts of the runs, by run, in order of their number."""
        if not run_ids:
            return {}
        found = await self._rows(
            "SELECT run_id, fields FROM attempts WHERE run_id = ANY (CAST(:ids AS text[]))"
            " ORDER BY run_id, number",
            ids=list(run_ids),
        )
        attempts: dict[str, list[Fields]] = defaultdict(list)
        for run_id, fields in found:
            attempts[run_id].append(fields)
        return attempts

    async def list_attempts(
        self,
        run_id: str | None,
        *,
        visibility: Visibility = EVERYTHING,
        before: tuple[str, int] | None,
        limit: int,
    ) -> Sequence[Fields]:
        """Return attempts of runs that are seen, below `before` (run and number), newest first."""
        conditions, wanted = [], dict[str, Any]()
        if visibility.is_limited:
            seen = " AND ".join(_seen(visibility, wanted))
            conditions.append(f"run_id IN (SELECT id FROM runs WHERE {seen})")  # noqa: S608 - our own column names
        if run_id is not None:
            conditions.append("run_id = :run_id")
            wanted["run_id"] = run_id
        if before is not None:
            conditions.append("(run_id, number) < (:before_run, :before_number)")
            wanted["before_run"], wanted["before_number"] = before
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return await self._values(
            f"SELECT fields FROM attempts {where}"  # noqa: S608 - our own column names
            " ORDER BY run_id DESC, number DESC LIMIT :limit",
            **wanted,
            limit=limit,
        )

    async def find_batch(self, batch_id: str) -> Fields | None:
        """Return a batch, or None."""
        found = await self._values("SELECT fields FROM batches WHERE id = :id", id=batch_id)
        return found[0] if found else None

    async def list_batches(
        self, *, visibility: Visibility = EVERYTHING, before: str | None, limit: int
    ) -> Sequence[Fields]:
        """Return batches of which all runs are seen, with ids below `before`, newest first."""
        conditions, wanted = [], dict[str, Any]()
        if before is not None:
            conditions.append("id < :before")
            wanted["before"] = before
        if visibility.is_limited:
            # A batch without them was made by an older scheduler, or has too many to be one's own.
            conditions += ["fields ? 'clients'", "fields ? 'jobs'"]
        for name in ("clients", "jobs"):
            if (seen := getattr(visibility, name)) is not None:
                conditions.append(f"CAST(fields ->> '{name}' AS jsonb) <@ CAST(:{name} AS jsonb)")
                wanted[name] = json.dumps(sorted(seen))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else ""
        return await self._values(
            f"SELECT fields FROM batches {where} ORDER BY id DESC LIMIT :limit",  # noqa: S608 - a condition of ours
            **wanted,
            limit=limit,
        )

    async def count_runs(self, batch_ids: Sequence[str]) -> Mapping[str, Mapping[str, int]]:
        """Return the number of runs in each state, by batch."""
        if not batch_ids:
            return {}
        found = await self._rows(
            "SELECT batch, state, count(*) FROM runs WHERE batch = ANY (CAST(:ids AS text[]))"
            " GROUP BY batch, state",
            ids=list(batch_ids),
        )
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for batch, state, number in found:
            counts[batch][state] = number
        return counts

    async def _rows(self, query: str, **values: object) -> Sequence[Any]:
        async with transaction(self._engine) as connection:
            return (await connection.execute(text(query), values)).all()

    async def _values(self, query: str, **values: object) -> Sequence[Any]:
        async with transaction(self._engine) as connection:
            return (await connection.scalars(text(query), values)).all()


def _seen(visibility: Visibility, wanted: dict[str, Any]) -> list[str]:
    """Return conditions on runs, and put their values into what is wanted."""
    conditions = []
    for column, names in (("client", visibility.clients), ("job", visibility.jobs)):
        if names is not None:
            conditions.append(f"{column} = ANY (CAST(:seen_{column} AS text[]))")
            wanted[f"seen_{column}"] = sorted(names)
    return conditions
